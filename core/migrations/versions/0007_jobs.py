"""jobs, their triggers and due times"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    """Forward only."""
    op.create_table('definition_loads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('loaded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('versions', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('problems', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_definition_loads')),
    schema='workbench'
    )
    op.create_table('jobs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), server_default='', nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=True),
    sa.Column('steps', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('retry', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('timeout_seconds', sa.Integer(), nullable=True),
    sa.Column('overlap', sa.String(length=10), server_default='skip', nullable=False),
    sa.Column('priority', sa.Integer(), server_default='0', nullable=False),
    sa.Column('retention_days', sa.Integer(), nullable=True),
    sa.Column('late_after_minutes', sa.Integer(), nullable=True),
    sa.Column('owner', sa.String(length=200), server_default='', nullable=False),
    sa.Column('tags', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.String(length=200), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_jobs_environment_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_jobs_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs')),
    sa.UniqueConstraint('workspace_id', 'key', name=op.f('uq_jobs_workspace_id_key')),
    schema='workbench'
    )
    op.create_table('job_triggers',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('settings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['workbench.jobs.id'], name=op.f('fk_job_triggers_job_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_triggers')),
    schema='workbench'
    )
    op.create_index(op.f('ix_job_triggers_job_id'), 'job_triggers', ['job_id'], unique=False, schema='workbench')
    op.create_table('job_calls',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('trigger_id', sa.Integer(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=200), nullable=True),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('variables', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('outcome', sa.String(length=10), server_default='waiting', nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('called_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['trigger_id'], ['workbench.job_triggers.id'], name=op.f('fk_job_calls_trigger_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_calls')),
    sa.UniqueConstraint('trigger_id', 'idempotency_key', name=op.f('uq_job_calls_trigger_id_idempotency_key')),
    schema='workbench'
    )
    op.create_index(op.f('ix_job_calls_trigger_id_outcome'), 'job_calls', ['trigger_id', 'outcome'], unique=False, schema='workbench')
    op.create_table('job_due_times',
    sa.Column('trigger_id', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tick_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['trigger_id'], ['workbench.job_triggers.id'], name=op.f('fk_job_due_times_trigger_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('trigger_id', 'due_at', name=op.f('pk_job_due_times')),
    schema='workbench'
    )
    op.create_index(op.f('ix_job_due_times_trigger_id_tick_at'), 'job_due_times', ['trigger_id', 'tick_at'], unique=False, schema='workbench')
