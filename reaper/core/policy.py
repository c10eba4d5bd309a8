"""What a person may write in a policy file, and what it means.

Every model refuses unknown keys: a misspelt exemption must not be an absent one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from reaper.core.duration import Duration
from reaper.core.hours import OnlyDuring
from reaper.core.ladder import GENTLE, Ladder
from reaper.core.limits import Limit
from reaper.core.matching import SessionTest
from reaper.core.selector import DAY, SAID, Exemption, Selector, Written, problem
from reaper.core.session import WEBUI
from reaper.core.term import dormant, never
from reaper.core.wait import After

Keep = Literal["newest", "oldest", "most_recently_active"]


class IdleOf(Written):
    """Idle for kinds whose silence is ambiguous: a solve or task with a silent log usually computes."""

    over: Duration
    kinds: list[Literal["webui", "task", "solve"]] = Field(min_length=1)


class Idle(Written):
    """True when the last activity is at least so long ago."""

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


class Age(Written):
    """True when the session was created at least so long ago."""

    age: Duration


class RunningFor(Written):
    """True when the session started to run at least so long ago; the time that it waited does not count."""

    running_for: Duration


class GbHours(Written):
    """True when the session has used at least so much: memory in GB times hours, as the session-manager counts it."""

    gb_hours: float = Field(gt=0, strict=True, allow_inf_nan=False, description="GB times hours, like 50 or 0.5")


class Queued(Written):
    """True when the session waits in the queue and was created at least so long ago."""

    queued: Duration


class Quota(Written):
    """How many running sessions an owner may have, and which of them stay."""

    over: int = Field(ge=0, strict=True, description="this many stay")
    keep: Keep = "most_recently_active"


class OwnerSessions(Written):
    """True for those of an owner's running sessions, among the selected ones, that exceed the quota."""

    owner_sessions: Quota


class UnreachableFor(Written):
    """True when the session's log did not answer in any look for at least so long, while others did."""

    unreachable_for: Duration


class Orphan(Written):
    """True for a solve or task whose owner had no other session in any look for at least so long."""

    orphan: Duration


class Pressure(Written):
    """How many client seats may be held, and how far down they are freed."""

    high: int = Field(ge=1, strict=True, description="when more seats than this are held")
    low: int = Field(ge=0, strict=True, description="as many stay")
    floor: Duration = Field(description="never one that is idle for less")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise problem("seats", f"'low' ({self.low}) is above 'high' ({self.high}); write a smaller 'low'")
        return self


class SeatPressure(Written):
    """True for all selected sessions of the longest idle owners, when too many owners hold a seat."""

    seats: Pressure


class Ended(Written):
    """True when the session ended at least so long ago, or was first seen to be over where it does not tell when."""

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
Leaf = Idle | Age | RunningFor | Queued | GbHours | UnreachableFor | Orphan | OwnerSessions | SeatPressure | Ended
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


def _selector(value: object) -> object:
    if value == "all":
        return {}
    if value == {}:
        raise problem("select", "this would select every session of every kind; if you mean that, write 'select: all'")
    return value


class Policy(Written):
    """One rule of the house: which sessions it looks at, when one of them is to end, and who is exempt from it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="lower case, digits and dashes")
    description: str = Field("", description="one line for people")
    mode: Literal["observe", "notify", "enforce"] = Field(
        "observe",
        description="observe records, notify tells people, enforce ends; the last two want `--enforce`, too",
    )
    select: Annotated[Selector, BeforeValidator(_selector, json_schema_input_type=Literal["all"] | Selector)] = Field(
        description="which sessions it looks at: all, or those whose fields match"
    )
    terminate_when: Rule | None = Field(None, description="the rule by which one of them is to end")
    delete_when: Ended | None = Field(None, description="destroy the records of sessions that are over; generation 2")
    exempt: tuple[Exemption, ...] = Field((), description="who is exempt from this policy")
    from_: Annotated[date | None, DAY, SAID] = Field(
        None, alias="from", description="the first day it is in force, UTC"
    )
    until: Annotated[date | None, DAY, SAID] = Field(None, description="the last day it is in force")
    only_during: Annotated[OnlyDuring | None, SAID] = Field(None, description="the hours in which it ends anything")
    after: Annotated[After | None, SAID] = Field(None, description="how long it must have been an offender before")
    steps: Ladder = Field(GENTLE, description="what is asked of the server, the gentlest first")
    limits: Limit | None = Field(None, description="how many it may end in one run")

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.name == "protect":
            raise problem("name", "a policy cannot be named 'protect', which the records call the exemptions from all")
        if (self.terminate_when is None) is (self.delete_when is None):
            raise problem("rule", "a policy has either 'terminate_when' or 'delete_when'; write one of them")
        if self.delete_when is not None and self.select.state is not None:
            raise problem("never", "'delete_when' looks at sessions that are over; leave 'state' out of 'select'")
        return self

    @model_validator(mode="after")
    def _idle_is_said_twice_where_silence_is_ambiguous(self) -> Self:
        for rule in leaves(self.rule):
            if isinstance(rule, Idle) and (unnamed := self.select.kinds() - set(rule.kinds)):
                raise problem("idle_kinds", _silence(sorted(unnamed), rule.over))
        return self

    @model_validator(mode="after")
    def _has_its_time(self) -> Self:
        if (why := never(self.from_, self.until, self.only_during)) is not None:
            raise problem("never", why)
        return self

    def dormant(self, now: datetime) -> str | None:
        """Why it is not in force at that moment, and so judges nothing, in words; None when it is."""
        return dormant(self.from_, self.until, now)

    def acts_at(self, now: datetime) -> bool:
        """Whether its offenders are ended at that moment."""
        return self.mode == "enforce" and (self.only_during is None or self.only_during.is_open(now))

    @property
    def rule(self) -> Rule | Ended:
        """What convicts a session."""
        rule = self.terminate_when or self.delete_when
        assert rule is not None  # noqa: S101 - the validator above saw to it
        return rule

    @property
    def deletes(self) -> bool:
        """Whether it destroys records instead of ending sessions."""
        return self.delete_when is not None

    @cached_property
    def test(self) -> SessionTest:
        return SessionTest(self.select.matches(), fold=False)

    @cached_property
    def hash(self) -> str:
        """Identifies what the policy says, whatever its layout or comments."""
        return digest(self.model_dump_json(by_alias=True, exclude_none=True))

    @cached_property
    def asks_for_activity(self) -> bool:
        """Whether a verdict can depend on a session's last activity."""
        asking = Idle | SeatPressure | UnreachableFor
        return self.ranks_by_activity or any(isinstance(rule, asking) for rule in leaves(self.rule))

    @cached_property
    def ranks_by_activity(self) -> bool:
        """Whether a verdict can depend on the last activity of the owner's other sessions."""
        return any(
            isinstance(rule, OwnerSessions) and rule.owner_sessions.keep == "most_recently_active"
            for rule in leaves(self.rule)
        )

    @cached_property
    def compares_sessions(self) -> bool:
        """Whether a verdict depends on the owner's other sessions."""
        return any(isinstance(rule, OwnerSessions) for rule in leaves(self.rule))

    @cached_property
    def weighs_seats(self) -> bool:
        """Whether a verdict depends on every selected session, and on when each was active."""
        return any(isinstance(rule, SeatPressure) for rule in leaves(self.rule))

    @cached_property
    def needs_everyone(self) -> bool:
        """Whether a verdict depends on sessions of any owner or kind."""
        return any(isinstance(rule, SeatPressure | Orphan | UnreachableFor) for rule in leaves(self.rule))

    @cached_property
    def asks_for_reach(self) -> bool:
        """Whether a verdict can depend on whether the session's log answers."""
        return any(isinstance(rule, UnreachableFor) for rule in leaves(self.rule))


def digest(text: str) -> str:
    """Half of its SHA-256 in hex: every decision bears one."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _silence(kinds: list[str], over: Duration) -> str:
    which = " and ".join(kinds)
    return (
        f"'idle: {over}' judges webui sessions only, but {which} sessions are selected too, whose silent log mostly "
        "means that they compute; select 'kind: webui', or name the kinds: "
        f"idle: {{over: {over}, kinds: [{', '.join(kinds)}]}}"
    )


class PolicyDocument(Written):
    """One policy file."""

    protect: tuple[Exemption, ...] = Field((), description="who is exempt from all policies of all files")
    policies: tuple[Policy, ...] = Field((), description="the rules of the house")


@dataclass(frozen=True)
class PolicySet:
    """All policies of a run in the order they were read, and what is protected from all of them.

    `texts` holds each policy's text as its author wrote it, by policy name. `granted` are the exemptions from all of
    them that people gave by hand.
    """

    policies: tuple[Policy, ...]
    protect: tuple[Exemption, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    granted: tuple[Exemption, ...] = ()

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """Those from all policies, whether written or given by hand."""
        return (*self.protect, *self.granted)

    def in_force(self, now: datetime) -> tuple[Policy, ...]:
        """Those that judge at that moment."""
        return tuple(p for p in self.policies if p.dormant(now) is None)

    def dormant(self, now: datetime) -> dict[str, str]:
        """Why the others do not, by policy name."""
        return {p.name: why for p in self.policies if (why := p.dormant(now)) is not None}

    def text_of(self, policy: Policy) -> str:
        return self.texts.get(policy.name) or policy.model_dump_json(by_alias=True, exclude_none=True)

    def only(self, chosen: frozenset[str]) -> PolicySet:
        """The same house rules with only the policies of these names; all exemptions stay."""
        return replace(self, policies=tuple(p for p in self.policies if p.name in chosen))
