"""Writing many rows as the driver takes them, past SQLAlchemy's work for each.

A third of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

Row = dict[str, Any]
T = TypeVar("T")

_KEY = "key_"
_AT_ONCE = 1_000
"""So many rows are made and sent at a time: those of a large fleet would fill the memory."""


def batches(them: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as are written at once."""
    each = iter(them)
    while batch := list(islice(each, _AT_ONCE)):
        yield batch


def insert_rows(db: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
    """Every row names the same columns."""
    for some in batches(rows):
        _execute(db, table, sa.insert(table), list(some[0]), some)


def update_rows(db: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
    """Every row names its primary key and the same other columns."""
    keys = [column.name for column in table.primary_key]
    for some in batches(rows):
        values = [name for name in some[0] if name not in keys]
        _execute(db, table, sa.update(table).where(*_equal(table, keys)), values, some)


def delete_rows(db: sa.Connection, table: sa.Table, keys: Iterable[Row]) -> None:
    """Every row names the same columns, by which those to delete are found."""
    for some in batches(keys):
        _execute(db, table, sa.delete(table).where(*_equal(table, list(some[0]))), [], some)


def insert_and_number(db: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> list[int]:
    """Insert the rows into a table with a numeric `id`; return their ids in the same order."""
    if not rows:
        return []
    if db.dialect.insert_executemany_returning_sort_by_parameter_order:
        return list(
            db.scalars(sa.insert(table).returning(table.c.id, sort_by_parameter_order=True), rows)
        )
    keys = [db.execute(sa.insert(table).values(row)).inserted_primary_key for row in rows]
    return [key[0] for key in keys if key]


def _equal(table: sa.Table, names: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(_KEY + name) for name in names]


def _execute(
    db: sa.Connection,
    table: sa.Table,
    statement: sa.UpdateBase,
    values: list[str],
    rows: Sequence[Row],
) -> None:
    compiled = statement.compile(dialect=db.dialect, column_keys=values)
    binds = compiled.positiontup or list(compiled.binds)
    columns = [_as_sent(db, table.c[bind.removeprefix(_KEY)], rows) for bind in binds]
    sent = zip(*columns, strict=True)
    named = not compiled.positiontup
    db.exec_driver_sql(
        str(compiled), [dict(zip(binds, row, strict=True)) for row in sent] if named else list(sent)
    )


def _as_sent(db: sa.Connection, column: sa.Column[Any], rows: Sequence[Row]) -> list[Any]:
    """A column's values as the driver takes them.

    Most as they are, and equal moments converted once.
    """
    values = [row[column.name] for row in rows]
    process = column.type.dialect_impl(db.dialect).bind_processor(db.dialect)
    if process is None:
        return values
    sent = {value: process(value) for value in set(values)}
    return [sent[value] for value in values]
