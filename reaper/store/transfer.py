"""Moving an installation: everything that one database holds, into another that is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from reaper.errors import ConfigurationError, StoreError
from reaper.store.database import Database
from reaper.store.schema import HEAD, revision
from reaper.store.tables import metadata

_ROWS_AT_ONCE = 5_000


def transfer(
    source: Database, target: Database, tell: Callable[[str], None] = lambda _: None
) -> Mapping[str, int]:
    """Copy every row, in one transaction of each side; how many, by table.

    No reaper writes meanwhile.

    Raises ConfigurationError when the target holds anything yet, or the source is not at this
    version's revision, and StoreError; then the target is as it was.
    """
    if (at := revision(source)) != HEAD:
        raise ConfigurationError(
            f"{source.where} is {f'at revision {at}' if at else 'empty'}, not at {HEAD}; run "
            "`reaper db upgrade` on it"
        )
    with source.writing() as old, target.writing() as new:
        if tables := [table.name for table in metadata.sorted_tables if _count(new, table)]:
            raise ConfigurationError(
                f"{target.where} is not empty ({', '.join(tables)}); name an empty database"
            )
        copied = {table.name: _copy(old, new, table, tell) for table in metadata.sorted_tables}
        if short := [
            table.name
            for table in metadata.sorted_tables
            if _count(new, table) != copied[table.name]
        ]:
            raise StoreError(
                f"{target.where} did not take all of {', '.join(short)}; nothing was copied"
            )
    return copied


def _copy(
    old: sa.Connection, new: sa.Connection, table: sa.Table, tell: Callable[[str], None]
) -> int:
    tell(f"copying {table.name}")
    result = old.execution_options(yield_per=_ROWS_AT_ONCE).execute(
        sa.select(table).order_by(*table.primary_key)
    )
    count = 0
    for rows in result.mappings().partitions():
        new.execute(sa.insert(table), [dict(row) for row in rows])
        count += len(rows)
    if new.dialect.name == "postgresql" and count and table.autoincrement_column is not None:
        _go_on_numbering(new, table, table.autoincrement_column)
    return count


def _go_on_numbering(new: sa.Connection, table: sa.Table, column: sa.Column[int]) -> None:
    """PostgreSQL numbers from its own sequence, which rows that bring their number leave where it
    is.
    """
    last = sa.select(sa.func.max(column)).scalar_subquery()
    new.execute(
        sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, column.name), last))
    )


def _count(db: sa.Connection, table: sa.Table) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(table)) or 0
