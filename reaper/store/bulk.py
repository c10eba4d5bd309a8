"""Writing many rows as the driver takes them, past SQLAlchemy's work for each: a third of the time."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

Row = dict[str, Any]

_KEY = "key_"


def insert_rows(db: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Every row names the same columns."""
    if rows:
        _execute(db, table, sa.insert(table), list(rows[0]), rows)


def update_rows(db: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Every row names its primary key and the same other columns."""
    if rows:
        keys = [column.name for column in table.primary_key]
        values = [name for name in rows[0] if name not in keys]
        _execute(db, table, sa.update(table).where(*_equal(table, keys)), values, rows)


def delete_rows(db: sa.Connection, table: sa.Table, keys: Sequence[Row]) -> None:
    """Every row names the same columns, by which those to delete are found."""
    if keys:
        _execute(db, table, sa.delete(table).where(*_equal(table, list(keys[0]))), [], keys)


def insert_and_number(db: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> list[int]:
    """Insert the rows into a table with a numeric `id`; return their ids in the same order."""
    if not rows:
        return []
    if db.dialect.insert_executemany_returning_sort_by_parameter_order:
        return list(db.scalars(sa.insert(table).returning(table.c.id, sort_by_parameter_order=True), rows))
    keys = [db.execute(sa.insert(table).values(row)).inserted_primary_key for row in rows]
    return [key[0] for key in keys if key]


def _equal(table: sa.Table, names: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(_KEY + name) for name in names]


def _execute(
    db: sa.Connection, table: sa.Table, statement: sa.UpdateBase, values: list[str], rows: Sequence[Row]
) -> None:
    compiled = statement.compile(dialect=db.dialect, column_keys=values)
    binds = compiled.positiontup or list(compiled.binds)
    names = [bind.removeprefix(_KEY) for bind in binds]
    chosen = itemgetter(*names, names[0])  # one more, for of one alone it would make no tuple
    sent = [chosen(row)[:-1] for row in _as_sent(db, table, rows, set(names))]
    named = not compiled.positiontup
    db.exec_driver_sql(str(compiled), [dict(zip(binds, row, strict=True)) for row in sent] if named else sent)


def _as_sent(db: sa.Connection, table: sa.Table, rows: Sequence[Row], names: set[str]) -> Sequence[Row]:
    """The rows with every value as the driver takes it; most types are taken as they are."""
    found = {name: table.c[name].type.dialect_impl(db.dialect).bind_processor(db.dialect) for name in names}
    needed = {name: process for name, process in found.items() if process is not None}
    return [row | {name: process(row[name]) for name, process in needed.items()} for row in rows] if needed else rows
