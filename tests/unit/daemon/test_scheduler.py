"""When each account is visited.

One pass at a time over each, several side by side, and what could not be is owed.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from support.counted import counted

from reaper import logs
from reaper.clock import SystemClock
from reaper.config.settings.schedule import Cron
from reaper.daemon import ScheduledRun, Scheduler
from reaper.daemon.status import DaemonStatus
from reaper.errors import Unreachable

HOUR = timedelta(hours=1)
BLINK = timedelta(seconds=0.05)
PATIENCE = 20.0


class Stage:
    """Rounds whose passes do what a test says."""

    def __init__(self, workers: int = 4) -> None:
        self.status = DaemonStatus(SystemClock())
        self.runs: list[ScheduledRun] = []
        self.open = True
        self.play: Callable[[ScheduledRun], datetime | None] = lambda _: None
        self.scheduler = Scheduler(
            self._run_account, lambda: self.open, self.status, SystemClock(), workers
        )
        self._changed = threading.Condition()
        self.scheduler.start()

    def _run_account(self, run: ScheduledRun) -> datetime | None:
        with self._changed:
            self.runs.append(run)
            self._changed.notify_all()
        return self.play(run)

    def until(self, fact: Callable[[], object]) -> None:
        """Wait until it is so; it is asked again with each visit, and now and then."""
        clock = SystemClock()
        latest = clock.monotonic() + PATIENCE
        with self._changed:
            while not fact():
                assert clock.monotonic() < latest, "it never came true"
                self._changed.wait(0.02)

    @property
    def idle(self) -> bool:
        """Whether no pass is under way, nor just being begun."""
        with self.scheduler._lock:
            return not self.scheduler._in_progress

    def count(self) -> Counter[str]:
        return Counter(run.account for run in self.runs)


@pytest.fixture
def stages() -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(workers: int = 4) -> Stage:
        made.append(Stage(workers))
        return made[-1]

    yield make
    for stage in made:
        stage.scheduler.close(PATIENCE)


Stages = Callable[..., Stage]


def test_each_account_is_run_again_and_again(stages: Stages) -> None:
    """At its own interval; health sees when the next one is due, and that the scheduler lives."""
    stage = stages()
    stage.scheduler.follow({"quick": BLINK, "slow": HOUR}, 0)
    stage.until(lambda: stage.count()["quick"] >= 3)
    assert stage.count()["slow"] == 1
    assert timedelta() < stage.status.next_at["slow"] - SystemClock().now() <= HOUR
    assert stage.status.beat_age < PATIENCE


def test_a_schedule_waits_for_its_time(stages: Stages) -> None:
    """Nothing at the start, unlike an interval."""
    stage, cron = stages(), Cron(cron="0 0 29 feb *")
    stage.scheduler.follow({"acme": BLINK, "nightly": cron}, 0)
    stage.until(lambda: stage.count()["acme"] >= 2)
    assert (stage.count()["nightly"], stage.status.next_at["nightly"].day) == (0, 29)


def test_no_two_passes_at_once_over_an_account(stages: Stages) -> None:
    """What comes due meanwhile is left out, and told as an overlap.

    The other accounts do not wait.
    """
    stage, go_on = stages(), threading.Event()

    def play(run: ScheduledRun) -> None:
        if run.account == "long":
            go_on.wait(PATIENCE)

    stage.play = play
    stage.scheduler.follow({"long": BLINK, "other": BLINK}, 0)
    late = "late_runs_total"
    stage.until(lambda: counted(stage.status, late).get(("long", "overlapped"), 0) >= 2)
    stage.until(lambda: stage.count()["other"] >= 3)
    assert stage.count()["long"] == 1
    go_on.set()
    stage.until(lambda: stage.count()["long"] >= 2)


def test_no_more_side_by_side_than_there_are_workers(stages: Stages) -> None:
    """Twenty accounts and three workers: three at a time, and everybody has a turn."""
    stage, both, most = stages(3), threading.Lock(), [0, 0]
    meeting = threading.Barrier(3)

    def play(_: ScheduledRun) -> None:
        with both:
            most[0] += 1
            most[1] = max(most)
        if len(stage.runs) <= 3:
            meeting.wait(PATIENCE)
        with both:
            most[0] -= 1

    stage.play = play
    accounts = [f"a{number}" for number in range(20)]
    stage.scheduler.follow(dict.fromkeys(accounts, HOUR), 0)
    stage.until(lambda: len(stage.count()) == 20 and most[0] == 0)
    assert (most[1], set(stage.count().values())) == (3, {1})


def test_what_is_due_while_nothing_can_be_recorded_is_deferred(stages: Stages) -> None:
    """No pass is made; afterwards one is, however many were due."""
    stage = stages()
    stage.open = False
    stage.scheduler.follow({"acme": HOUR, "globex": HOUR}, 0)
    stage.until(lambda: len(stage.scheduler._deferred) == 2)
    assert stage.runs == []
    stage.open = True
    stage.scheduler.run_deferred()
    stage.until(lambda: stage.count() == {"acme": 1, "globex": 1})
    stage.scheduler.run_deferred()
    assert stage.count() == {"acme": 1, "globex": 1}


def test_a_run_that_the_database_broke_off_is_deferred(stages: Stages) -> None:
    """It is made anew when the database is back."""
    stage = stages()

    def play(_: ScheduledRun) -> None:
        if len(stage.runs) == 1:
            stage.open = False
            raise OSError("gone")

    stage.play = play
    stage.scheduler.follow({"acme": HOUR}, 0)
    stage.until(lambda: stage.scheduler._deferred)
    stage.open = True
    stage.scheduler.run_deferred()
    stage.until(lambda: len(stage.runs) == 2)


def test_an_account_that_another_held_is_run_when_that_may_have_died(stages: Stages) -> None:
    """Not only at its next time: the lease of the other tells when."""
    stage = stages()
    stage.play = lambda _: SystemClock().now() + BLINK if len(stage.runs) == 1 else None
    stage.scheduler.follow({"acme": HOUR}, 0)
    stage.until(lambda: len(stage.runs) == 2)


def test_an_account_that_failed_is_tried_again_before_its_time(stages: Stages) -> None:
    """Within a minute; where it is due sooner anyway nothing is added."""
    stage = stages()

    def play(_: ScheduledRun) -> None:
        raise Unreachable("no answer")

    stage.play = play
    stage.scheduler.follow({"acme": HOUR, "soon": timedelta(seconds=20)}, 0)
    scheduler = stage.scheduler._scheduler
    stage.until(lambda: scheduler.get_job("again acme") and stage.idle)
    again = scheduler.get_job("again acme").next_run_time - SystemClock().now()
    assert timedelta(seconds=25) < again <= timedelta(seconds=60)
    assert (scheduler.get_job("again soon"), stage.count()) == (None, {"acme": 1, "soon": 1})


def test_a_run_far_too_late_only_observes(stages: Stages) -> None:
    """The machine slept: what was due two hours ago is made at once, and only observes.

    One in time has no doubt.
    """
    stage = stages()
    stage.scheduler.follow({"acme": HOUR}, 0)
    stage.until(lambda: stage.runs and stage.idle)
    stage.scheduler._submit("acme", SystemClock().now() - 2 * HOUR)
    stage.until(lambda: len(stage.runs) == 2 and stage.idle)
    assert [bool(run.extra_doubts) for run in stage.runs] == [
        False,
        True,
    ]
    assert stage.runs[1].extra_doubts[0].startswith("this run was due 2h ago")
    assert counted(stage.status, "late_runs_total") == {("acme", "missed"): 1}


def test_other_accounts_and_other_times(stages: Stages) -> None:
    """Who is new begins, who is gone is left alone, who has another interval goes by it, and the
    rest goes on.
    """
    stage = stages()
    stage.scheduler.follow({"gone": BLINK, "stays": HOUR, "changes": HOUR}, 0)
    stage.until(lambda: len(stage.count()) == 3)
    stage.scheduler.follow({"stays": HOUR, "changes": BLINK, "new": HOUR}, 0)
    before = stage.count()["gone"]
    stage.until(lambda: stage.count()["changes"] >= 4 and stage.count()["new"] == 1)
    assert (stage.count()["stays"], stage.count()["gone"] <= before + 1) == (1, True)


def test_a_stop_waits_for_what_is_under_way_and_begins_nothing(stages: Stages) -> None:
    """What takes longer than it may is named; what had not begun is dropped."""
    stage, go_on = stages(1), threading.Event()

    def play(_: ScheduledRun) -> None:
        go_on.wait(PATIENCE)

    stage.play = play
    stage.scheduler.follow({"first": HOUR, "second": HOUR}, 0)
    stage.until(lambda: len(stage.scheduler._in_progress) == 2 and stage.runs)
    begun = stage.runs[0].account
    assert stage.scheduler.close(0.05) == {begun}
    go_on.set()
    assert stage.scheduler.close(PATIENCE) == set()
    assert len(stage.runs) == 1


def test_the_first_passes_are_spread(stages: Stages) -> None:
    """Within the splay, and not all at once."""
    stage = stages()
    before = SystemClock().now()
    stage.scheduler.follow({f"a{number}": HOUR for number in range(50)}, 3600)
    after = [(at - before).total_seconds() for at in stage.status.next_at.values()]
    assert max(after) - min(after) > 600
    assert max(after) <= 3601


def test_nightly_maintenance_runs(stages: Stages) -> None:
    """By a worker, at its time."""
    stage, done = stages(), threading.Event()
    stage.scheduler.nightly(done.set, Cron(cron="0 3 * * *"))
    job = stage.scheduler._scheduler.get_job("nightly")
    assert (job.next_run_time.hour, job.next_run_time.minute) == (3, 0)
    job.modify(next_run_time=SystemClock().now())
    assert done.wait(PATIENCE)


def test_a_clock_that_was_set_back_holds_nobody_up(stages: Stages) -> None:
    """What was to come at a moment that is far away by the new time comes within the interval."""
    stage = stages()
    stage.scheduler.follow({"acme": HOUR}, 0)
    stage.until(lambda: stage.runs)
    job = stage.scheduler._scheduler.get_job("account acme")
    job.modify(next_run_time=SystemClock().now() + 10 * HOUR)
    stage.scheduler.realign()
    again = stage.scheduler._scheduler.get_job("account acme").next_run_time
    assert timedelta() < again - SystemClock().now() <= HOUR


def test_maintenance_that_fails_is_logged(
    stages: Stages, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the log, for nobody waits for it; and it is done again the next time."""
    stage, times = stages(), [0]

    def is_done(wanted: int) -> bool:
        run = stage.scheduler._maintenance_run
        return times[0] == wanted and run is not None and run.done()

    def maintenance() -> None:
        times[0] += 1
        raise ValueError("no idea")

    with logs.writing("info", "json"):
        for wanted in (1, 2):
            stage.scheduler.nightly(maintenance, Cron(cron="0 3 * * *"))
            stage.scheduler._scheduler.get_job("nightly").modify(next_run_time=SystemClock().now())
            stage.until(partial(is_done, wanted))
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["event"], one["error"]) for one in told] == [("scheduler failed", "no idea")] * 2
