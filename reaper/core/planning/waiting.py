"""What an offender is left alone for.

It was not one for long enough, or its policy's window is closed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from reaper.core.language.after import LEAST_LOOKS, After
from reaper.core.language.hours import OnlyDuring
from reaper.core.model.duration import spoken
from reaper.core.planning.memory import Streak


class Wait(NamedTuple):
    """What is waited for, in words, and when that is over; None where nobody can tell."""

    reason: str
    due: datetime | None = None


def missing(
    after: After, streak: Streak | None, now: datetime, within: timedelta = timedelta(0)
) -> Wait | None:
    """What is still missing to a session that is an offender now; None when nothing is.

    Looks follow one another `within` that time. Of a shorter time two of them may have seen nothing
    at all.
    """
    looks = 1 + (streak.looks if streak else 0)
    wanted = after.observations or 1
    if after.for_ is not None and after.for_.delta < within:
        wanted = max(wanted, LEAST_LOOKS)
    if looks < wanted:
        return Wait(f"an offender in {looks} of {wanted} consecutive runs")
    since = streak.since if streak else now
    if after.for_ is not None and now - since < after.for_.delta:
        lasted = spoken((now - since).total_seconds())
        return Wait(f"an offender for {lasted} of {after.for_}", since + after.for_.delta)
    return None


def wait_of(
    after: After | None,
    hours: OnlyDuring | None,
    streak: Streak | None,
    now: datetime,
    within: timedelta = timedelta(0),
) -> Wait | None:
    """What an offender still waits for; None when its time has come."""
    wait = missing(after, streak, now, within) if after else None
    if hours is None:
        return wait and (_due(wait, f"{wait.due:%Y-%m-%d %H:%M} UTC") if wait.due else wait)
    if wait is None and hours.is_open(now):
        return None
    ready = wait.due if wait else now
    opens = hours.opens_after(ready or now)
    reasons = [wait.reason] if wait else []
    if not hours.is_open(now):
        reasons.append(f"outside its window ({hours})")
        reasons += [f"it opens {hours.shown(opens)}"] if opens and not ready else []
    result = Wait("; ".join(reasons), opens if ready else None)
    return _due(result, hours.shown(result.due)) if result.due else result


def _due(wait: Wait, shown: str) -> Wait:
    return Wait(f"{wait.reason}; due {shown}", wait.due)
