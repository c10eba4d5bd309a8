"""What an offender is left alone for: it was not one for long enough, or its policy's window is closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from reaper.core.duration import Duration, spoken
from reaper.core.hours import OnlyDuring
from reaper.core.memory import Streak
from reaper.core.selector import SAID, Written, problem

LEAST_LOOKS = 3
"""So many looks on end show that something lasts: two are two moments."""


class Wait(NamedTuple):
    """What is waited for, in words, and when that is over; None where nobody can tell."""

    reason: str
    due: datetime | None = None


class After(Written):
    """How long a session must have been an offender, in every complete look, before it is ended."""

    observations: Annotated[int | None, SAID] = Field(
        None, ge=1, strict=True, description="in so many complete runs on end"
    )
    for_: Annotated[Duration | None, SAID] = Field(None, alias="for", description="for so long")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.observations is None and self.for_ is None:
            raise problem("after", "say how many runs or how long: {observations: 3} or {for: 15m}")
        return self

    def missing(self, streak: Streak | None, now: datetime, within: timedelta = timedelta(0)) -> Wait | None:
        """What is still missing to a session that is an offender now; None when nothing is.

        Looks follow one another `within` that time. Of a shorter time two of them may have seen nothing at all.
        """
        looks = 1 + (streak.looks if streak else 0)
        wanted = self.observations or 1
        if self.for_ is not None and self.for_.delta < within:
            wanted = max(wanted, LEAST_LOOKS)
        if looks < wanted:
            return Wait(f"an offender in {looks} of {wanted} runs on end")
        since = streak.since if streak else now
        if self.for_ is not None and now - since < self.for_.delta:
            lasted = spoken((now - since).total_seconds())
            return Wait(f"an offender for {lasted} of {self.for_}", since + self.for_.delta)
        return None


def wait_of(
    after: After | None,
    hours: OnlyDuring | None,
    streak: Streak | None,
    now: datetime,
    within: timedelta = timedelta(0),
) -> Wait | None:
    """What an offender still waits for; None when its time has come."""
    wait = after.missing(streak, now, within) if after else None
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
    told = Wait("; ".join(reasons), opens if ready else None)
    return _due(told, hours.shown(told.due)) if told.due else told


def _due(wait: Wait, shown: str) -> Wait:
    return Wait(f"{wait.reason}; due {shown}", wait.due)
