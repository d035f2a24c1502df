"""what each node of a run did, in full."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    """Forward only."""
    for column in (
        sa.Column('compile_time', sa.Float(), nullable=True),
        sa.Column('execute_time', sa.Float(), nullable=True),
        sa.Column('bytes_processed', sa.BigInteger(), nullable=True),
        sa.Column('code_hash', sa.Uuid(), nullable=True),
    ):
        op.add_column('run_nodes', column, schema='workbench')
