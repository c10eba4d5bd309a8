"""Call the verdicts that hold now `current_verdicts`."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = "account, session_id, policy, gist, run_id, policy_hash, offender_since, offender_run"


def upgrade() -> None:
    _move("standing", "current_verdicts")


def downgrade() -> None:
    _move("current_verdicts", "standing")


def _move(old: str, new: str) -> None:
    """Into a table anew, for SQLite cannot rename the constraints that bear the table's name."""
    op.create_table(
        new,
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("gist", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.Column("offender_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offender_run", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f(f"fk_{new}_run_id_runs")),
        sa.PrimaryKeyConstraint("account", "session_id", "policy", name=op.f(f"pk_{new}")),
        sqlite_with_rowid=False,
    )
    # names from above
    op.execute(
        f"INSERT INTO {new} ({COLUMNS}) SELECT {COLUMNS} FROM {old} "  # noqa: S608
        "ORDER BY account, session_id, policy"
    )
    op.drop_table(old)
