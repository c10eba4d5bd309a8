"""Passes again and again, by APScheduler, until a signal asks to stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from threading import Event
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from reaper.ports import Clock

Say = Callable[[str], None]


def run_forever(pass_once: Callable[[], None], *, interval: float, stop: Event, clock: Clock, say: Say) -> None:
    """Call `pass_once` now and then every `interval` seconds until `stop` is set; a pass under way is finished.

    A pass that is late is run all the same, and never twice at a time. An error in a pass is said, and the next one
    is tried.
    """
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_listener(
        lambda event: say(_told(event)), EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
    )
    scheduler.add_job(
        pass_once,
        IntervalTrigger(seconds=int(interval), timezone=UTC),
        next_run_time=clock.now(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def _told(event: JobEvent) -> str:
    error: Any = getattr(event, "exception", None)
    if error is not None:
        return f"a pass failed: {error}"
    return "a pass was missed or still under way when the next one was due"
