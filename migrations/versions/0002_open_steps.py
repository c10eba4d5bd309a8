"""Keep apart which steps are open, and which runs are latched, so that a run need not look through
years of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_steps",
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_id"], ["steps.id"], name=op.f("fk_open_steps_step_id_steps")
        ),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_open_steps")),
    )
    op.execute(
        "INSERT INTO open_steps (step_id) SELECT step_id FROM step_events GROUP BY step_id "
        "HAVING max(CASE WHEN event NOT IN ('intended', 'unconfirmed') THEN 1 ELSE 0 END) = 0"
    )
    where = {"sqlite_where": sa.text("latched = 1"), "postgresql_where": sa.text("latched")}
    op.create_index("ix_runs_latched", "runs", ["account"], **where)


def downgrade() -> None:
    op.drop_index("ix_runs_latched", "runs")
    op.drop_table("open_steps")
