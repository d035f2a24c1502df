"""artifacts and snapshots."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'


# The catalog itself is read anew at the next start, from the artifacts in the store.
REBUILT = ('node_columns', 'lineage', 'nodes')

# Results belong to an environment from now on; those from before to the default one, which is made if need be.
DEFAULTS = """
    insert into workbench.environments (workspace_id, key, name, dbt_target, is_default)
    select id, 'default', 'default', 'default', true from workbench.workspaces
    where not exists (select from workbench.environments where workspace_id = workspaces.id and is_default)
"""
FILL = """
    update workbench.{table} set environment_id = environments.id
    from workbench.environments
    where environments.workspace_id = {table}.workspace_id and environments.is_default
"""


def _fill_environment(table: str) -> None:
    op.add_column(table, sa.Column('environment_id', sa.Integer(), nullable=True), schema='workbench')
    op.execute(FILL.format(table=table))
    op.alter_column(table, 'environment_id', nullable=False, schema='workbench')


def upgrade() -> None:
    """Forward only."""
    for table in REBUILT:
        op.drop_table(table, schema='workbench')
    op.execute(DEFAULTS)
    op.create_table('code_texts',
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('hash', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_code_texts_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workspace_id', 'hash', name=op.f('pk_code_texts')),
    schema='workbench'
    )
    op.create_table('drop_places',
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('seen', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_drop_places_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workspace_id', 'kind', name=op.f('pk_drop_places')),
    schema='workbench'
    )
    op.create_table('node_contents',
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('hash', sa.Uuid(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_node_contents_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workspace_id', 'hash', name=op.f('pk_node_contents')),
    schema='workbench'
    )
    op.create_table('node_overrides',
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_node_overrides_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workspace_id', 'unique_id', 'field', name=op.f('pk_node_overrides')),
    schema='workbench'
    )
    op.create_table('warehouse_tables',
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('hash', sa.Uuid(), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_warehouse_tables_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workspace_id', 'hash', name=op.f('pk_warehouse_tables')),
    schema='workbench'
    )
    op.create_table('catalog_states',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('snapshot_id', sa.BigInteger(), nullable=True),
    sa.Column('state_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('project_name', sa.Text(), nullable=True),
    sa.Column('artifacts', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_catalog_states_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', name=op.f('pk_catalog_states')),
    schema='workbench'
    )
    op.create_table('drops',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('files', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('size', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('hint', sa.Text(), nullable=True),
    sa.Column('attempt', sa.Integer(), server_default='1', nullable=False),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('actor', sa.Text(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('run_id', sa.String(length=64), nullable=True),
    sa.Column('snapshot_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_drops_environment_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_drops_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drops')),
    sa.UniqueConstraint('environment_id', 'digest', name=op.f('uq_drops_environment_id_digest')),
    schema='workbench'
    )
    op.create_index(op.f('ix_drops_state'), 'drops', ['state'], unique=False, schema='workbench')
    op.create_index(op.f('ix_drops_workspace_id_received_at'), 'drops', ['workspace_id', 'received_at'], unique=False, schema='workbench')
    op.create_table('lineage',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('parent', sa.Text(), nullable=False),
    sa.Column('child', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_lineage_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'parent', 'child', name=op.f('pk_lineage')),
    schema='workbench'
    )
    op.create_index(op.f('ix_lineage_environment_id_child'), 'lineage', ['environment_id', 'child'], unique=False, schema='workbench', postgresql_include=['parent'])
    op.create_table('node_health',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('tests', sa.Integer(), nullable=False),
    sa.Column('passed', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('warned', sa.Integer(), nullable=False),
    sa.Column('trust', sa.String(length=10), nullable=False),
    sa.Column('reasons', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_node_health_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'unique_id', name=op.f('pk_node_health')),
    schema='workbench'
    )
    op.create_table('node_versions',
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('valid_to', sa.BigInteger(), nullable=True),
    sa.Column('content_hash', sa.Uuid(), nullable=False),
    sa.Column('raw_hash', sa.Uuid(), nullable=True),
    sa.Column('compiled_hash', sa.Uuid(), nullable=True),
    sa.Column('compiled_from', sa.Uuid(), nullable=True),
    sa.Column('compiled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('table_hash', sa.Uuid(), nullable=True),
    sa.Column('columns_total', sa.Integer(), nullable=False),
    sa.Column('columns_documented', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_node_versions_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'unique_id', 'valid_from', name=op.f('pk_node_versions')),
    schema='workbench'
    )
    op.create_index(op.f('ix_node_versions_environment_id_valid_from'), 'node_versions', ['environment_id', 'valid_from'], unique=False, schema='workbench')
    op.create_index(op.f('ix_node_versions_environment_id_valid_to'), 'node_versions', ['environment_id', 'valid_to'], unique=False, schema='workbench')
    op.create_table('nodes',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('resource_type', sa.String(length=50), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('package_name', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('patch_path', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('database_name', sa.Text(), nullable=True),
    sa.Column('schema_name', sa.Text(), nullable=True),
    sa.Column('relation_name', sa.Text(), nullable=True),
    sa.Column('materialization', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('tags', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('fqn', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('owner', sa.Text(), nullable=True),
    sa.Column('group_name', sa.Text(), nullable=True),
    sa.Column('access', sa.Text(), nullable=True),
    sa.Column('version', sa.Text(), nullable=True),
    sa.Column('contract_enforced', sa.Boolean(), nullable=False),
    sa.Column('test_kind', sa.Text(), nullable=True),
    sa.Column('attached_node', sa.Text(), nullable=True),
    sa.Column('column_name', sa.Text(), nullable=True),
    sa.Column('severity', sa.String(length=10), nullable=True),
    sa.Column('columns_total', sa.Integer(), nullable=False),
    sa.Column('columns_documented', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.Uuid(), nullable=False),
    sa.Column('raw_hash', sa.Uuid(), nullable=True),
    sa.Column('compiled_hash', sa.Uuid(), nullable=True),
    sa.Column('compiled_from', sa.Uuid(), nullable=True),
    sa.Column('compiled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('table_hash', sa.Uuid(), nullable=True),
    sa.Column('entry_hash', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_nodes_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nodes')),
    sa.UniqueConstraint('environment_id', 'unique_id', name=op.f('uq_nodes_environment_id_unique_id')),
    schema='workbench'
    )
    op.create_index('ix_nodes_by_name', 'nodes', ['environment_id', sa.literal_column('lower(name)'), 'unique_id'], unique=False, schema='workbench')
    op.create_index('ix_nodes_by_type_and_kind', 'nodes', ['environment_id', 'resource_type', 'materialization'], unique=False, schema='workbench')
    op.create_index('ix_nodes_by_tag', 'nodes', ['tags'], unique=False, schema='workbench', postgresql_using='gin')
    op.create_index('ix_nodes_by_type_and_name', 'nodes', ['environment_id', 'resource_type', sa.literal_column('lower(name)'), 'unique_id'], unique=False, schema='workbench')
    op.create_index(op.f('ix_nodes_environment_id_attached_node'), 'nodes', ['environment_id', 'attached_node'], unique=False, schema='workbench')
    op.create_table('snapshots',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ingested_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('origin', sa.String(length=20), nullable=False),
    sa.Column('run_id', sa.String(length=64), nullable=True),
    sa.Column('drop_id', sa.BigInteger(), nullable=True),
    sa.Column('manifest_digest', sa.String(length=64), nullable=True),
    sa.Column('catalog_digest', sa.String(length=64), nullable=True),
    sa.Column('dbt_version', sa.String(length=50), nullable=True),
    sa.Column('adapter_type', sa.String(length=50), nullable=True),
    sa.Column('nodes', sa.Integer(), server_default='0', nullable=False),
    sa.Column('added', sa.Integer(), server_default='0', nullable=False),
    sa.Column('changed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('removed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('coverage', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_snapshots_environment_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workbench.workspaces.id'], name=op.f('fk_snapshots_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_snapshots')),
    schema='workbench'
    )
    op.create_index(op.f('ix_snapshots_environment_id_id'), 'snapshots', ['environment_id', 'id'], unique=False, schema='workbench')
    op.create_table('node_search',
    sa.Column('node_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('names', postgresql.TSVECTOR(), nullable=False),
    sa.Column('columns', postgresql.TSVECTOR(), nullable=False),
    sa.Column('texts', postgresql.TSVECTOR(), nullable=False),
    sa.Column('code', postgresql.TSVECTOR(), nullable=False),
    sa.ForeignKeyConstraint(['node_id'], ['workbench.nodes.id'], name=op.f('fk_node_search_node_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('node_id', name=op.f('pk_node_search')),
    schema='workbench'
    )
    op.create_index('ix_node_search_code', 'node_search', ['code'], unique=False, schema='workbench', postgresql_using='gin')
    op.create_index('ix_node_search_columns', 'node_search', ['columns'], unique=False, schema='workbench', postgresql_using='gin')
    op.create_index('ix_node_search_names', 'node_search', ['names'], unique=False, schema='workbench', postgresql_using='gin')
    op.create_index('ix_node_search_texts', 'node_search', ['texts'], unique=False, schema='workbench', postgresql_using='gin')
    op.add_column('environments', sa.Column('in_profile', sa.Boolean(), server_default='true', nullable=False), schema='workbench')
    op.add_column('ingests', sa.Column('environment_id', sa.Integer(), nullable=True), schema='workbench')
    op.add_column('ingests', sa.Column('drop_id', sa.BigInteger(), nullable=True), schema='workbench')
    op.create_foreign_key(op.f('fk_ingests_drop_id'), 'ingests', 'drops', ['drop_id'], ['id'], source_schema='workbench', referent_schema='workbench', ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_ingests_environment_id'), 'ingests', 'environments', ['environment_id'], ['id'], source_schema='workbench', referent_schema='workbench', ondelete='CASCADE')
    _fill_environment('node_results')
    op.add_column('node_results', sa.Column('failures_relation', sa.Text(), nullable=True), schema='workbench')
    op.drop_constraint(op.f('fk_node_results_workspace_id'), 'node_results', schema='workbench', type_='foreignkey')
    op.create_foreign_key(op.f('fk_node_results_environment_id'), 'node_results', 'environments', ['environment_id'], ['id'], source_schema='workbench', referent_schema='workbench', ondelete='CASCADE')
    op.drop_column('node_results', 'workspace_id', schema='workbench')
    op.create_primary_key(op.f('pk_node_results'), 'node_results', ['environment_id', 'unique_id'], schema='workbench')
    _fill_environment('run_nodes')
    op.drop_index(op.f('ix_run_nodes_workspace_id_unique_id_started_at'), table_name='run_nodes', schema='workbench')
    op.create_index(op.f('ix_run_nodes_environment_id_unique_id_started_at'), 'run_nodes', ['environment_id', 'unique_id', 'started_at'], unique=False, schema='workbench')
    op.create_foreign_key(op.f('fk_run_nodes_environment_id'), 'run_nodes', 'environments', ['environment_id'], ['id'], source_schema='workbench', referent_schema='workbench', ondelete='CASCADE')
    _fill_environment('source_freshness')
    op.drop_constraint(op.f('fk_source_freshness_workspace_id'), 'source_freshness', schema='workbench', type_='foreignkey')
    op.create_foreign_key(op.f('fk_source_freshness_environment_id'), 'source_freshness', 'environments', ['environment_id'], ['id'], source_schema='workbench', referent_schema='workbench', ondelete='CASCADE')
    op.drop_column('source_freshness', 'workspace_id', schema='workbench')
    op.create_primary_key(op.f('pk_source_freshness'), 'source_freshness', ['environment_id', 'unique_id'], schema='workbench')
    op.create_table('freshness_answers',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('unique_id', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('status', sa.String(length=30), nullable=False),
    sa.Column('max_loaded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('snapshotted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('age_seconds', sa.Float(), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('run_id', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['environment_id'], ['workbench.environments.id'], name=op.f('fk_freshness_answers_environment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_freshness_answers')),
    schema='workbench'
    )
    op.create_index(op.f('ix_freshness_answers_environment_id_unique_id_at'), 'freshness_answers', ['environment_id', 'unique_id', 'at'], unique=False, schema='workbench')
    op.execute(
        "insert into workbench.freshness_answers"
        " (environment_id, unique_id, at, status, max_loaded_at, snapshotted_at, age_seconds, message, run_id)"
        " select environment_id, unique_id, coalesce(snapshotted_at, ingested_at), status, max_loaded_at,"
        " snapshotted_at, age_seconds, message, run_id from workbench.source_freshness"
    )
