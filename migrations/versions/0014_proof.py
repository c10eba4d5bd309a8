"""Keep leaves that prove the record whole, and refuse to change what is append-only.

The triggers open for a transaction that holds a row in `revising`: pruning and pseudonyms use that.
The leaves of what is on record already are written once the schema is there (`migrate.upgrade`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "acknowledgements",
    "decisions",
    "exemption_removals",
    "exemptions",
    "leaves",
    "notices",
    "pause_ends",
    "pauses",
    "policy_texts",
    "revised_rows",
    "revisions",
    "run_plans",
    "runs",
    "step_events",
    "steps",
)
RUNS = (
    "id",
    "account",
    "started_at",
    "enforcing",
    "complete",
    "listed",
    "doubts",
    "unreadable",
    "sessions",
    "compliant",
    "offenders",
    "exempt",
    "undetermined",
    "probes",
    "steps",
    "halted",
    "latched",
    "policies",
    "concerns",
    "judged",
    "version",
    "actor",
)
"""All of a run but when it finished, which is written at its end, once."""
DOOR = "NOT EXISTS (SELECT 1 FROM revising)"
FUNCTION = """
CREATE FUNCTION reaper_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'TRUNCATE' AND EXISTS (SELECT 1 FROM revising) THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'runs' THEN
    IF to_jsonb(OLD) ->> 'finished_at' IS NULL
       AND to_jsonb(OLD) - 'finished_at' = to_jsonb(NEW) - 'finished_at' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    _tables()
    if op.get_context().dialect.name == "postgresql":
        _refuse_on_postgresql()
    else:
        _refuse_on_sqlite()


def downgrade() -> None:
    sqlite = op.get_context().dialect.name != "postgresql"
    for table in APPEND_ONLY:
        for name in ("update", "delete") if sqlite else ("row", "truncate"):
            on = "" if sqlite else f" ON {table}"
            op.execute(f"DROP TRIGGER append_only_{table}_{name}{on}")
    if not sqlite:
        op.execute("DROP FUNCTION reaper_append_only()")
    for table in ("revising", "revised_rows", "revisions", "owner_keys", "leaves"):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "leaves",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves")),
    )
    op.create_index("ix_leaves_kind_subject", "leaves", ["kind", "subject"])
    op.create_table(
        "owner_keys",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_owner_keys")),
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_table(
        "revised_rows",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("leaf_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["leaf_id"], ["leaves.id"], name=op.f("fk_revised_rows_leaf_id_leaves")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_revised_rows_revision_id_revisions")
        ),
        sa.PrimaryKeyConstraint("revision_id", "leaf_id", "digest", name=op.f("pk_revised_rows")),
    )
    op.create_index("ix_revised_rows_leaf_id", "revised_rows", ["leaf_id"])
    op.create_table(
        "revising",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revising")),
    )


def _refuse_on_sqlite() -> None:
    same = " AND ".join(f"OLD.{column} IS NEW.{column}" for column in RUNS)
    finishes = f"NOT (OLD.finished_at IS NULL AND {same})"
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            once = f" AND {finishes}" if (table, event) == ("runs", "UPDATE") else ""
            op.execute(
                f"CREATE TRIGGER append_only_{table}_{event.lower()} BEFORE {event} ON {table} "
                f"WHEN {DOOR}{once} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _refuse_on_postgresql() -> None:
    op.execute(FUNCTION)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only_{table}_row BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION reaper_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_{table}_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION reaper_append_only()"
        )
