"""A rule that looks at a session.

How it answers, and what it may look at besides the session itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from reaper.core.judging.facts import SessionFacts
from reaper.core.judging.quota import Member
from reaper.core.judging.seats import NO_SEATS, Seats
from reaper.core.judging.verdict import Finding
from reaper.core.model.matching import Answer
from reaper.core.model.session import Activity

Measured = Literal[
    "age", "idle", "ended", "running_for", "gb_hours", "unreachable_for", "alone_for"
]
"""What of the `SessionFacts` is held against a threshold."""


class Cause(NamedTuple):
    """Why a rule answered as it did. `measure` is what the finding shows of the session.

    An empty note its source.
    """

    answer: Answer
    note: str = ""
    measure: Measured | Literal[""] = ""
    wants_probe: bool = False


class Leaf(NamedTuple):
    """A rule that looks at a session.

    Decides by naming its cause, which becomes a finding when someone asks.
    """

    rule: str
    threshold: float
    cause: Callable[[SessionFacts], Cause]

    def answer(self, subject: SessionFacts) -> Answer:
        return self.cause(subject).answer

    def finding(self, subject: SessionFacts) -> Finding:
        answer, note, measure, wants_probe = self.cause(subject)
        value = getattr(subject, measure) if measure else None
        shown = note or (subject.source if measure == "idle" else "")
        return Finding(self.rule, answer, value, self.threshold, shown, wants_probe)


@dataclass(frozen=True)
class RuleContext:
    """What the rules may look at besides the session itself.

    `members` are the sessions that the policy selects, `seats` those that they hold. `assumed_idle`
    (seconds), `assumed_rank` and `assumed_reach` (whether a log does not answer) stand in for what
    only a fresh probe could tell. `unseen` says why sessions may be there that nobody was shown.
    """

    now: datetime
    activity: Mapping[str, Activity]
    members: Sequence[Member]
    seats: Seats = NO_SEATS
    assumed_idle: float | None = None
    assumed_rank: Answer = Answer.UNKNOWN
    assumed_reach: Answer = Answer.UNKNOWN
    unseen: str = ""

    def assuming(self, idle: float, rank: Answer, unreachable: Answer) -> RuleContext:
        return replace(self, assumed_idle=idle, assumed_rank=rank, assumed_reach=unreachable)
