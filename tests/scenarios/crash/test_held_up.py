"""A reaper that is held up for longer than its lease, and reapers that are told to stop."""

import signal
from collections.abc import Callable
from typing import Any

import pytest
from support.crash_tools import OFFENDERS, Stage, assert_sound, named, steps_of, wait_until

pytestmark = pytest.mark.slow

SetUp = Callable[..., Stage]


def slowly(*values: object) -> Any:  # noqa: ANN401 - pytest's ParameterSet
    """An example for the slow tests."""
    return pytest.param(*values, marks=pytest.mark.slow)


EVERYONE = {str(spec["id"]) for spec in OFFENDERS}
INTENDED = "after:commit:3"
LATE = ["after:commit:1", "after:commit:7", "after:commit:12"]
TAKEN_OVER = (
    "reaper: acme: another reaper took the account over; nothing more is ended by this one\n"
)


@pytest.mark.parametrize(
    "point", ["after:commit:2", INTENDED, "after:commit:4", *map(slowly, LATE)]
)
def test_a_revived_reaper_ends_nothing(set_up: SetUp, sqlite_url: str, point: str) -> None:
    """Stopped until its lease ran out and another did the work, it asks nothing any more and says
    why in one line.
    """
    revive(set_up(sqlite_url), point)


def test_a_revived_reaper_ends_nothing_beside_postgresql(
    set_up: SetUp, postgresql_url: str
) -> None:
    """The same holds where the lease is kept by PostgreSQL."""
    revive(set_up(postgresql_url), INTENDED)


def revive(stage: Stage, point: str) -> None:
    held_up = stage.start("run", "--enforce", point=point, number=signal.SIGSTOP, lease="2s")
    held_up.wait_until_stopped()
    stage.enforce_until_quiet()
    asked = stage.asked()
    held_up.signal(signal.SIGCONT)
    done = held_up.wait()
    assert (done.code, done.err, done.out) == (4, TAKEN_OVER, "")
    assert stage.asked() == asked
    assert_sound(stage, EVERYONE)


def test_revived_while_another_is_at_work(set_up: SetUp, sqlite_url: str) -> None:
    """Two that both believe they hold the account never both ask.

    The one whose lease ran out leaves.
    """
    stage = set_up(sqlite_url, latency=0.02)
    held_up = stage.start("run", "--enforce", point=INTENDED, number=signal.SIGSTOP, lease="2s")
    held_up.wait_until_stopped()
    stage.wait_for_the_lease()
    other = stage.start("run", "--enforce")
    wait_until(lambda: len(stage.ended()) >= 2)
    held_up.signal(signal.SIGCONT)
    done = held_up.wait()
    assert (done.code, done.err, other.wait().code) == (4, TAKEN_OVER, 0)
    assert_sound(stage, EVERYONE)


def test_held_up_while_nobody_took_over(set_up: SetUp, sqlite_url: str) -> None:
    """One that wakes up to find its lease run out but the account still its own leaves that step
    and goes on.
    """
    stage = set_up(sqlite_url)
    held_up = stage.start("run", "--enforce", point=INTENDED, number=signal.SIGSTOP, lease="2s")
    held_up.wait_until_stopped()
    stage.sleep(2.2)
    held_up.signal(signal.SIGCONT)
    assert held_up.wait().code == 0
    assert steps_of(stage.history())[1, named(1)] == ["intended", "withheld"]
    assert set(stage.ended()) == EVERYONE - {named(1)}
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)


def test_what_a_revived_reaper_did_not_ask_hides_nothing(set_up: SetUp, sqlite_url: str) -> None:
    """What the one held up says of its own step does not undo what the other asked meanwhile."""
    stage = set_up(sqlite_url, OFFENDERS[2], force_lag=3600)
    held_up = stage.start("run", "--enforce", point=INTENDED, number=signal.SIGSTOP, lease="2s")
    held_up.wait_until_stopped()
    stage.wait_for_the_lease()
    assert stage("run", "--enforce", confirm_within="1s").code == 1
    held_up.signal(signal.SIGCONT)
    assert held_up.wait().err == TAKEN_OVER
    report = stage.enforce()
    assert (report["steps"], [one["session"] for one in report["waiting"]]) == ([], [named(3)])
    assert stage.asked() == {named(3): 1}


@pytest.mark.slow
@pytest.mark.parametrize("point", ["before:send:1", "before:send:5"])
def test_held_up_after_the_last_check(set_up: SetUp, sqlite_url: str, point: str) -> None:
    """Stopped between its last look at the lease and the request, it asks that once more.

    No session ends twice.
    """
    stage = set_up(sqlite_url)
    held_up = stage.start("run", "--enforce", point=point, number=signal.SIGSTOP, lease="2s")
    held_up.wait_until_stopped()
    stage.enforce_until_quiet()
    held_up.signal(signal.SIGCONT)
    assert held_up.wait().err == TAKEN_OVER
    assert sorted(stage.ended()) == sorted(EVERYONE)
    assert sum(stage.asked().values()) == len(EVERYONE) + 1
    refused = [record.status for record in stage.account.requests if record.method != "GET"][-1]
    assert refused == 409


@pytest.mark.slow
def test_stopped_amid_a_transaction(set_up: SetUp, url: str) -> None:
    """While one is stopped amid a transaction the others say that the database is held, and end
    nothing.
    """
    stage = set_up(url)
    held_up = stage.start(
        "run", "--enforce", point="before:commit:3", number=signal.SIGSTOP, lease="2s"
    )
    held_up.wait_until_stopped()
    done = stage("run", "--enforce")
    assert (done.code, len(done.err.splitlines()), "another program has locked it" in done.err) == (
        4,
        1,
        True,
    )
    assert stage.asked() == {}
    held_up.signal(signal.SIGCONT)
    assert held_up.wait().code == 0
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)


@pytest.mark.slow
def test_stopped_amid_a_transaction_of_postgresql(set_up: SetUp, postgresql_url: str) -> None:
    """The server takes its lock away after a while.

    The others go on, and the one that wakes ends nothing.
    """
    stage = set_up(postgresql_url)
    held_up = stage.start(
        "run", "--enforce", point="before:commit:3", number=signal.SIGSTOP, lease="2s", timeout="1s"
    )
    held_up.wait_until_stopped()
    wait_until(lambda: stage("run", "--enforce").code == 0 and stage.ended())
    stage.enforce_until_quiet()
    asked = stage.asked()
    held_up.signal(signal.SIGCONT)
    done = held_up.wait()
    assert (done.code, len(done.err.splitlines()), "this reaper was delayed" in done.err) == (
        4,
        1,
        True,
    )
    assert stage.asked() == asked
    assert_sound(stage, EVERYONE)


@pytest.mark.parametrize(
    ("number", "paced"),
    [(signal.SIGTERM, False), (signal.SIGINT, True), slowly(signal.SIGTERM, True)],
)
def test_told_to_stop(
    set_up: SetUp, sqlite_url: str, number: signal.Signals, *, paced: bool
) -> None:
    """SIGTERM and Ctrl-C let the step under way be settled.

    The rest stays planned, and the exit code is 0.
    """
    stage = set_up(sqlite_url, latency=0.05)
    running = stage.start("run", "--enforce", hurried=False, per_minute="30" if paced else "6000")
    wait_until(lambda: len(stage.ended()) >= (1 if paced else 2))
    running.signal(number)
    done = running.wait()
    assert (done.code, done.err) == (0, "")
    ended = set(stage.ended())
    assert 0 < len(ended) < len(EVERYONE)
    (run,) = stage.runs()
    assert run.finished_at is not None
    told = steps_of(stage.history())
    assert {
        session for (_, session), events in told.items() if events == ["intended", "terminated"]
    } == ended
    assert {
        session for (_, session), events in told.items() if events == ["planned"]
    } == EVERYONE - ended
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)
