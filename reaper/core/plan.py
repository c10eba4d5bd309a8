"""From verdicts to steps: what is to be ended, why, and whether it still is when its turn comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reaper.core.judge import judge
from reaper.core.policy import PolicySet
from reaper.core.session import Activity, Session
from reaper.core.verdict import Ruling, Verdict, offenders

TERMINATE = "terminate"


class Result(StrEnum):
    """What became of a step. Only what a read showed is called `terminated`."""

    TERMINATED = "terminated"
    ALREADY_GONE = "already-gone"
    NO_LONGER_DUE = "no-longer-due"
    FAILED = "failed"
    WITHHELD = "withheld"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result with its one line for a person."""

    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One session to be ended, with every enforcing verdict that asks for it, in policy order."""

    session: Session
    verdicts: tuple[Verdict, ...]
    action: str = TERMINATE

    @property
    def policies(self) -> frozenset[str]:
        return frozenset(v.policy.name for v in self.verdicts)

    @property
    def policy(self) -> str:
        """The first policy that asks for it."""
        return self.verdicts[0].policy.name

    @property
    def reason(self) -> str:
        return " and ".join(v.reason for v in self.verdicts)

    @property
    def asks_for_activity(self) -> bool:
        return any(v.policy.asks_for_activity for v in self.verdicts)

    @property
    def compares_sessions(self) -> bool:
        return any(v.policy.compares_sessions for v in self.verdicts)


@dataclass(frozen=True, slots=True)
class Look:
    """A second look at a step's session: what was seen, and what the step's policies say of it now."""

    now: datetime
    session: Session
    activity: Activity | None
    verdicts: tuple[Verdict, ...]

    @property
    def due(self) -> bool:
        """Whether an enforcing policy still asks for its end."""
        return any(v.ruling is Ruling.OFFENDER and v.policy.mode == "enforce" for v in self.verdicts)

    @property
    def reason(self) -> str:
        """One line for a person: why it is due, or why it no longer is."""
        asking = offenders(self.verdicts) if self.due else self.verdicts
        return " and ".join(v.reason for v in asking) or "its policy no longer selects it"


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step of an earlier run that was begun and whose end nobody has seen.

    `asked` when it is certain that the server was asked to end the session; otherwise the run broke off around it.
    """

    id: int
    run_id: int
    session_id: str
    kind: str
    begun_at: datetime
    asked: bool = False


@dataclass(frozen=True)
class Plan:
    """The steps in the order they will be taken, and the offenders that only observing policies found."""

    steps: tuple[Step, ...]
    observed: tuple[Verdict, ...] = ()


def build_plan(verdicts: Iterable[Verdict]) -> Plan:
    """One step for each session that an enforcing policy convicts. Equal verdicts give an equal plan."""
    asked: dict[str, list[Verdict]] = {}
    observed = []
    for verdict in offenders(verdicts):
        if verdict.policy.mode == "enforce":
            asked.setdefault(verdict.session.id, []).append(verdict)
        else:
            observed.append(verdict)
    return Plan(tuple(Step(found[0].session, tuple(found)) for found in asked.values()), tuple(observed))


def judge_again(
    step: Step,
    fleet: Sequence[Session],
    activity: Mapping[str, Activity],
    policies: PolicySet,
    now: datetime,
) -> tuple[Verdict, ...]:
    """What the step's own policies, and all that protects from them, say of its session in a second look.

    `fleet` is the session as it is now together with its owner's other sessions, as far as they are known.
    """
    again = judge(policies.only(step.policies), fleet, activity, now)
    return tuple(v for v in again if v.session.id == step.session.id)
