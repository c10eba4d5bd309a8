"""Keep with each account the address that it was last looked after at."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("leases", sa.Column("address", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("leases", "address")
