"""Keep the lives of the sessions: what they were, how their states changed, when they were active."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NUMBER = sa.Integer()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """No life is made up of what the decisions tell: the first complete look begins them."""
    op.create_table(
        "lives",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.Text()),
        sa.Column("sight", sa.String(length=16), nullable=False),
        sa.Column("user", sa.Text()),
        sa.Column("environment", sa.Text()),
        sa.Column("app", sa.Text()),
        sa.Column("app_version", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("created_at", TIME),
        sa.Column("started_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lives")),
        sa.UniqueConstraint("session_id", "account", name=op.f("uq_lives_session_id_account")),
    )
    op.create_index("ix_lives_account_last_seen_at", "lives", ["account", "last_seen_at"])
    op.create_table(
        "life_changes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("life_id", NUMBER, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", sa.Text()),
        sa.Column("sight", sa.String(length=16), nullable=False),
        sa.Column("gb_hours", sa.Float()),
        sa.Column("run_time", sa.Float()),
        _of_a_life("life_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_life_changes")),
    )
    op.create_index("ix_life_changes_life_id", "life_changes", ["life_id"])
    op.create_table(
        "activity_steps",
        sa.Column("life_id", NUMBER, nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lasted", sa.BigInteger(), nullable=False),
        sa.Column("silent", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text()),
        _of_a_life("activity_steps"),
        sa.PrimaryKeyConstraint("life_id", "run_id", name=op.f("pk_activity_steps")),
        sqlite_with_rowid=False,
    )
    op.add_column("activity", sa.Column("since", TIME))
    watched = sa.Column("watched", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("activity", watched)


def _of_a_life(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_life_id_lives")
    return sa.ForeignKeyConstraint(["life_id"], ["lives.id"], name=name)


def downgrade() -> None:
    op.drop_column("activity", "watched")
    op.drop_column("activity", "since")
    for table in ("activity_steps", "life_changes", "lives"):
        op.drop_table(table)
