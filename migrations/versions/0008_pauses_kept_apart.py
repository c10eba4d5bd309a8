"""Keep each pause by itself, with who ended it and when."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A pause that a later one had replaced holds again where nobody ever resumed it."""
    op.create_table(
        "pause_ends",
        sa.Column("pause_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["pause_id"], ["pauses.id"], name=op.f("fk_pause_ends_pause_id_pauses")
        ),
        sa.PrimaryKeyConstraint("pause_id", name=op.f("pk_pause_ends")),
    )
    op.execute(
        """
        INSERT INTO pause_ends (pause_id, at, "by")
        SELECT ended.id, resumed.at, resumed."by"
        FROM pauses AS ended JOIN pauses AS resumed ON resumed.id = (
            SELECT MIN(later.id) FROM pauses AS later
            WHERE NOT later.paused AND later.id > ended.id
              AND COALESCE(later.account, '') = COALESCE(ended.account, '')
        )
        WHERE ended.paused
        """
    )
    op.execute("DELETE FROM pauses WHERE NOT paused")
    op.drop_column("pauses", "paused")


def downgrade() -> None:
    """Of an account's pauses the last row is the only word: the longest one that nobody ended, or
    else that it was resumed.
    """
    op.add_column(
        "pauses", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    db = op.get_bind()
    rows = db.execute(
        sa.text(
            "SELECT p.id, p.account, e.pause_id IS NULL AS held, "
            "COALESCE(CAST(p.until AS TEXT), '~') AS longest "  # ~ comes behind every date
            "FROM pauses p LEFT JOIN pause_ends e ON e.pause_id = p.id"
        )
    ).all()
    op.drop_table("pause_ends")
    again = sa.text(
        'INSERT INTO pauses (account, at, "by", until, reason, paused) '
        'SELECT account, at, "by", until, reason, :paused FROM pauses WHERE id = :id'
    )
    for account in {row.account for row in rows}:
        mine = [row for row in rows if row.account == account]
        held = [row for row in mine if row.held]
        last = max(held or mine, key=lambda row: (row.longest, row.id))
        db.execute(again, {"paused": bool(held), "id": last.id})
