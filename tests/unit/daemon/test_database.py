"""Nobody works without a database that takes records."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from support.clock import Clock
from support.counted import counted

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
def supervisor(file: Path, status: DaemonStatus, clock: Clock) -> DatabaseSupervisor:
    """To an SQLite file that is not there yet."""
    settings = OwnSettings(database_url=f"sqlite:///{file}")

    def probe(store: Database) -> None:
        with SqlLedger(store, clock, "somebody", "1").lease("(database)"):
            pass

    return DatabaseSupervisor(
        partial(open_store, settings), partial(reopen_store, settings), probe, status, clock
    )


def opened(supervisor: DatabaseSupervisor) -> Database:
    assert supervisor.try_again()
    assert supervisor.database is not None
    return supervisor.database


def test_it_opens_when_the_database_does(
    supervisor: DatabaseSupervisor, status: DaemonStatus
) -> None:
    """Closed at first; the first try creates the database; an open gate is not tried again."""
    assert supervisor.database is None
    opened(supervisor)
    assert (supervisor.try_again(), counted(status, "databases_lost_total")) == (False, {})
    supervisor.close()


def test_a_start_without_the_database_waits_for_it(
    supervisor: DatabaseSupervisor, file: Path, status: DaemonStatus, clock: Clock
) -> None:
    """It is told why, and tried again later and later, half a minute apart in the end.

    Then it opens.
    """
    file.parent.write_text("no folder", "utf-8")
    tries = 0
    for _ in range(3600):
        assert not supervisor.try_again()
        assert "its folder cannot be made" in str(status.database_trouble)
        tries, clock.awake = tries + 1, clock.awake + 1
    file.parent.unlink()
    clock.wait(30)
    opened(supervisor)
    assert (counted(status, "databases_lost_total"), status.database_trouble) == ({(): 1}, None)
    supervisor.close()


def test_tries_are_far_between(file: Path, status: DaemonStatus, clock: Clock) -> None:
    """In an hour without a database no more than a few hundred, and the first after a second."""
    tries: list[float] = []

    def unreachable() -> Database:
        tries.append(clock.monotonic())
        raise StoreError(f"{file}: unreachable")

    supervisor = DatabaseSupervisor(unreachable, unreachable, lambda _: None, status, clock)
    for _ in range(36_000):
        supervisor.try_again()
        clock.wait(0.1)
    assert (tries[0], 0.5 <= tries[1] <= 1.1) == (0, True)
    assert 3600 / 30 <= len(tries) <= 3600 / 15 + 6
    assert (counted(status, "databases_lost_total"), supervisor.database) == ({(): 1}, None)


def test_what_is_lost_is_closed_until_it_takes_records(
    supervisor: DatabaseSupervisor, status: DaemonStatus, clock: Clock
) -> None:
    """Whoever tells of it later changes nothing; it opens again by itself."""
    first = opened(supervisor)
    supervisor.lost(first, StoreError("disk full"))
    assert (supervisor.database, status.database_trouble) == (None, "disk full")
    clock.wait(1)
    second = opened(supervisor)
    supervisor.lost(first, StoreError("told late"))
    assert (supervisor.database is second, status.database_trouble) == (True, None)
    assert counted(status, "databases_lost_total") == {(): 1}
    supervisor.close()


def test_an_empty_database_is_not_taken_for_the_old_one(
    supervisor: DatabaseSupervisor, file: Path, status: DaemonStatus, clock: Clock
) -> None:
    """Where the file is gone, halts and exemptions would be forgotten.

    It waits until somebody puts it back.
    """
    supervisor.lost(opened(supervisor), StoreError("gone"))
    away = file.rename(file.with_suffix(".away"))
    clock.wait(60)
    assert not supervisor.try_again()
    assert "it existed before, and is now empty or missing; restore it" in str(
        status.database_trouble
    )
    assert not file.exists()
    away.rename(file)
    clock.wait(60)
    opened(supervisor)
    supervisor.close()


def test_a_database_that_only_reads_keeps_it_closed(
    supervisor: DatabaseSupervisor, file: Path, status: DaemonStatus, clock: Clock
) -> None:
    """It is tried by writing: a full disk can still be read."""
    store = opened(supervisor)
    with store.writing() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON leases BEGIN SELECT RAISE(ABORT, 'disk is "
            "full'); END"
        )
    supervisor.lost(store, StoreError("disk full"))
    clock.wait(1)
    assert not supervisor.try_again()
    assert "disk is full; free some space" in str(status.database_trouble)
    assert file.exists()
