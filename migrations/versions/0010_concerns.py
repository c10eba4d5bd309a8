"""Keep with each run what of it needs a person."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("concerns", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("runs", column)


def downgrade() -> None:
    op.drop_column("runs", "concerns")  # not by a table anew: others refer to this one
