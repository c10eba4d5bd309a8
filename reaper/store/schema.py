"""Which schema a database has, and opening it with that of this version."""

from __future__ import annotations

import sqlalchemy as sa

from reaper.errors import StoreError
from reaper.store.database import Database, connect

HEAD = "0014"
"""The newest migration; a test compares it with `migrations/`.

It spares the common path the import of Alembic.
"""


def open_database(url: str, *, upgrade: bool = True, ask: bool = False) -> Database:
    """Open the database, creating and migrating it where needed.

    Without `upgrade` nothing is changed, and a file that is not there yet reads as an empty
    database. With `ask` a database of an older version is refused instead of migrated. Raises
    ConfigurationError for an impossible URL, and StoreError for all that keeps it from being used;
    a database from a newer version is refused.
    """
    database = connect(url, make=upgrade)
    try:
        if upgrade:
            _bring_to_head(database, ask=ask)
    except BaseException:
        database.close()
        raise
    return database


def revision(database: Database) -> str | None:
    """The migration that the database is at; None when it is empty."""
    with database.reading() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        current: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return current


def is_empty(database: Database) -> bool:
    """Whether it has no schema yet. Raises StoreError for one of another version."""
    at = revision(database)
    if at not in (None, HEAD):
        raise StoreError(
            f"the database {database.where} is at revision {at}, and this reaper needs {HEAD}; run "
            "`reaper db upgrade`, or use the reaper that it belongs to"
        )
    return at is None


def _bring_to_head(database: Database, *, ask: bool) -> None:
    current = revision(database)
    if current == HEAD:
        return
    if ask and current is not None and current < HEAD:
        raise StoreError(
            f"the database {database.where} is at revision {current}, and this reaper needs {HEAD}; "
            "run `reaper db upgrade` once all other replicas can be upgraded too"
        )
    # Alembic takes a quarter of a second to import
    from reaper.store.migrate import upgrade  # noqa: PLC0415

    upgrade(database)


def is_ours(db: sa.Connection) -> bool:
    """Whether the schema is still this version's, in this transaction."""
    return bool(_current(db) == HEAD)


def _current(db: sa.Connection) -> object:
    return db.scalar(sa.text("SELECT version_num FROM alembic_version"))


def refuse_other_schema(db: sa.Connection) -> None:
    """Raise StoreError when another program has migrated the database since it was opened, in this
    transaction.
    """
    if (current := _current(db)) != HEAD:
        raise StoreError(
            f"the database was brought to revision {current} by another reaper while this one, of "
            f"{HEAD}, was running; "
            "nothing more is ended by this one: replace it by the other's version"
        )
