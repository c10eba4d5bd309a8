"""Migrations without an ini file.

They are shipped inside the wheel, and stand at the repository's root otherwise.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from reaper.errors import StoreError
from reaper.store.chain import adopt
from reaper.store.database import Database
from reaper.store.tables import metadata


def upgrade(database: Database, to: str = "head") -> None:
    """Bring the schema to this version's. Two programs that try at once wait for one another.

    Raises StoreError for a database from a newer version.
    """
    with database.writing() as connection:
        _refuse_newer(database.where, connection)
        before = _revision(connection)
        command.upgrade(config(connection), to)
        if to == "head" and before != _revision(connection):
            adopt(connection)


def downgrade(database: Database, to: str) -> None:
    """Take the schema back to an older revision, `base` for none at all."""
    with database.writing() as connection:
        command.downgrade(config(connection), to)


def check(database: Database) -> list[str]:
    """How the schema differs from what this version expects; empty when it does not.

    Raises StoreError for a database from a newer version.
    """
    with database.reading() as connection:
        _refuse_newer(database.where, connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [_told(difference) for difference in compare_metadata(context, metadata)]


def config(connection: sa.Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def _scripts() -> Path:
    package = Path(__file__).parents[1]
    shipped = package / "_shipped" / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(where: str, connection: sa.Connection) -> None:
    current = _revision(connection)
    if current is None:
        return
    try:
        ScriptDirectory.from_config(config()).get_revision(current)
    except CommandError:
        raise StoreError(
            f"the database {where} is from a newer reaper (revision {current}); "
            "upgrade reaper, or set another database_url"
        ) from None


def _told(difference: object) -> str:
    return (
        " ".join(str(part) for part in difference)
        if isinstance(difference, tuple)
        else str(difference)
    )
