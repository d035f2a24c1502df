"""column lineage."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    """Forward only."""
    op.create_table('lineage_outcomes',
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('answers', sa.Uuid(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_lineage_outcomes_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workspace_id', 'key', 'answers', name=op.f('pk_lineage_outcomes')),
    schema='workbench'
    )
    op.create_table('lineage_columns',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_lineage_columns_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lineage_columns')),
    schema='workbench'
    )
    op.create_index(op.f('ix_lineage_columns_environment_id_unique_id_name'), 'lineage_columns', ['environment_id', 'unique_id', 'name'], unique=True, schema='workbench')
    op.create_table('lineage_layouts',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('snapshot_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_lineage_layouts_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'snapshot_id', 'key', name=op.f('pk_lineage_layouts')),
    schema='workbench'
    )
    op.create_table('lineage_states',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('snapshot_id', sa.BigInteger(), nullable=True),
    sa.Column('wanted_id', sa.BigInteger(), nullable=True),
    sa.Column('engine', sa.String(length=64), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('done', sa.Integer(), server_default='0', nullable=False),
    sa.Column('total', sa.Integer(), server_default='0', nullable=False),
    sa.Column('computed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('asked', sa.Integer(), server_default='0', nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('run_id', sa.String(length=64), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('progressed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_lineage_states_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', name=op.f('pk_lineage_states')),
    schema='workbench'
    )
    op.create_table('node_lineage',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('valid_to', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('complete', sa.Boolean(), nullable=False),
    sa.Column('used', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.Column('input_hash', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.Uuid(), nullable=True),
    sa.Column('kept_since', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_node_lineage_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'unique_id', 'valid_from', name=op.f('pk_node_lineage')),
    schema='workbench'
    )
    op.create_index(op.f('ix_node_lineage_environment_id_valid_to'), 'node_lineage', ['environment_id', 'valid_to'], unique=False, schema='workbench')
    op.create_table('column_lineage',
    sa.Column('child_id', sa.BigInteger(), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('transform', sa.String(length=12), nullable=False),
    sa.Column('valid_from', sa.BigInteger(), nullable=False),
    sa.Column('valid_to', sa.BigInteger(), nullable=True),
    sa.Column('confidence', sa.Double(), nullable=False),
    sa.Column('span_start', sa.Integer(), nullable=True),
    sa.Column('span_end', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['child_id'], ['workbench.lineage_columns.id'], name=op.f('fk_column_lineage_child_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('child_id', 'parent_id', 'kind', 'transform', 'valid_from', name=op.f('pk_column_lineage')),
    schema='workbench'
    )
    op.create_index('ix_column_lineage_down', 'column_lineage', ['parent_id', 'valid_to'], unique=False, schema='workbench', postgresql_include=['child_id', 'kind'])
    op.create_index('ix_column_lineage_up', 'column_lineage', ['child_id', 'valid_to'], unique=False, schema='workbench', postgresql_include=['parent_id', 'kind'])
