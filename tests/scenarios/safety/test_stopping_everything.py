"""Stop everything now.

Pauses, the stop file and the stop event hold at once, also in the middle of a run.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from support.safety_cli import Cli, Desk, ended
from support.safety_house import IDLE, House, Open, idle, rules

from reaper.store import pause, resume

HOUSE = rules(IDLE)
THREE = tuple(idle(name, f"{name}@Planning") for name in "abc")
scopes = pytest.mark.parametrize("scope", ["acme", None])


def paused(house: House, scope: str | None, **until: float) -> None:
    at = house.clock.now()
    ends = at + timedelta(**until) if until else None
    pause(house.database, scope, at=at, by="eva@desk", reason="a demonstration", until=ends)


@scopes
def test_a_pause_withholds_everything_until_it_is_resumed(house: Open, scope: str | None) -> None:
    """Each step says who paused, why, and what ends it; `resume` does."""
    home = house(idle())
    paused(home, scope)
    report = home.pass_once(HOUSE)
    assert (report.outcomes["anna"].result, home.endings()) == ("withheld", [])
    assert report.outcomes["anna"].detail.startswith(
        "paused by eva@desk: a demonstration (`reaper resume"
    )
    resume(home.database, scope, at=home.clock.now(), by="eva@desk")
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


@scopes
def test_a_pause_holds_in_the_middle_of_a_run(house: Open, scope: str | None) -> None:
    """The step under way is settled; every later one is withheld."""
    home = house(*THREE)
    home.upon("terminate", lambda _: paused(home, scope))
    assert sorted(home.outcomes(HOUSE).values()) == ["terminated", "withheld", "withheld"]
    assert len(home.endings()) == 1


def test_a_resumed_pause_holds_no_longer_in_the_middle_of_a_run(house: Open) -> None:
    """Paused at the first step and resumed at the second's look: the second is taken."""
    home = house(*THREE)
    home.upon("terminate", lambda _: paused(home, None))
    home.upon("log", lambda _: resume(home.database, None, at=home.clock.now(), by="eva"), nth=11)
    assert sorted(home.outcomes(HOUSE).values()) == ["terminated", "terminated", "withheld"]


@scopes
def test_a_pause_ends_by_itself(house: Open, scope: str | None) -> None:
    """`--until` holds to the second."""
    home = house(idle())
    paused(home, scope, minutes=30)
    home.later(minutes=29, seconds=59)
    assert home.outcomes(HOUSE) == {"anna": "withheld"}
    home.later(seconds=1)
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_a_pause_of_another_account_holds_nothing_here(house: Open) -> None:
    """Only its own account, or all."""
    home = house(idle())
    paused(home, "other")
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_each_pause_is_ended_by_itself(house: Open) -> None:
    """To resume one account does not lift the pause of all, nor the other way round."""
    home = house(idle())
    paused(home, None)
    paused(home, "acme")
    for scope in ("acme", None):
        assert home.outcomes(HOUSE) == {"anna": "withheld"}
        resume(home.database, scope, at=home.clock.now(), by="eva")
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_pause_and_resume_on_the_command_line(reaper: Cli, desk: Desk) -> None:
    """`reaper pause --account` holds that account, `reaper resume --account` frees it."""
    acme, other = desk.account(idle("s1")), desk.account(idle("s2"))
    desk.write(acme=acme, other=other)
    assert reaper("pause", "--account", "acme", "--until", "2h", "--reason", "the close").code == 0
    assert reaper("run", "--enforce").code == 0
    assert (ended(acme), ended(other)) == ([], ["s2"])
    assert reaper("resume", "--account", "acme").code == 0
    assert reaper("run", "--enforce").code == 0
    assert ended(acme) == ["s1"]


def test_while_the_stop_file_is_there_nothing_is_asked(house: Open, tmp_path: Path) -> None:
    """Each step is withheld with the file's name; once it is gone, the next run takes them."""
    home, file = house(idle()), tmp_path / "STOP"
    file.touch()
    report = home.pass_once(HOUSE, sentinel=file)
    assert (report.outcomes["anna"].result, home.endings()) == ("withheld", [])
    assert report.outcomes["anna"].detail == f"the file {file} forbids it"
    file.unlink()
    assert home.outcomes(HOUSE, sentinel=file) == {"anna": "terminated"}


@pytest.mark.parametrize("broken", [False, True])
def test_a_stop_file_holds_in_the_middle_of_a_run(
    house: Open, tmp_path: Path, broken: bool
) -> None:
    """It is looked at right before each request; a link to nowhere is a stop file as well."""
    home, file = house(*THREE), tmp_path / "STOP"
    home.upon("terminate", lambda _: file.symlink_to("nowhere") if broken else file.touch())
    assert sorted(home.outcomes(HOUSE, sentinel=file).values()) == [
        "terminated",
        "withheld",
        "withheld",
    ]
    assert len(home.endings()) == 1


@pytest.mark.parametrize("what", ["read", "log", "terminate"])
def test_a_stop_settles_the_step_under_way_and_leaves_the_rest_planned(
    house: Open, what: str
) -> None:
    """What was asked is settled, what is only looked at is not begun.

    The rest stays planned, the run is finished.
    """
    home, stop = house(*THREE), Event()
    home.upon(what, lambda _: stop.set(), nth=7 if what == "log" else 1)
    done = ["terminated"] if what == "terminate" else []
    assert list(home.outcomes(HOUSE, stop=stop).values()) == done
    assert [event for _, _, event in home.events()] == (["intended", *done] if done else [])
    assert len(home.rows("SELECT id FROM steps")) == 3
    assert home.rows("SELECT id FROM runs WHERE finished_at IS NULL") == []
    assert set(home.outcomes(HOUSE).values()) == {"terminated"}
    assert sorted(home.ended()) == ["a", "b", "c"]


def test_a_stop_ends_the_wait_for_a_turn(house: Open) -> None:
    """One a minute: told to stop, it does not wait for the next turn."""
    home, stop = house(*THREE), Event()
    home.upon("terminate", lambda _: stop.set())
    before = home.clock.monotonic()
    home.pass_once(HOUSE, stop=stop, per_minute=1)
    assert (len(home.ended()), home.clock.monotonic() - before < 5) == (1, True)


def test_a_stop_ends_the_watch_of_what_does_not_end(house: Open) -> None:
    """A session that will not end is left unconfirmed for the next run."""
    home, stop = house(idle(), faults="deaf:1"), Event()
    home.upon("terminate", lambda _: stop.set())
    before = home.clock.monotonic()
    assert home.outcomes(HOUSE, stop=stop) == {"anna": "unconfirmed"}
    assert home.clock.monotonic() - before < 5
