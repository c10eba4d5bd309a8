"""Keep with each run how many sessions each policy judged, and how."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("judged", sa.JSON(), nullable=False, server_default="{}")
    op.add_column("runs", column)


def downgrade() -> None:
    op.drop_column("runs", "judged")  # not by a table anew: others refer to this one
