"""When passes are due: every so often, or by a cron line in a zone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Protocol, Self

from pydantic import AfterValidator, Field, model_validator

from reaper.config.settings.problems import Strict, wrong
from reaper.core.language.zone import zone_of
from reaper.core.model.duration import Duration

_GRACE = timedelta(minutes=1)  # of delay that means nothing, however short the interval
_SKEW = timedelta(
    seconds=20
)  # by which clocks of replicas may differ; less than the minute of the densest cron line
# the part of the interval within which another replica's run serves; the rest is for uneven passes
_TURN = 0.5
_CRON_PATIENCE = timedelta(hours=1)
_SOME = 20  # moments that are enough to know the rhythm of a schedule
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Schedule(Protocol):
    """When passes over an account are due. All moments are in UTC."""

    @property
    def patience(self) -> timedelta:
        """A pass that begins later than this after it was due was held up, or the machine slept.

        It only observes.
        """

    def next_after(self, moment: datetime) -> datetime:
        """The first moment after this one at which a pass is due."""

    def turn(self, late: timedelta) -> timedelta:
        """How long ago another replica's run may have begun that serves in the place of one due
        `late` ago.
        """


@dataclass(frozen=True)
class Every:
    """At `first` and every interval before and after it.

    Also a clock that was set changes nothing.
    """

    interval: timedelta
    first: datetime

    @property
    def patience(self) -> timedelta:
        return max(self.interval, _GRACE)

    def next_after(self, moment: datetime) -> datetime:
        return self.first + (math.floor((moment - self.first) / self.interval) + 1) * self.interval

    # every pass but the last serves as well
    def turn(self, late: timedelta) -> timedelta:  # noqa: ARG002
        return self.interval * _TURN


def _no_numbered_day(line: str) -> str:
    fields = line.split()
    if len(fields) != len(_FIELDS):
        raise wrong(
            f"'{line}' has {len(fields)} fields; a schedule has five: minute hour day month weekday"
        )
    if any(letter.isdigit() for letter in fields[-1]):
        raise wrong(
            f"'{fields[-1]}' names a day of the week by a number, and 1 is Monday to some "
            "programs and Tuesday to "
            "others; write names, like mon-fri or sat,sun"
        )
    return line


class Cron(Strict):
    """By a cron line: minute, hour, day of the month, month, and day of the week by name.

    All of them hold.

    Where clocks are set forward over a time, it comes when they have been. Where they are set back
    and a time comes twice, a line that names its hours takes the first; one for any hour goes on
    all along.
    """

    cron: Annotated[str, AfterValidator(_no_numbered_day)] = Field(
        description="minute, hour, day, month and weekday, like 0 7 * * mon-fri"
    )
    zone: Annotated[str, AfterValidator(lambda name: zone_of(name).key)] = Field(
        "UTC", description="the time zone, like Europe/Amsterdam"
    )

    @model_validator(mode="after")
    def _comes(self) -> Self:
        try:
            if self._trigger.get_next_fire_time(None, _SOME_DAY) is None:
                raise wrong(f"'{self.cron}' never occurs; no such month has that day")
        except ValueError as error:
            raise wrong(f"'{self.cron}' is not a valid schedule: {error}") from None
        return self

    @cached_property
    def _trigger(self) -> Any:  # noqa: ANN401 - the library has no types
        from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - most settings need none

        return CronTrigger(
            **dict(zip(_FIELDS, self.cron.split(), strict=True)), timezone=zone_of(self.zone)
        )

    @property
    def patience(self) -> timedelta:
        return _CRON_PATIENCE

    def next_after(self, moment: datetime) -> datetime:
        while True:
            later = moment.astimezone(UTC) + timedelta(microseconds=1)
            moment = self._trigger.get_next_fire_time(None, later)
            if not moment.fold or self.cron.split()[1].startswith("*"):
                return moment.astimezone(UTC)

    def longest_gap(self, moment: datetime) -> timedelta:
        """The longest time between two of the passes that are due next."""
        moments = [moment]
        while len(moments) < _SOME:
            moments.append(self.next_after(moments[-1]))
        return max(later - earlier for earlier, later in pairwise(moments))

    def turn(self, late: timedelta) -> timedelta:
        return late + _SKEW


class DaemonSettings(Strict):
    """How `reaper daemon` works."""

    workers: int = Field(8, ge=1, le=64, description="how many accounts are run at a time")
    splay: Duration | None = Field(
        Duration.parse("5s"),
        description="the first runs start at random times within this; null: all at once",
    )
    stop_within: Duration = Field(
        Duration.parse("30s"),
        description="how long to wait for a step in progress when the daemon is stopped",
    )
    prune: Cron = Field(
        Cron.model_construct(cron="17 3 * * *"),  # to check it would load the scheduler
        description="when records older than `keep` are deleted, by one of the replicas",
    )
