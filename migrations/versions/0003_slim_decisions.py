"""Keep long keys once, and an account's standing decisions together.

SQLite by itself does neither.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rebuild(with_rowid=False)


def downgrade() -> None:
    _rebuild(with_rowid=True)


def _rebuild(*, with_rowid: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, parts, order in (
        ("decisions", _decisions(), "run_id, session_id, policy"),
        ("standing", _standing(), "account, session_id, policy"),
    ):
        op.create_table(f"{table}_anew", *parts, sqlite_with_rowid=with_rowid)
        # names from above
        op.execute(f"INSERT INTO {table}_anew SELECT * FROM {table} ORDER BY {order}")  # noqa: S608
        op.drop_table(table)
        op.rename_table(f"{table}_anew", table)
    op.create_index("ix_decisions_session_id", "decisions", ["session_id"])


def _decisions() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("ruling", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_decisions_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "session_id", "policy", name=op.f("pk_decisions")),
    ]


def _standing() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("gist", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.Column("offender_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offender_run", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_standing_run_id_runs")),
        sa.PrimaryKeyConstraint("account", "session_id", "policy", name=op.f("pk_standing")),
    ]
