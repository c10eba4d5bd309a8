"""Keep with each run what it planned, why it took none of that, and what a person asked of it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_plans",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("planned", sa.JSON(), nullable=False),
        sa.Column("blocked", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_plans_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_plans")),
    )


def downgrade() -> None:
    op.drop_table("run_plans")
