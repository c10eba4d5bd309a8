"""`kill -9` at every point between two writes, and what a restart makes of it."""

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
from support.crash_tools import OFFENDERS, Stage, assert_intended, assert_sound, named, steps_of

SetUp = Callable[..., Stage]
EVERYONE = {str(spec["id"]) for spec in OFFENDERS}
TASKS = {named(3), named(4)}
INTENT, REQUEST, SETTLED = ("commit", "send", "commit")
STEP = (INTENT, REQUEST, SETTLED)
PLANNED = "after:commit:2"
FINISHED = "after:commit:17"


def crossings(*whats: str) -> list[str]:
    """Each crossed before and after, counted by what it is."""
    names = [(what, whats[: place + 1].count(what)) for place, what in enumerate(whats)]
    return [f"{when}:{what}:{number}" for what, number in names for when in ("before", "after")]


# the lease, the plan, a step for each offender, the late ends of both tasks, the end of the run,
# the lease given back
POINTS = crossings(
    "commit", "commit", *STEP * len(EVERYONE), "commit", "commit", "commit", "commit"
)
# the worst places: between the plan and the first intent, between the intent and the request, and
# after the request
FIRST = ["after:commit:2", "after:commit:3", "after:send:1", "before:commit:4", "after:send:3"]
SERVED = ["after:send:3"]
SERVED_REST = [point for point in POINTS if point not in SERVED]
REST = [point for point in POINTS if point not in FIRST]


def killed_at(point: str, stage: Stage) -> None:
    """No task is seen to end before: what is crossed does not depend on how fast anything is."""
    stage.account.world.force_lag = timedelta(hours=1)
    running = stage.start("run", "--enforce", point=point, lease="2s", confirm_within="1s")
    assert running.wait().code == -signal.SIGKILL
    assert running.crossings() == POINTS[: POINTS.index(point) + 1]


def check(point: str, stage: Stage) -> None:
    """Kill it there, then run as ever.

    Nothing was done without its record, nothing twice, and nothing is forgotten.
    """
    killed_at(point, stage)
    assert_intended(stage)
    ended_before = set(stage.ended())
    stage.scheduler_notices()
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)
    broke_off = POINTS.index(PLANNED) <= POINTS.index(point) < POINTS.index(FINISHED)
    runs = stage.runs()
    assert [run.id for run in runs if run.finished_at is None] == ([1] if broke_off else [])
    if broke_off:
        assert stage("runs").out.count("broke off") == 1
        assert (runs[0].enforcing, sum(runs[0].outcomes.values())) == (True, len(EVERYONE))
        assert_told(stage, ended_before)


def assert_told(stage: Stage, ended_before: set[str]) -> None:
    """Of the run that broke off.

    What it ended is told as ended, what it did not as planned or failed.
    """
    for (run, session), events in steps_of(stage.history()).items():
        if run == 1:
            expected = (
                {"terminated", "already-gone"} if session in ended_before else {"planned", "failed"}
            )
            assert events[-1] in expected, (session, events)


def test_the_points_are_all_there_are(set_up: SetUp, sqlite_url: str) -> None:
    """An enforcing run commits and asks in just the places at which it is killed below."""
    stage = set_up(sqlite_url, force_lag=3600)
    running = stage.start("run", "--enforce", confirm_within="1s")
    assert running.wait().code == 1  # the tasks are not seen to end
    assert running.crossings() == POINTS
    assert len(POINTS) == 48
    stage.scheduler_notices()
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)


@pytest.mark.parametrize("point", FIRST)
def test_killed(set_up: SetUp, sqlite_url: str, point: str) -> None:
    """After kill -9 and a restart each offender was ended once, upon its committed intent, and the
    history is whole.
    """
    check(point, set_up(sqlite_url))


@pytest.mark.slow
@pytest.mark.parametrize("point", REST)
def test_killed_anywhere_else(set_up: SetUp, sqlite_url: str, point: str) -> None:
    """The same holds at all other points of the run."""
    check(point, set_up(sqlite_url))


@pytest.mark.parametrize("point", SERVED)
def test_killed_beside_postgresql(set_up: SetUp, postgresql_url: str, point: str) -> None:
    """The same holds where the history is kept by PostgreSQL."""
    check(point, set_up(postgresql_url))


@pytest.mark.slow
@pytest.mark.parametrize("point", SERVED_REST)
def test_killed_elsewhere_beside_postgresql(set_up: SetUp, postgresql_url: str, point: str) -> None:
    """The same holds there at all other points of the run."""
    check(point, set_up(postgresql_url))


@pytest.mark.slow
@pytest.mark.parametrize("generation", [1, 2])
def test_a_forced_task_that_still_seems_to_run(
    set_up: SetUp, sqlite_url: str, generation: int
) -> None:
    """A task asked to end just before the kill, and still listed as running, is waited for and not
    asked again.
    """
    offenders = [spec for spec in OFFENDERS if spec["id"] in TASKS]
    stage = set_up(sqlite_url, *offenders, generation=generation, force_lag=3600)
    assert stage("run", "--enforce", point="after:send:1", lease="2s").code == -signal.SIGKILL
    stage.wait_for_the_lease()
    done = stage("run", "--enforce", "-o", "json", confirm_within="1s")
    (report,) = done.json["runs"]
    assert (done.code, [one["session"] for one in report["waiting"]]) == (1, [named(3)])
    assert {step["session"]: step["outcome"] for step in report["steps"]} == {
        named(4): "unconfirmed"
    }
    stage.scheduler_notices()
    assert {one["session"]: one["outcome"] for one in stage.enforce()["settled"]} == {
        named(3): "already-gone",
        named(4): "terminated",
    }
    assert_sound(stage, TASKS)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["before:send:1", "after:send:1"])
def test_killed_again_and_again(set_up: SetUp, sqlite_url: str, point: str) -> None:
    """A reaper that dies at the same place of every run still ends nothing twice, and the first
    whole run clears up.
    """
    stage = set_up(sqlite_url)
    for _ in range(3):
        stage("run", "--enforce", point=point, lease="2s")
        assert_intended(stage)
        stage.wait_for_the_lease()
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)
