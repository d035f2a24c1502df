"""environments: profile, variables, secrets and how dbt is run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    """Forward only."""
    op.create_table('environment_variables',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('secret', sa.Text(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.String(length=200), nullable=False),
    sa.CheckConstraint('(value is null) <> (secret is null)', name=op.f('ck_environment_variables_one_value')),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_environment_variables_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'name', name=op.f('pk_environment_variables')),
    schema='workbench'
    )
    op.add_column('environments', sa.Column('description', sa.Text(), server_default='', nullable=False), schema='workbench')
    op.add_column('environments', sa.Column('profile_yaml', sa.Text(), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('threads', sa.Integer(), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('retention_days', sa.Integer(), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('dbt_executable', sa.Text(), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('dbt_check', postgresql.JSONB(astext_type=sa.Text()), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('dbt_checked_at', sa.DateTime(timezone=True), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('tested_run_id', sa.String(length=64), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('tested_at', sa.DateTime(timezone=True), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('defer_to_id', sa.Integer(), nullable=True), schema='workbench')
    op.add_column('environments', sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True), schema='workbench')
    op.create_foreign_key(op.f('fk_environments_defer_to_id'), 'environments', 'environments', ['defer_to_id'], ['id'], source_schema='workbench', referent_schema='workbench', ondelete='SET NULL')
