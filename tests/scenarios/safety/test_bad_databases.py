"""Bad days of the database.

Nothing is ended without its committed intent, and a person reads one line.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from support.safety_cli import Cli, Desk, ended
from support.safety_house import GENEROUS, IDLE, House, Open, idle, rules

from reaper.errors import LeaseLost, StoreError

HOUSE = rules(IDLE)
FILE = Path("reaper.db")  # each test stands in its own folder
TWELVE = tuple(idle(f"s{n}", f"s{n}@Planning") for n in range(12))
MOMENTS = ("list", "log", "read", "terminate")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reaper.store.database._BUSY_SECONDS", 0.1)


def intents(house: House) -> list[str]:
    """The sessions whose intent is committed, by another connection."""
    rows = house.rows(
        "SELECT s.session_id FROM step_events e JOIN steps s ON s.id = e.step_id WHERE e.event = "
        "'intended'"
    )
    return [id_ for (id_,) in rows]


def fails(house: House) -> str:
    """A pass that the database breaks off: its one line."""
    with pytest.raises(StoreError) as broken:
        house.pass_once(HOUSE)
    assert not isinstance(broken.value, LeaseLost)
    assert str(broken.value).count("\n") == 0
    return str(broken.value)


def locked() -> sqlite3.Connection:
    holder = sqlite3.connect(FILE, check_same_thread=False, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_database_that_another_program_locks(house: Open, moment: str) -> None:
    """Locked during the look, the second look or the request.

    What was asked has its intent, the rest is not asked.
    """
    home, held = house(*TWELVE[:3]), []
    home.upon(moment, lambda _: held.append(locked()))
    assert "database is locked; another program has locked it" in fails(home)
    held[0].execute("ROLLBACK")
    held[0].close()
    assert [id_ for _, id_ in home.endings()] == intents(home) == home.ended()
    home.later(minutes=3)
    report = home.pass_once(HOUSE)
    assert len(report.settled) == (1 if moment == "terminate" else 0)
    assert sorted(home.ended()) == ["s0", "s1", "s2"]


def test_a_database_that_is_locked_from_the_beginning(house: Open) -> None:
    """The account is not even looked at."""
    home, holder = house(idle()), locked()
    fails(home)
    holder.close()
    assert home.asked == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_database_that_runs_full(house: Open, moment: str) -> None:
    """No page more may be written.

    The run breaks off, and every session that was ended has its intent.
    """
    home = house(*TWELVE)
    home.limits = GENEROUS

    def full(_: object) -> None:
        @event.listens_for(home.database.engine, "checkout")
        def _limit(connection: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
            connection.executescript("PRAGMA incremental_vacuum")
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")

    home.upon(moment, full)
    assert "disk is full; free some space; nothing is ended before its decision is stored" in fails(
        home
    )
    assert home.ended() == [id_ for _, id_ in home.endings()]
    assert set(home.ended()) <= set(intents(home))
    assert len(home.ended()) < 12


def drop(house: House) -> None:
    with house.database.writing() as db:
        db.execute(sa.text("DROP TABLE step_events"))


def delete(_: House) -> None:
    FILE.unlink()


def replace_by_folder(_: House) -> None:
    FILE.unlink()
    FILE.mkdir()


def replace_by_copy(_: House) -> None:
    shutil.copy(FILE, "copy.db")
    Path("copy.db").replace(FILE)


GONE: dict[str, tuple[Callable[[House], None], str]] = {
    "table dropped": (drop, "no such table: step_events"),
    "file deleted": (delete, "it was deleted or replaced"),
    "file now a folder": (replace_by_folder, "it was deleted or replaced"),
    "file replaced": (replace_by_copy, "it was deleted or replaced"),
}


@pytest.mark.parametrize("moment", ["list", "log", "read"])
@pytest.mark.parametrize(("away", "said"), GONE.values(), ids=list(GONE))
def test_a_database_that_is_gone_in_the_middle_of_a_run(
    house: Open, moment: str, away: Callable[[House], None], said: str
) -> None:
    """Before the first intent.

    Nothing at all is asked, though the open file would take what is written.
    """
    home = house(*TWELVE[:2])
    home.upon(moment, lambda _: away(home))
    assert said in fails(home)
    assert home.endings() == []


@pytest.mark.parametrize("away", [f[0] for f in GONE.values()], ids=list(GONE))
def test_a_database_that_is_gone_during_a_request(
    house: Open, away: Callable[[House], None]
) -> None:
    """The first termination is under way, with its intent; the second is never asked."""
    home = house(*TWELVE[:2])
    home.upon("terminate", lambda _: away(home))
    fails(home)
    assert len(home.endings()) == 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_postgresql_that_loses_its_connections_goes_on(house: Open) -> None:
    """Every connection is cut in the middle of the run: new ones are made, and nothing is lost."""
    home = house(*TWELVE[:2])
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        "current_database() AND pid <> {}"
    )
    home.upon("terminate", lambda _: _cut(home, cut))
    assert set(home.outcomes(HOUSE).values()) == {"terminated"}
    assert sorted(intents(home)) == ["s0", "s1"]


def _cut(house: House, statement: str) -> None:
    engine = sa.create_engine(house.database.engine.url, poolclass=sa.NullPool)
    with engine.connect() as db:
        db.execute(sa.text(statement.format("pg_backend_pid()")))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_postgresql_whose_tables_are_gone(house: Open) -> None:
    """No table for the intent: nothing is asked."""
    home = house(*TWELVE[:2])
    home.upon("read", lambda _: drop(home))
    assert 'relation "step_events" does not exist; run `reaper db check`' in fails(home)
    assert home.endings() == []


@pytest.mark.parametrize("how", ["locked", "folder", "text", "table", "gone"])
def test_the_command_says_it_in_one_line_and_exits_4(reaper: Cli, desk: Desk, how: str) -> None:
    """A person sees one line, a script the exit code 4."""
    account = desk.acme(idle("s1"))
    breaking: dict[str, Callable[[], object]] = {
        "folder": lambda: replace_by_folder(None),  # type: ignore[arg-type]
        "text": lambda: FILE.write_text("no database at all", "utf-8"),
        "locked": lambda: held.append(locked()),
        "table": lambda: sqlite3.connect(FILE).execute("DROP TABLE step_events").connection.close(),  # noqa: PLW0108
        "gone": FILE.unlink,
    }
    held: list[sqlite3.Connection] = []
    if how in ("table", "gone"):
        account.world.between_pages = lambda: _once(account, breaking[how])
    else:
        breaking[how]()
    result = reaper("run", "--enforce")
    for holder in held:
        holder.close()
    assert (result.code, result.one_line, ended(account)) == (4, True, [])


def _once(account: Any, do: Callable[[], object]) -> None:  # noqa: ANN401 - an Emulator
    if FILE.exists():
        account.world.between_pages = None
        do()
