"""Nobody works without a database that takes records."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from support.clock import Clock

from reaper.bootstrap import open_store
from reaper.config.settings.model import OwnSettings
from reaper.daemon import DatabaseSupervisor
from reaper.daemon.database import reopen_store
from reaper.daemon.status import DaemonStatus
from reaper.errors import StoreError
from reaper.store import Database, SqlLedger


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "there" / "reaper.db"


@pytest.fixture
def gate(file: Path, watch: DaemonStatus, clock: Clock) -> DatabaseSupervisor:
    """To an SQLite file that is not there yet."""
    settings = OwnSettings(database_url=f"sqlite:///{file}")

    def probe(store: Database) -> None:
        with SqlLedger(store, clock, "somebody", "1").lease("(database)"):
            pass

    return DatabaseSupervisor(
        partial(open_store, settings), partial(reopen_store, settings), probe, watch, clock
    )


def opened(gate: DatabaseSupervisor) -> Database:
    assert gate.try_again()
    assert gate.database is not None
    return gate.database


def test_it_opens_when_the_database_does(gate: DatabaseSupervisor, watch: DaemonStatus) -> None:
    """Closed at first; the first try creates the database; an open gate is not tried again."""
    assert gate.database is None
    opened(gate)
    assert (gate.try_again(), watch.databases_lost) == (False, 0)
    gate.close()


def test_a_start_without_the_database_waits_for_it(
    gate: DatabaseSupervisor, file: Path, watch: DaemonStatus, clock: Clock
) -> None:
    """It is told why, and tried again later and later, half a minute apart in the end.

    Then it opens.
    """
    file.parent.write_text("no folder", "utf-8")
    tries = 0
    for _ in range(3600):
        assert not gate.try_again()
        assert "its folder cannot be made" in str(watch.database_trouble)
        tries, clock.awake = tries + 1, clock.awake + 1
    file.parent.unlink()
    clock.wait(30)
    opened(gate)
    assert (watch.databases_lost, watch.database_trouble) == (1, None)
    gate.close()


def test_tries_are_far_between(file: Path, watch: DaemonStatus, clock: Clock) -> None:
    """In an hour without a database no more than a few hundred, and the first after a second."""
    tries: list[float] = []

    def unreachable() -> Database:
        tries.append(clock.monotonic())
        raise StoreError(f"{file}: unreachable")

    gate = DatabaseSupervisor(unreachable, unreachable, lambda _: None, watch, clock)
    for _ in range(36_000):
        gate.try_again()
        clock.wait(0.1)
    assert (tries[0], 0.5 <= tries[1] <= 1.1) == (0, True)
    assert 3600 / 30 <= len(tries) <= 3600 / 15 + 6
    assert (watch.databases_lost, gate.database) == (1, None)


def test_what_is_lost_is_closed_until_it_takes_records(
    gate: DatabaseSupervisor, watch: DaemonStatus, clock: Clock
) -> None:
    """Whoever tells of it later changes nothing; it opens again by itself."""
    first = opened(gate)
    gate.lost(first, StoreError("disk full"))
    assert (gate.database, watch.database_trouble) == (None, "disk full")
    clock.wait(1)
    second = opened(gate)
    gate.lost(first, StoreError("told late"))
    assert (gate.database is second, watch.database_trouble, watch.databases_lost) == (
        True,
        None,
        1,
    )
    gate.close()


def test_an_empty_database_is_not_taken_for_the_old_one(
    gate: DatabaseSupervisor, file: Path, watch: DaemonStatus, clock: Clock
) -> None:
    """Where the file is gone, halts and exemptions would be forgotten.

    It waits until somebody puts it back.
    """
    gate.lost(opened(gate), StoreError("gone"))
    away = file.rename(file.with_suffix(".away"))
    clock.wait(60)
    assert not gate.try_again()
    assert "it existed before, and is now empty or missing; restore it" in str(
        watch.database_trouble
    )
    assert not file.exists()
    away.rename(file)
    clock.wait(60)
    opened(gate)
    gate.close()


def test_a_database_that_only_reads_keeps_it_closed(
    gate: DatabaseSupervisor, file: Path, watch: DaemonStatus, clock: Clock
) -> None:
    """It is tried by writing: a full disk can still be read."""
    store = opened(gate)
    with store.writing() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON leases BEGIN SELECT RAISE(ABORT, 'disk is "
            "full'); END"
        )
    gate.lost(store, StoreError("disk full"))
    clock.wait(1)
    assert not gate.try_again()
    assert "disk is full; free some space" in str(watch.database_trouble)
    assert file.exists()
