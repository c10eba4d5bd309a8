"""What a person may write in a case file.

A small fleet, a moment, and what is to become of each session.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from reaper.config.policy_tests.moment import Moment
from reaper.core.language.selector import Written, problem
from reaper.core.model.duration import Duration
from reaper.core.model.kinds import (
    COMPUTING,
    EVERY_KIND,
    OVER_STATES,
    USUAL_KIND,
    KindName,
    traits_of,
)

UNKNOWN = "unknown"
"""Stands for any field that the server did not send, or a log that could not be read."""

USUAL_MOMENT = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
"""When a case takes place that does not say: a Wednesday."""

TIMES = ("started", "idle", "ended", "alone", "unreachable")
"""The keys of a session that its age is at least as long as."""

UNSELECTED = "unselected"
Word = Literal["offender", "compliant", "exempt", "undetermined", "unselected"]


def _ago(value: object) -> object:
    try:
        return value if value == UNKNOWN else Duration.parse(value)
    except ValueError as error:
        raise problem("ago", f"{error} (or 'unknown')") from None


Ago = Annotated[Any, BeforeValidator(_ago, json_schema_input_type=Duration | Literal["unknown"])]
"""A Duration back from the moment of the case, or `unknown`."""


def _used(value: object) -> object:
    if value == UNKNOWN or (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf
    ):
        return value
    raise problem(
        "gb_hours",
        f"'{value}' is not a valid amount; write GB times hours, like 50 or 0.5, or 'unknown'",
    )


def _owner(value: str) -> str:
    user, _, environment = value.partition("@")
    if value != UNKNOWN and not (user and environment):
        raise problem(
            "owner",
            f"'{value}' is not a valid owner; write user@environment, like anna@Planning, or 'unknown'",
        )
    return value


class GivenSession(Written):
    """A session of a case's fleet.

    What is not said is that of a browser session which is in use.
    """

    id: str = Field(min_length=1, description="what the case calls it", examples=["a", "forgotten"])
    count: int = Field(
        1,
        ge=1,
        le=1000,
        strict=True,
        description="how many of these there are: a-1, a-2 and so on, which the case calls a",
        examples=[50],
    )
    kind: KindName = Field(USUAL_KIND, description=EVERY_KIND)
    owner: Annotated[str, AfterValidator(_owner)] = Field(
        "anna@Planning", description="user@environment, or unknown"
    )
    state: str | None = Field(
        None,
        min_length=1,
        description="running, unless `ended` is said",
        examples=["running", "queued", "solving"],
    )
    app: str = Field("Planner", min_length=1, description="the application's name, or unknown")
    app_version: str = Field(
        "1.0", min_length=1, description="the application's version, or unknown"
    )
    name: str = Field("", description="the session's name, or unknown")
    description: str = Field("", description="the session's description, or unknown")
    age: Ago = Field(
        None, description="how long ago it was created: 1h, or the longest of the times below"
    )
    started: Ago = Field(
        None, description="how long ago it began to run: as its age, unless it waits"
    )
    idle: Ago = Field(None, description="how long ago something happened in it: just now")
    ended: Ago = Field(None, description="how long ago it ended")
    gb_hours: Annotated[
        Any, BeforeValidator(_used, json_schema_input_type=float | Literal["unknown"])
    ] = Field(
        0.0,
        description="how much it has used so far, in GB times hours: nothing; or unknown",
        examples=[12.5],
    )
    alone: Duration | None = Field(
        None,
        description="since when every run has seen its owner without another session: this one is the first",
    )
    unreachable: Duration | None = Field(
        None, description="since when its log has answered no run, in place of `idle`"
    )
    offender_runs: int = Field(
        0, ge=0, strict=True, description="in how many runs before this one it was an offender"
    )
    offender_for: Duration | None = Field(
        None, description="how long ago the first of these runs was"
    )

    @model_validator(mode="after")
    def _possible(self) -> GivenSession:
        for key in TIMES:
            value = getattr(self, key)
            if (
                isinstance(self.age, Duration)
                and isinstance(value, Duration)
                and value.seconds > self.age.seconds
            ):
                raise problem(
                    "age", f"'{key}: {value}' is longer ago than its age, {self.age}; make it older"
                )
        if self.alone is not None and self.kind not in COMPUTING:
            others = " or ".join(f"'kind: {kind}'" for kind in sorted(COMPUTING))
            raise problem(
                "alone",
                f"a {self.kind} session is never an orphan; 'alone' requires {others}",
            )
        if self.unreachable is not None and self.idle is not None:
            raise problem(
                "unreachable", "a log that does not answer tells no 'idle'; write one of the two"
            )
        if self.offender_for is not None and not self.offender_runs:
            raise problem(
                "runs",
                f"'offender_for: {self.offender_for}' requires 'offender_runs' of at least 1",
            )
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Of each of them."""
        if self.count == 1:
            return (self.id,)
        return tuple(f"{self.id}-{number}" for number in range(1, self.count + 1))

    @property
    def told_state(self) -> str | None:
        """The state as the session-manager would tell it, in lower case."""
        if self.state is not None:
            return self.state.lower()
        return traits_of(self.kind).over[0] if self.ended is not None else "running"

    @property
    def is_over(self) -> bool:
        return self.told_state in OVER_STATES


class Expected(Written):
    """What is to be said of a session.

    By one policy, or the gravest verdict of all that select it.
    """

    verdict: Word = Field(
        description="offender, compliant, exempt, undetermined, or unselected: no policy looks at it"
    )
    reason: str | None = Field(
        None,
        min_length=1,
        description="a part of the verdict's reason; * stands for any characters",
    )
    policy: str | None = Field(
        None, min_length=1, description="the policy that says so; any of them when left out"
    )


def _several(value: object) -> object:
    """A word, or one expectation, or a list of them."""
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(one, str | dict | Expected) for one in items):
        raise problem(
            "expect", "write a verdict, like offender, or {verdict: exempt, reason: operations}"
        )
    return [{"verdict": one} if isinstance(one, str) else one for one in items]


Expectation = Annotated[
    list[Expected],
    BeforeValidator(_several, json_schema_input_type=Word | Expected | list[Word | Expected]),
]


class ExpectedWait(Written):
    """An offender that is not ended now: when it becomes due, and what is waited for."""

    due: Moment | None = Field(
        None, description="when it becomes due", examples=["2026-03-29T19:00 Europe/Amsterdam"]
    )
    reason: str | None = Field(
        None, min_length=1, description="a part of what is waited for; * stands for any characters"
    )


def _wait(value: object) -> object:
    return {"reason": value} if isinstance(value, str) else value


Wait = Annotated[ExpectedWait, BeforeValidator(_wait, json_schema_input_type=str | ExpectedWait)]


class Case(Written):
    """A fleet at a moment, and what the policies are to say of it."""

    name: str = Field(min_length=1, description="one sentence: the fact that this case holds")
    at: Moment = Field(
        USUAL_MOMENT,
        description="when it takes place",
        examples=["2026-03-29T12:30 Europe/Amsterdam", "2026-03-29T12:30Z"],
    )
    fleet: list[GivenSession] = Field(min_length=1, description="the sessions of the account")
    expect: dict[str, Expectation] = Field({}, description="the verdict on each session, by its id")
    others: Word | None = Field(
        None, description="the verdict on every session that `expect` does not name"
    )
    ends: tuple[str, ...] | None = Field(
        None, description="exactly the sessions that an enforcing run would end"
    )
    waiting: dict[str, Wait] | None = Field(
        None,
        description="exactly the offenders of enforcing policies that are not ended yet, by id",
    )
    halted: str | None = Field(
        None, min_length=1, description="a part of why a limit halts the run"
    )

    def each(self) -> list[GivenSession]:
        """The sessions one by one."""
        return [one.model_copy(update={"id": id_}) for one in self.fleet for id_ in one.ids]

    def ids_of(self, name: str) -> tuple[str, ...]:
        """Whom the case means by this name: a session, or all of its kind in the fleet."""
        return next((one.ids for one in self.fleet if one.id == name), (name,))


class CaseDocument(Written):
    """A case file."""

    policies: str | None = Field(
        None,
        description="the policy file or folder to try, relative to this file; the folder above when left out",
    )
    mode: Literal["enforce"] | None = Field(
        None,
        description="enforce: try the policies as if each were in this mode, also those that only observe",
    )
    cases: list[Case] = Field(min_length=1, description="what is tried")
