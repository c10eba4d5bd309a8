"""What a rule says of itself: what it reads and needs, its unit, and what about it may not be meant.

The loader, lint, the search for contradictions, the prober, the recheck, the record and explain ask
the rule for these, and never for its class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel

from reaper.core.language.selector import Written
from reaper.core.model.duration import Duration

_LONG = 366 * 86_400


class Usage(NamedTuple):
    """How a policy uses a rule: which kinds it selects, and whether it ends sessions by it."""

    kinds: frozenset[str]
    enforcing: bool


class Remark(NamedTuple):
    """What is wrong with a rule, by which code and in words; `refused` where it must not load."""

    code: str
    message: str
    refused: bool = False


class Need(StrEnum):
    """What a rule may have to know besides the session as the list tells it."""

    ACTIVITY = "the last activity of the session"
    OWNER = "the owner's other sessions"
    OWNER_ACTIVITY = "the last activity of the owner's other sessions"
    EVERYBODY = "the sessions of every owner and kind"
    EVERYBODY_ACTIVITY = "the last activity of every selected session"
    REACHABILITY = "whether the log of the session answers"


class Unit(StrEnum):
    """What a rule's threshold, and the value that is held against it, are counted in."""

    SECONDS = "seconds"
    GB_HOURS = "GB hours"
    SESSIONS = "sessions"
    SEATS = "seats"


Measure = Literal["age", "idle", "running_for"]


class LeafRule(Written):
    """The base of the rules that look at a session.

    `reads` are the fields it judges by, besides those that every session is understood by, and
    `needs` what it may have to know besides. Where it is true of a session whose `measure` has
    reached its threshold, and only while that one `waits` (True) or does not (False), it says so:
    then it is known which rules contradict one another. Of the kinds that it is `untrue_of` it never
    is true, `untrue_because` of what they are.
    """

    reads: ClassVar[frozenset[str]] = frozenset()
    needs: ClassVar[frozenset[Need]] = frozenset()
    unit: ClassVar[Unit] = Unit.SECONDS
    measure: ClassVar[Measure | None] = None
    waits: ClassVar[bool | None] = None
    untrue_of: ClassVar[frozenset[str]] = frozenset()
    untrue_because: ClassVar[str] = ""

    def needed(self) -> frozenset[Need]:
        """What it needs as it is written."""
        return self.needs

    def thresholds(self) -> tuple[float, ...]:
        """Where its answer turns, in its unit."""
        return tuple(duration.seconds for duration in durations(self))

    def remarks(self, usage: Usage) -> Iterator[Remark]:
        """What a policy that uses it so cannot mean, or may not."""
        length = max((duration.seconds for duration in durations(self)), default=0)
        if length >= _LONG:
            why = f"this is {length // 86_400} days; hardly any session lives that long"
            yield Remark("long", f"{why}; if that is not intended, shorten it")
        if usage.kinds and usage.kinds <= self.untrue_of:
            which = f"a {named(usage.kinds)} session {self.untrue_because}"
            yield Remark("idle-rule", f"{which}, and this policy selects no other kind")


def durations(written: object) -> Iterator[Duration]:
    """Every duration that a rule mentions, wherever in it."""
    match written:
        case Duration():
            yield written
        case BaseModel():
            for field in type(written).model_fields:
                yield from durations(getattr(written, field))
        case list() | tuple():
            for one in written:
                yield from durations(one)
        case _:
            return


def named(kinds: Iterable[str], joint: str = "or") -> str:
    """The kinds as a sentence names them."""
    return f" {joint} ".join(sorted(kinds))
