"""The rules that a policy can be written in.

Every model refuses unknown keys: a misspelt rule must not be an absent one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema

from reaper.core.language.leaf_rule import LeafRule, Measure, Need, Remark, Unit, Usage, named
from reaper.core.language.selector import Written, problem
from reaper.core.model.duration import Duration
from reaper.core.model.kinds import COMPUTING, INTERACTIVE, KINDS, KindName, traits_of

Keep = Literal["newest", "oldest", "most_recently_active"]
_SHORT = 10 * 60


class IdleOf(Written):
    """Idle for kinds whose silence is ambiguous: a solve or task with a silent log usually
    computes.
    """

    over: Duration = Field(description="how long ago the last activity is")
    kinds: list[KindName] = Field(
        min_length=1, description="the kinds it judges", examples=[["webui", "task"]]
    )


class Idle(LeafRule):
    """True when the last activity is at least this long ago."""

    reads: ClassVar[frozenset[str]] = frozenset(
        {"app"}
    )  # a solve in flight keeps its owner's session of the same app
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ACTIVITY})
    measure: ClassVar[Measure | None] = "idle"

    idle: Annotated[
        Annotated[Duration, Tag("over")] | Annotated[IdleOf, Tag("of")],
        Discriminator(lambda value: "of" if isinstance(value, dict | IdleOf) else "over"),
    ] = Field(examples=["2h", {"over": "12h", "kinds": ["task"]}])

    @property
    def over(self) -> Duration:
        return self.idle.over if isinstance(self.idle, IdleOf) else self.idle

    @property
    def kinds(self) -> tuple[str, ...]:
        return (
            tuple(self.idle.kinds) if isinstance(self.idle, IdleOf) else tuple(sorted(INTERACTIVE))
        )

    def remarks(self, usage: Usage) -> Iterator[Remark]:
        yield from super().remarks(usage)
        if unnamed := usage.kinds - set(self.kinds):
            yield Remark("idle_kinds", self._ambiguous_for(unnamed), refused=True)
        if silent := usage.kinds & set(self.kinds) & COMPUTING:
            why = f"a {named(silent, 'and')} session with a silent log is usually computing"
            yield Remark("silent", f"{why}; make sure that 'idle' is intended, or use 'age'")
        elif usage.enforcing and self.over.seconds < _SHORT:
            why = f"'idle: {self.over}' also ends sessions of people who only pause to think"
            yield Remark("short", f"{why}; if that is not intended, write a longer time")

    def _ambiguous_for(self, unnamed: frozenset[str]) -> str:
        judged = named(INTERACTIVE, "and")
        return (
            f"'idle: {self.over}' judges {judged} sessions only, but {named(unnamed, 'and')} "
            "sessions are selected too, whose silent log mostly means that they compute; select "
            f"'kind: {judged}', or name the kinds: "
            f"idle: {{over: {self.over}, kinds: [{', '.join(sorted(unnamed))}]}}"
        )


class Age(LeafRule):
    """True when the session was created at least this long ago."""

    measure: ClassVar[Measure | None] = "age"

    age: Duration


class RunningFor(LeafRule):
    """True when the session started to run at least this long ago; the time that it waited does not
    count.
    """

    measure: ClassVar[Measure | None] = "running_for"
    waits: ClassVar[bool | None] = False

    running_for: Duration


class GbHours(LeafRule):
    """True when the session has used at least this many GB times hours of memory, as
    the session-manager counts them.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"gb_hours"})
    unit: ClassVar[Unit] = Unit.GB_HOURS

    gb_hours: float = Field(
        gt=0,
        strict=True,
        allow_inf_nan=False,
        description="GB times hours, like 50 or 0.5",
        examples=[200],
    )

    def thresholds(self) -> tuple[float, ...]:
        return (self.gb_hours,)


class Queued(LeafRule):
    """True when the session waits in the queue and was created at least this long ago."""

    measure: ClassVar[Measure | None] = "age"
    waits: ClassVar[bool | None] = True
    untrue_of: ClassVar[frozenset[str]] = frozenset(k for k in KINDS if not traits_of(k).waiting)
    untrue_because: ClassVar[str] = "never waits in the queue"

    queued: Duration


class Quota(Written):
    """How many running sessions an owner may have, and which of them stay."""

    over: int = Field(ge=0, strict=True, description="how many stay", examples=[3])
    keep: Keep = Field(
        "most_recently_active", description="which of them stay", examples=["most_recently_active"]
    )


class OwnerSessions(LeafRule):
    """True for those of an owner's running sessions, among the selected ones, that exceed the
    quota.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.OWNER, Need.ACTIVITY, Need.OWNER_ACTIVITY})
    unit: ClassVar[Unit] = Unit.SESSIONS

    owner_sessions: Quota = Field(examples=[{"over": 3, "keep": "most_recently_active"}])

    def needed(self) -> frozenset[Need]:
        by_activity = self.owner_sessions.keep == "most_recently_active"
        return self.needs if by_activity else frozenset({Need.OWNER})

    def thresholds(self) -> tuple[float, ...]:
        return (self.owner_sessions.over,)

    def remarks(self, usage: Usage) -> Iterator[Remark]:
        yield from super().remarks(usage)
        if self.owner_sessions.over == 0:
            why = "'over: 0' leaves no owner a running session"
            yield Remark("quota-zero", f"{why}; if that is not intended, write at least 1")


class UnreachableFor(LeafRule):
    """True when the session's log did not answer in any look for at least this long, while others
    did.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ACTIVITY, Need.EVERYBODY, Need.REACHABILITY})

    unreachable_for: Duration


class Orphan(LeafRule):
    """True for a solve or task whose owner had no other session in any look for at least
    this long.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EVERYBODY})
    untrue_of: ClassVar[frozenset[str]] = INTERACTIVE
    untrue_because: ClassVar[str] = "is never an orphan"

    orphan: Duration


class Pressure(Written):
    """How many client seats may be in use, and how many remain after seats are freed."""

    high: int = Field(
        ge=1, strict=True, description="when more seats than this are in use", examples=[40]
    )
    low: int = Field(ge=0, strict=True, description="how many seats may stay in use", examples=[36])
    floor: Duration = Field(description="the minimum idle time of a session to be ended")

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

    needs: ClassVar[frozenset[Need]] = frozenset(
        {Need.ACTIVITY, Need.EVERYBODY, Need.EVERYBODY_ACTIVITY}
    )
    unit: ClassVar[Unit] = Unit.SEATS

    seats: Pressure = Field(examples=[{"high": 40, "low": 36, "floor": "30m"}])

    def thresholds(self) -> tuple[float, ...]:
        return (self.seats.high,)

    def remarks(self, usage: Usage) -> Iterator[Remark]:
        yield from super().remarks(usage)
        if self.seats.low == 0:
            why = "'low: 0' frees every seat under pressure"
            yield Remark("quota-zero", f"{why}; if that is not intended, write at least 1")


class Ended(LeafRule):
    """True when the session ended at least this long ago, or was first seen to be over where it does
    not tell when.
    """

    ended: Duration


def _true(value: object) -> object:
    if value is not True:
        raise problem("always", "write 'always: true', or another rule; it has no other value")
    return value


class Always(LeafRule):
    """True of every selected session, also of one in use: for all that runs while a window is
    open.
    """

    always: Annotated[Literal[True], BeforeValidator(_true)] = Field(examples=[True])


class AnyOf(Written):
    """True when one of the rules is."""

    any: list[Rule] = Field(min_length=1, examples=[[{"idle": "2h"}, {"age": "24h"}]])


class AllOf(Written):
    """True when every rule is."""

    all: list[Rule] = Field(min_length=1, examples=[[{"idle": "2h"}, {"age": "24h"}]])


class Not(Written):
    """True when the rule is false; unknown stays unknown."""

    not_: Rule = Field(alias="not", examples=[{"idle": "10m"}])


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
    "always": Always,
    "any": AnyOf,
    "all": AllOf,
    "not": Not,
}


def _rule_key(value: object) -> str | None:
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value)))
    return next((key for key, rule in RULES.items() if type(value) is rule), None)


if TYPE_CHECKING:
    Rule = LeafRule | AnyOf | AllOf | Not
else:

    class Rule:
        """Any rule of `RULES`, as it stands when the model that holds the rule is built."""

        @staticmethod
        def choices() -> object:
            tagged = [Annotated[model, Tag(key)] for key, model in RULES.items()]
            return Annotated[reduce(or_, tagged), Discriminator(_rule_key)]

        @classmethod
        def __get_pydantic_core_schema__(
            cls, _: object, handler: GetCoreSchemaHandler
        ) -> CoreSchema:
            return handler.generate_schema(cls.choices())


def rebuild(*models: type[BaseModel]) -> None:
    """Have these models, and the rules that hold others, read what stands in `RULES` now."""
    every: tuple[type[BaseModel], ...] = (AnyOf, AllOf, Not, *models)
    for model in every:  # else one takes another's as it was before
        if "__pydantic_core_schema__" in vars(model):
            del model.__pydantic_core_schema__
    for model in every:
        model.model_rebuild(force=True)


rebuild()


def leaves(rule: Rule | Ended) -> Iterator[LeafRule]:
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


def unit_of(rule: str) -> Unit:
    """What the rule that a finding names, like `gb_hours 50`, is counted in."""
    model = RULES.get(rule.split(maxsplit=1)[0], LeafRule)
    return model.unit if issubclass(model, LeafRule) else Unit.SECONDS
