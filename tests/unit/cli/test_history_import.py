"""`reaper history import` takes in what the platform still knows of sessions that are over."""

import json
from pathlib import Path

import pytest
from support.cli_tools import Cli, Open, write_policies, write_settings

from reaper.core.model.life import EndedBy, Life
from reaper.emulator import Emulator
from reaper.store import LifeFilter, open_database, reading_lives

OVER = (
    {"id": "web", "state": "terminated", "age": "9h", "ended": "2h"},
    {"id": "solve", "kind": "solve", "state": "finished", "age": "3h", "ended": "1h"},
    {"id": "task", "kind": "task", "state": "completed", "age": "3h", "ended": "1h"},
)


def lives() -> dict[str, Life]:
    database = open_database(f"sqlite:///{Path('reaper.db').resolve()}")
    found = {life.session.id: life for life in reading_lives(database, LifeFilter())}
    database.close()
    return found


ALIVE = {"id": "alive", "owner": "anna@Planning", "age": "9h", "idle": "5h"}


def opened(tenant: Open, generation: int = 2) -> Emulator:
    over = [one for one in OVER if generation > 1 or one["id"] != "solve"]
    account = tenant(*over, ALIVE, generation=generation)
    write_policies()
    write_settings(acme=account.url)
    return account


@pytest.mark.parametrize(("generation", "solves"), [(2, 1), (1, 0)])
def test_finished_sessions_are_taken_in_once(
    reaper: Cli, tenant: Open, generation: int, solves: int
) -> None:
    """With what they were and used, and nobody who is still there; a second time changes nothing."""
    opened(tenant, generation=generation)

    first, second = reaper("history", "import"), reaper("history", "import")

    assert first.out == (
        f"acme: {2 + solves} finished sessions taken in, the end of 0 learnt, 0 on record already\n"
    )
    assert f"acme: 0 finished sessions taken in, the end of 0 learnt, {2 + solves} on" in second.out
    assert (first.code, second.code, first.err, second.err) == (0, 0, "", "")
    task = lives()["task"]
    assert set(lives()) == {"web", "task"} | ({"solve"} if solves else set())
    assert (task.imported, task.ended_by, task.session.state) == (True, None, "completed")
    assert task.session.ended_at is not None
    assert task.session.gb_hours == pytest.approx(8.0, abs=0.2)


def test_the_end_of_a_life_on_record_is_learnt(reaper: Cli, tenant: Open) -> None:
    """The list of the living no longer held it; that of the finished says how it ended."""
    account = opened(tenant)
    reaper("run", "--enforce")
    reaper("run")

    told = reaper("history", "import")

    assert account.world.terminated
    assert "3 finished sessions taken in, the end of 1 learnt" in told.out
    life = lives()["alive"]
    assert [change.state for change in life.changes] == ["running", None, "terminated"]
    assert (life.ended_by, life.imported) == (EndedBy.REAPER, False)


def test_what_cannot_be_read_is_told(reaper: Cli, tenant: Open) -> None:
    """Exit code 3, and the account that can be read is."""
    account = opened(tenant)
    write_settings(acme=account.url, dead="http://127.0.0.1:9")

    told = reaper("history", "import")

    assert told.code == 3
    assert "acme: 3 finished sessions taken in" in told.out
    assert told.err.startswith("reaper: dead (http://127.0.0.1:9): ")
    assert told.err.endswith("; nothing was taken in\n")


def test_an_entry_that_cannot_be_read_is_told(reaper: Cli, tenant: Open) -> None:
    """What it is nobody knows; the others are taken in."""
    account = tenant(*OVER, {**OVER[1], "id": "odd", "send": {"id": 7}})
    write_policies()
    write_settings(acme=account.url)

    told = reaper("history", "import")

    assert (told.code, told.err) == (
        0, "reaper: acme: entries that cannot be read are missing: 1\n",
    )  # fmt: skip
    assert "acme: 3 finished sessions taken in" in told.out


def test_the_list_and_its_verbs_keep_their_options_apart(reaper: Cli, acme: Emulator) -> None:  # noqa: ARG001
    """`reaper history` lists as ever; an option of the list before a verb would be ignored."""
    reaper("run")

    listed, refused = reaper("history", "-o", "json"), reaper("history", "--account", "a", "import")

    assert json.loads(listed.out)
    assert refused.code == 2
    assert "--account: no option of `reaper history import`" in refused.err
