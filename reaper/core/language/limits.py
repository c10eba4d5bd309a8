"""Limits that abort: a plan over one of them ends nothing at all. They count; they never choose."""

from __future__ import annotations

from math import floor
from typing import Annotated

from pydantic import BeforeValidator, Field

from reaper.core.language.selector import SAID, Written

_SMALL_FLEET = 3
"""A percentage never allows fewer than this many, so that 20 % of 3 is not 0; a written 0
stays zero.
"""


def _whole(value: object) -> object:
    """A number as the environment has it, where all is text."""
    return int(value) if isinstance(value, str) and value.isdecimal() and value.isascii() else value


class Limit(Written):
    """A maximum number of sessions, and a maximum percentage of the running fleet; 0 means zero."""

    sessions: Annotated[int | None, SAID, BeforeValidator(_whole)] = Field(
        None,
        ge=0,
        strict=True,
        description="at most this many sessions; 0 means zero",
        examples=[3],
    )
    percent: Annotated[float | None, SAID] = Field(
        None, ge=0, le=100, description="of all running sessions of the account", examples=[5]
    )

    def exceeded(self, wanted: int, fleet: int) -> str | None:
        """Why `wanted` sessions of a running fleet are too many, in words; None when they
        are not.
        """
        if self.sessions is not None and wanted > self.sessions:
            sessions = "session" if wanted == 1 else "sessions"
            return f"{wanted} {sessions}, and at most {self.sessions} are allowed"
        if self.percent is not None and wanted > (allowed := _share(self.percent, fleet)):
            return (
                f"{wanted} of {fleet} running sessions, and at most {allowed} ({self.percent:g} "
                "%) are allowed"
            )
        return None


def _share(percent: float, fleet: int) -> int:
    return 0 if percent == 0 else max(floor(fleet * percent / 100), _SMALL_FLEET)


class Limits(Written):
    """How much may be ended of one account: by one run, by all runs within an hour, by each policy
    in a run.
    """

    run: Limit = Field(Limit(sessions=10, percent=20), description="by one run")
    hour: Limit = Field(
        Limit(sessions=30), description="within an hour by all policies, runs and replicas"
    )
    policy: Limit = Field(
        Limit(sessions=10, percent=20),
        description="by a policy in one run, unless the policy sets its own",
    )
    delete: Limit = Field(
        Limit(sessions=100), description="records deleted by one run; they count nowhere else"
    )
    fleet_change: float | None = Field(
        50,
        gt=0,
        description="percent; a run only observes when the fleet changed by more since the last complete look",
    )
