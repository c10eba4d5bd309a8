"""Three daemons on one PostgreSQL share fifty accounts, and two do the work of one that is gone."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

import pytest
from replica_roles import Lonely
from unattended import Daemon, House, until

pytestmark = pytest.mark.slow


def started(house: House, interval: str, **settings: Any) -> list[Daemon]:  # noqa: ANN401 - settings
    """Three at once."""
    file = house.write(interval=interval, **settings)
    return [house.daemon(file) for _ in range(3)]


def assert_each_ended_once(house: House) -> None:
    """Every session that was to go was asked to end once, and is gone; no other was asked anything."""
    for name in house.accounts:
        assert (len(set(house.ended(name))), len(house.ended(name)), len(house.asked(name))) == (2, 2, 2), name


def everything_is_ended(house: House) -> bool:
    return all(len(house.ended(name)) == 2 for name in house.accounts)


def at_work(daemon: Daemon) -> str:
    """The account that it is amid ending sessions of."""
    until(lambda: daemon.told("step settled"))
    return str(daemon.told("step intended")[-1]["account"])


def test_each_run_is_made_once(house: House) -> None:
    """Every account gets one run, from whichever daemon came first, and each of the three makes some of them."""
    daemons = started(house, "1h")
    for daemon in daemons:
        until(lambda one=daemon: len(one.told("run ended")) + len(one.told("skipped")) >= 50)
    assert Counter(run.account for run in house.runs()) == dict.fromkeys(house.accounts, 1)
    assert all(daemon.told("run ended") for daemon in daemons)
    assert [daemon.stop() for daemon in daemons] == [0, 0, 0]
    assert_each_ended_once(house)


def test_the_others_go_on_where_one_died(house: House) -> None:
    """Killed amid its steps: another settles what it left and makes the run, and no session is asked twice."""
    daemons = started(house, "3s")
    left = at_work(daemons[0])
    daemons[0].signal(signal.SIGKILL)
    until(lambda: everything_is_ended(house))
    broken_off, *_, last = (run.finished_at for run in house.runs() if run.account == left)
    assert (broken_off, last is None) == (None, False)
    assert [daemon.stop() for daemon in daemons[1:]] == [0, 0]
    assert_each_ended_once(house)


def test_one_that_hung_ends_nothing_that_is_not_its_own(house: House) -> None:
    """Stopped amid its steps until another did them, it says so when it wakes, asks nothing more, and works on."""
    daemons = started(house, "3s")
    left = at_work(daemons[0])
    daemons[0].signal(signal.SIGSTOP)
    until(lambda: everything_is_ended(house))
    before = len(daemons[0].told("run ended"))
    daemons[0].signal(signal.SIGCONT)
    until(lambda: "another reaper took the account over" in daemons[0].text())
    until(lambda: len(daemons[0].told("run ended")) > before)
    assert left in daemons[0].told("pass failed")[0]["error"]
    assert [daemon.stop() for daemon in daemons] == [0, 0, 0]
    assert_each_ended_once(house)


def test_the_others_go_on_where_one_lost_the_database(house: House, lonely: Lonely) -> None:
    """What it held goes to the others when its lease is over; it stays up, and shares the work again when it can."""
    file = house.write(interval="3s")
    one = house.daemon(house.write("lonely.yaml", interval="3s", database_url=lonely.url))
    others = [house.daemon(file) for _ in range(2)]
    at_work(one)
    lonely.cut()
    until(lambda: one.told("pass failed"))
    until(lambda: everything_is_ended(house))
    assert one.lives
    before = len(one.told("run ended"))
    lonely.mend()
    until(lambda: len(one.told("run ended")) > before)
    assert [daemon.stop() for daemon in (one, *others)] == [0, 0, 0]
    assert_each_ended_once(house)


def test_a_rolling_restart_breaks_no_run_off(house: House) -> None:
    """Each is told to stop amid its steps and replaced by another: every run comes to its end, and all is done."""
    replacements = []
    for daemon in started(house, "3s"):
        at_work(daemon)
        assert daemon.stop() == 0
        replacements.append(house.daemon(house.folder / "reaper.yaml"))
    until(lambda: everything_is_ended(house))
    assert [daemon.stop() for daemon in replacements] == [0, 0, 0]
    assert [run.account for run in house.runs() if run.finished_at is None] == []
    assert_each_ended_once(house)
