"""Keep with each run what of it needs a person."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("concerns", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("runs", "concerns")  # in place: rows of other tables refer to runs
