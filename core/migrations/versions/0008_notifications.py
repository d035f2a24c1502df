"""notifications: channels, rules, events and deliveries"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    """Forward only."""
    op.create_table('notification_channels',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('shown', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('enabled', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_notification_channels_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_channels')),
    sa.UniqueConstraint('workspace_id', 'name', name=op.f('uq_notification_channels_workspace_id_name')),
    schema='workbench'
    )
    op.create_table('notification_rules',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('enabled', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('events', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('job_key', sa.String(length=60), nullable=True),
    sa.Column('tag', sa.Text(), nullable=True),
    sa.Column('owner', sa.String(length=200), nullable=True),
    sa.Column('environment_id', sa.Integer(), nullable=True),
    sa.Column('every_attempt', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('title_template', sa.Text(), nullable=True),
    sa.Column('body_template', sa.Text(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_notification_rules_environment_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_notification_rules_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_rules')),
    sa.UniqueConstraint('workspace_id', 'name', name=op.f('uq_notification_rules_workspace_id_name')),
    schema='workbench'
    )
    op.create_table('notification_rule_channels',
    sa.Column('rule_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['workbench.notification_channels.id'], name=op.f('fk_notification_rule_channels_channel_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['rule_id'], ['workbench.notification_rules.id'], name=op.f('fk_notification_rule_channels_rule_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('rule_id', 'channel_id', name=op.f('pk_notification_rule_channels')),
    schema='workbench'
    )
    op.create_index(op.f('ix_notification_rule_channels_channel_id'), 'notification_rule_channels', ['channel_id'], unique=False, schema='workbench')
    op.create_table('notification_events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('environment', sa.String(length=100), nullable=True),
    sa.Column('job_key', sa.String(length=60), nullable=True),
    sa.Column('run_id', sa.String(length=64), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_notification_events_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_events')),
    sa.UniqueConstraint('workspace_id', 'key', name=op.f('uq_notification_events_workspace_id_key')),
    schema='workbench'
    )
    op.create_index(op.f('ix_notification_events_created_at'), 'notification_events', ['created_at'], unique=False, schema='workbench')
    op.create_table('notification_deliveries',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=True),
    sa.Column('channel_name', sa.String(length=100), nullable=False),
    sa.Column('rule_name', sa.String(length=100), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=10), server_default='waiting', nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['workbench.notification_channels.id'], name=op.f('fk_notification_deliveries_channel_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['event_id'], ['workbench.notification_events.id'], name=op.f('fk_notification_deliveries_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_notification_deliveries_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_deliveries')),
    sa.UniqueConstraint('event_id', 'channel_id', name=op.f('uq_notification_deliveries_event_id_channel_id')),
    schema='workbench'
    )
    op.create_index(op.f('ix_notification_deliveries_channel_id'), 'notification_deliveries', ['channel_id'], unique=False, schema='workbench')
    op.create_index('ix_notification_deliveries_due', 'notification_deliveries', ['next_at'], unique=False, schema='workbench', postgresql_where=sa.text("state in ('waiting', 'retrying')"))
    op.create_index(op.f('ix_notification_deliveries_workspace_id_created_at'), 'notification_deliveries', ['workspace_id', 'created_at'], unique=False, schema='workbench')
    op.create_table('notification_positions',
    sa.Column('source', sa.String(length=30), nullable=False),
    sa.Column('position', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('source', name=op.f('pk_notification_positions')),
    schema='workbench'
    )
