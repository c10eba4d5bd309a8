"""Passes again and again, by APScheduler, until a signal asks to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from reaper.core.duration import spoken
from reaper.ports import Clock

Say = Callable[[str], None]
BEAT = 10.0
"""Seconds between two signs of life of the scheduler."""

_GRACE = 60.0  # seconds of delay that mean nothing, however short the interval


def run_forever(
    pass_once: Callable[[Sequence[str]], None],
    *,
    interval: float,
    stop: Event,
    clock: Clock,
    say: Say,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Call `pass_once` now and then every `interval` seconds until `stop` is set; a pass under way is finished.

    A pass that is far too late is run all the same, and told so; never two at a time. An error in a pass is said,
    and the next one is tried. `beat` is called every `BEAT` seconds, also while a pass is under way.
    """
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_listener(
        lambda event: say(_told(event)), EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
    )
    punctual = _Punctuality(clock, interval)
    scheduler.add_job(
        lambda: pass_once(punctual.misgivings()),
        IntervalTrigger(seconds=int(interval), timezone=UTC),
        next_run_time=clock.now(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.add_job(beat, IntervalTrigger(seconds=int(BEAT), timezone=UTC), coalesce=True, misfire_grace_time=None)
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


class _Punctuality:
    """Notices when a pass begins so late that the machine must have slept, or been held up."""

    def __init__(self, clock: Clock, interval: float) -> None:
        self._clock = clock
        self._interval = interval
        self._last: datetime | None = None

    def misgivings(self) -> list[str]:
        now, last = self._clock.now(), self._last
        self._last = now
        if last is None or (now - last).total_seconds() <= self._interval + max(self._interval, _GRACE):
            return []
        since = spoken((now - last).total_seconds())
        return [
            f"the last pass began {since} ago, though one is due every {spoken(self._interval)}: held up, or asleep"
        ]


def _told(event: JobEvent) -> str:
    error: Any = getattr(event, "exception", None)
    if error is not None:
        return f"a pass failed: {error}"
    return "a pass was missed or still under way when the next one was due"
