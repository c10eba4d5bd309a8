"""The rules that a policy can be written in.

Every model refuses unknown keys: a misspelt rule must not be an absent one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from reaper.core.language.selector import Written, problem
from reaper.core.model.duration import Duration
from reaper.core.model.session import WEBUI

Keep = Literal["newest", "oldest", "most_recently_active"]


class LeafRule(Written):
    """The base of the rules that look at a session.

    `reads` are the fields it judges by, besides those that every session is understood by.
    """

    reads: ClassVar[frozenset[str]] = frozenset()


class IdleOf(Written):
    """Idle for kinds whose silence is ambiguous: a solve or task with a silent log usually
    computes.
    """

    over: Duration = Field(description="how long ago the last activity is")
    kinds: list[Literal["webui", "task", "solve"]] = Field(
        min_length=1, description="the kinds it judges"
    )


class Idle(LeafRule):
    """True when the last activity is at least this long ago."""

    reads: ClassVar[frozenset[str]] = frozenset(
        {"app"}
    )  # a solve in flight keeps its owner's session of the same app

    idle: Annotated[
        Annotated[Duration, Tag("over")] | Annotated[IdleOf, Tag("of")],
        Discriminator(lambda value: "of" if isinstance(value, dict | IdleOf) else "over"),
    ]

    @property
    def over(self) -> Duration:
        return self.idle.over if isinstance(self.idle, IdleOf) else self.idle

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.idle.kinds) if isinstance(self.idle, IdleOf) else (WEBUI,)


class Age(LeafRule):
    """True when the session was created at least this long ago."""

    age: Duration


class RunningFor(LeafRule):
    """True when the session started to run at least this long ago; the time that it waited does not
    count.
    """

    running_for: Duration


class GbHours(LeafRule):
    """True when the session has used at least so much: memory in GB times hours, as the
    session-manager counts it.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"gb_hours"})

    gb_hours: float = Field(
        gt=0, strict=True, allow_inf_nan=False, description="GB times hours, like 50 or 0.5"
    )


class Queued(LeafRule):
    """True when the session waits in the queue and was created at least this long ago."""

    queued: Duration


class Quota(Written):
    """How many running sessions an owner may have, and which of them stay."""

    over: int = Field(ge=0, strict=True, description="how many stay")
    keep: Keep = Field("most_recently_active", description="which of them stay")


class OwnerSessions(LeafRule):
    """True for those of an owner's running sessions, among the selected ones, that exceed the
    quota.
    """

    owner_sessions: Quota


class UnreachableFor(LeafRule):
    """True when the session's log did not answer in any look for at least this long, while others
    did.
    """

    unreachable_for: Duration


class Orphan(LeafRule):
    """True for a solve or task whose owner had no other session in any look for at least
    so long.
    """

    orphan: Duration


class Pressure(Written):
    """How many client seats may be held, and how far down they are freed."""

    high: int = Field(ge=1, strict=True, description="when more seats than this are held")
    low: int = Field(ge=0, strict=True, description="how many seats may stay in use")
    floor: Duration = Field(description="never one that is idle for less")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise problem(
                "seats", f"'low' ({self.low}) is above 'high' ({self.high}); write a smaller 'low'"
            )
        return self


class SeatPressure(LeafRule):
    """True for all selected sessions of the longest idle owners, when too many owners
    hold a seat.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"app"})

    seats: Pressure


class Ended(LeafRule):
    """True when the session ended at least this long ago, or was first seen to be over where it does
    not tell when.
    """

    ended: Duration


class AnyOf(Written):
    """True when one of the rules is."""

    any: list[Rule] = Field(min_length=1)


class AllOf(Written):
    """True when every rule is."""

    all: list[Rule] = Field(min_length=1)


class Not(Written):
    """True when the rule is false; unknown stays unknown."""

    not_: Rule = Field(alias="not")


RULES: dict[str, type[Written]] = {
    "idle": Idle,
    "age": Age,
    "running_for": RunningFor,
    "queued": Queued,
    "gb_hours": GbHours,
    "unreachable_for": UnreachableFor,
    "orphan": Orphan,
    "owner_sessions": OwnerSessions,
    "seats": SeatPressure,
    "any": AnyOf,
    "all": AllOf,
    "not": Not,
}


def _rule_key(value: object) -> str | None:
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value)))
    return next((key for key, rule in RULES.items() if type(value) is rule), None)


Rule = Annotated[
    Annotated[Idle, Tag("idle")]
    | Annotated[Age, Tag("age")]
    | Annotated[RunningFor, Tag("running_for")]
    | Annotated[Queued, Tag("queued")]
    | Annotated[GbHours, Tag("gb_hours")]
    | Annotated[UnreachableFor, Tag("unreachable_for")]
    | Annotated[Orphan, Tag("orphan")]
    | Annotated[OwnerSessions, Tag("owner_sessions")]
    | Annotated[SeatPressure, Tag("seats")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[Not, Tag("not")],
    Discriminator(_rule_key),
]
Leaf = (
    Idle
    | Age
    | RunningFor
    | Queued
    | GbHours
    | UnreachableFor
    | Orphan
    | OwnerSessions
    | SeatPressure
    | Ended
)
for _model in (AnyOf, AllOf, Not):
    _model.model_rebuild()


def leaves(rule: Rule | Ended) -> Iterator[Leaf]:
    """The rules that look at a session, in the order they were written."""
    match rule:
        case AnyOf():
            for one in rule.any:
                yield from leaves(one)
        case AllOf():
            for one in rule.all:
                yield from leaves(one)
        case Not():
            yield from leaves(rule.not_)
        case _:
            yield rule
