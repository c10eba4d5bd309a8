"""Three daemons on one PostgreSQL share fifty accounts, and two do the work of one that is gone."""

from __future__ import annotations

import re
import signal
from collections import Counter
from functools import partial

import pytest
from support.replica_roles import Lonely
from support.unattended import Daemon, House, until

pytestmark = pytest.mark.slow


def started(house: House, **more: str) -> list[Daemon]:
    """Three at once, which come again by themselves after an hour, and sooner only where there is a
    reason to.
    """
    file = house.write(interval="1h", **more)
    return [house.daemon(file) for _ in range(3)]


def assert_each_ended_once(house: House) -> None:
    """Every session that was to go was asked to end once, and is gone.

    No other was asked anything.
    """
    for name in house.accounts:
        assert (len(set(house.ended(name))), len(house.ended(name)), len(house.asked(name))) == (
            2,
            2,
            2,
        ), name


def everything_is_ended(house: House) -> bool:
    return all(len(house.ended(name)) == 2 for name in house.accounts)


def at_work(daemon: Daemon) -> None:
    """Return once it is amid ending sessions."""
    until(lambda: daemon.told("step settled"))


def broken_off(house: House) -> list[str]:
    """The accounts of the runs that never came to their end."""
    return [run.account for run in house.runs() if run.finished_at is None]


def has_answered(daemon: Daemon) -> bool:
    return len(daemon.told("run ended")) + len(daemon.told("skipped")) >= 50


def test_each_run_is_made_once(house: House) -> None:
    """Every account gets one run, from whichever daemon came first, and they share the work."""
    daemons = started(house, lease="30s")  # however busy the machine, nobody is held up for so long
    for daemon in daemons:
        until(partial(has_answered, daemon))
    until(lambda: everything_is_ended(house))
    assert [daemon.stop() for daemon in daemons] == [0, 0, 0]
    assert Counter(run.account for run in house.runs()) == dict.fromkeys(house.accounts, 1)
    assert sum(bool(daemon.told("run ended")) for daemon in daemons) > 1
    assert_each_ended_once(house)


def test_the_others_go_on_where_one_died(house: House) -> None:
    """Killed amid its steps.

    Another settles what it left and makes its runs once its leases are over.
    """
    daemons = started(house)
    at_work(daemons[0])
    daemons[0].signal(signal.SIGKILL)
    until(lambda: everything_is_ended(house))
    left = broken_off(house)
    assert left
    assert [daemon.stop() for daemon in daemons[1:]] == [0, 0]
    assert set(left) <= {run.account for run in house.runs() if run.finished_at is not None}
    assert_each_ended_once(house)


def test_one_that_hung_ends_nothing_that_is_not_its_own(house: House) -> None:
    """Stopped amid its steps until others did them, it says so when it wakes, and asks nothing
    more.
    """
    daemons = started(house)
    at_work(daemons[0])
    daemons[0].signal(signal.SIGSTOP)
    until(lambda: everything_is_ended(house), within=80)
    daemons[0].signal(signal.SIGCONT)
    until(lambda: daemons[0].told("pass failed"))
    known = "took the account over|reaper was delayed|server closed the connection|lock timeout"
    assert re.search(known, daemons[0].text())
    assert [daemon.stop() for daemon in daemons] == [0, 0, 0]
    assert_each_ended_once(house)


def test_the_others_go_on_where_one_lost_the_database(house: House, lonely: Lonely) -> None:
    """What it held goes to the others when its leases are over.

    It stays up, and is back when the database is.
    """
    one = house.daemon(house.write("lonely.yaml", interval="1h", database_url=lonely.url))
    others = [house.daemon(house.write(interval="1h")) for _ in range(2)]
    at_work(one)
    lonely.cut()
    until(lambda: one.told("database lost"))
    until(lambda: everything_is_ended(house))
    assert one.lives
    lonely.mend()
    until(lambda: one.told("database back"))
    assert [daemon.stop() for daemon in (one, *others)] == [0, 0, 0]
    assert_each_ended_once(house)


def test_a_rolling_restart_breaks_no_run_off(house: House) -> None:
    """Each is told to stop amid its steps and replaced by another.

    Every run comes to its end, and all is done.
    """
    replacements = []
    for daemon in started(house):
        at_work(daemon)
        assert daemon.stop() == 0
        replacements.append(house.daemon(house.folder / "reaper.yaml"))
    until(lambda: everything_is_ended(house))
    assert [daemon.stop() for daemon in replacements] == [0, 0, 0]
    assert broken_off(house) == []
    assert_each_ended_once(house)
