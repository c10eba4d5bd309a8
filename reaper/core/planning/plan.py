"""From verdicts to steps: what is to be ended, why, and whether it still is when its turn comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple, assert_never

from reaper.core.judging.judge import judge
from reaper.core.judging.persistence import NOTHING, ObservedSince
from reaper.core.judging.verdict import Verdict, offenders
from reaper.core.language.leaf_rule import Need
from reaper.core.language.limits import Limits
from reaper.core.language.policy import Mode, PolicySet
from reaper.core.model.action import Action
from reaper.core.model.session import Activity, Session
from reaper.core.planning.limiting import Measure
from reaper.core.planning.memory import Memory, Streak
from reaper.core.planning.next_action import next_action
from reaper.core.planning.notice import ReportedOffender
from reaper.core.planning.waiting import Wait, wait_of


class Result(StrEnum):
    """What became of a step. Only what a read showed is called `terminated`."""

    TERMINATED = "terminated"
    ALREADY_GONE = "already-gone"
    NO_LONGER_DUE = "no-longer-due"
    FAILED = "failed"
    WITHHELD = "withheld"
    UNCONFIRMED = "unconfirmed"
    CAME_BACK = "came-back"
    DELETED = "deleted"

    @property
    def is_over(self) -> bool:
        """Whether a read showed that the session, or its record, is no more."""
        match self:
            case Result.TERMINATED | Result.ALREADY_GONE | Result.DELETED:
                return True
            case (
                Result.NO_LONGER_DUE
                | Result.FAILED
                | Result.WITHHELD
                | Result.UNCONFIRMED
                | Result.CAME_BACK
            ):
                return False
            case _:
                assert_never(self)

    @property
    def is_ours(self) -> bool:
        """Whether the session was asked to end by us, and has ended or may have."""
        return self in (Result.TERMINATED, Result.UNCONFIRMED)

    @property
    def is_grave(self) -> bool:
        """Whether a person has to hear of it: the session may live on, although it was to end."""
        return self in (Result.FAILED, Result.UNCONFIRMED, Result.CAME_BACK)


DRY_RUN = "dry run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result with its one line for a person.

    `trouble` when the server, not the session, was in the way.

    `again` when the server refused for now and may be asked once more. `needs_attention` when
    nothing was done and nothing would be in later runs, unless a person changes something.
    """

    result: Result
    detail: str = ""
    trouble: bool = False
    again: bool = False
    needs_attention: bool = False


class Reviewed(NamedTuple):
    """A step as a person has seen and approved it. An id alone may name another session by now."""

    session: str
    kind: str
    owner: str | None
    created_at: datetime | None
    action: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be asked of the server for one session, with every enforcing verdict that asks for
    it.
    """

    session: Session
    verdicts: tuple[Verdict, ...]
    action: Action = Action.TERMINATE

    @property
    def reviewed(self) -> Reviewed:
        """What a person would have to have seen, to have approved this step."""
        of = self.session
        return Reviewed(of.id, of.kind, of.owner, of.created_at, self.action)

    @property
    def policies(self) -> frozenset[str]:
        return frozenset(v.policy.name for v in self.verdicts)

    @property
    def policy(self) -> str:
        """The first policy that asks for it."""
        return self.verdicts[0].policy.name

    @property
    def reason(self) -> str:
        return " and ".join(dict.fromkeys(v.reason for v in self.verdicts))

    @property
    def heeds_exemptions(self) -> bool:
        """Whether it leaves its session alone where that is exempt."""
        return all(v.policy.heeds_exemptions for v in self.verdicts)

    @property
    def needs(self) -> frozenset[Need]:
        """What the verdicts of its policies can depend on."""
        return frozenset().union(*(v.policy.needs for v in self.verdicts))


@dataclass(frozen=True, slots=True)
class RecheckResult:
    """A second look at a step's session.

    What was seen, and what the step's policies say of it now.
    """

    now: datetime
    session: Session
    activity: Activity | None
    verdicts: tuple[Verdict, ...]

    @property
    def due(self) -> bool:
        """Whether an enforcing policy still asks for its end."""
        return self.due_at(self.now)

    def due_at(self, moment: datetime) -> bool:
        """Whether one does at a moment after the look.

        Its hours, or its last day, may be over since.
        """
        return bool(self._asking_at(moment))

    @property
    def reason(self) -> str:
        """One line for a person: why it is due, or why it no longer is."""
        return self.reason_at(self.now)

    def reason_at(self, moment: datetime) -> str:
        """The same for a moment after the look."""
        asking = self._asking_at(moment)
        if not asking and (
            closed := [v.policy for v in offenders(self.verdicts) if v.policy.mode is Mode.ENFORCE]
        ):
            return closed[0].dormant(moment) or (
                f"the window of policy {closed[0].name} has closed ({closed[0].only_during})"
            )
        reasons = " and ".join(dict.fromkeys(v.reason for v in asking or self.verdicts))
        return reasons or "its policy no longer selects it, or is no longer in force"

    def _asking_at(self, moment: datetime) -> list[Verdict]:
        return [v for v in offenders(self.verdicts) if v.policy.acts_at(moment)]


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step of an earlier run that was begun and whose end nobody has seen.

    `asked` when it is certain that the server was asked; otherwise the run broke off around it.
    """

    id: int
    run_id: int
    session_id: str
    kind: str
    action: Action
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """An offender of policies that enforce or tell, which is left alone for now, and what is waited
    for.

    `due` is when that will be over, None where nobody can tell.
    """

    session: Session
    policy: str
    reason: str
    due: datetime | None = None


class _Planned(NamedTuple):
    """How many steps a plan has, by what would be asked of the server and by the policies that ask
    for it.
    """

    actions: Mapping[str, int]
    policies: Mapping[str, int]


@dataclass(frozen=True)
class Plan:
    """The steps in the order they will be taken.

    `observed` are offenders of policies that only observe, `to_tell` of those that only tell of
    them, whether or not anybody was told before. `waiting` are those whose time has not come,
    `came_back` steps for sessions that were seen to end and run again: reported, not taken.
    `halted` names each limit that the steps exceed, with the figures; then none of them is taken,
    and `room` is how many of the oldest of them would exceed none. `later` are steps that a person
    leaves for another run.
    """

    steps: tuple[Step, ...] = ()
    observed: tuple[Verdict, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    came_back: tuple[Step, ...] = ()
    halted: tuple[str, ...] = ()
    to_tell: tuple[ReportedOffender, ...] = ()
    room: int = 0
    later: tuple[Step, ...] = ()

    @property
    def planned(self) -> _Planned:
        """What the steps would do, counted."""
        return _Planned(
            Counter(str(step.action) for step in self.steps),
            Counter(name for step in self.steps for name in sorted(step.policies)),
        )

    @property
    def takeable(self) -> int:
        """How many of the oldest steps the limits leave room for."""
        return self.room if self.halted else len(self.steps)


def build_plan(
    verdicts: Iterable[Verdict],
    memory: Memory,
    limits: Limits,
    sessions: Sequence[Session],
    now: datetime,
) -> Plan:
    """One step for each session that an enforcing policy convicts and whose time has come, and whom
    to tell of.

    `sessions` is the whole fleet of the look: percentages are of all that run, never of what a
    filter left. Equal
    arguments give an equal plan.
    """
    by_session: dict[str, list[Verdict]] = {}
    observed: list[Verdict] = []
    waiting: list[Waiting] = []
    to_tell: list[ReportedOffender] = []
    for verdict in offenders(verdicts):
        match verdict.policy.mode:
            case Mode.ENFORCE:
                by_session.setdefault(verdict.session.id, []).append(verdict)
            case Mode.NOTIFY:
                report = _reported(verdict, memory, now)
                waiting.append(report) if isinstance(report, Waiting) else to_tell.append(report)
            case Mode.OBSERVE:
                observed.append(verdict)
            case mode:
                assert_never(mode)
    steps: list[Step] = []
    came_back: list[Step] = []
    for own in by_session.values():
        step = _step(own, memory, now)
        if isinstance(step, Waiting):
            waiting.append(step)
        elif step.action is not Action.DELETE and _came_back(step.session, memory):
            came_back.append(step)
        else:
            steps.append(step)
    measure = Measure(limits, memory, sessions)
    halted = measure.exceeded(steps)
    return Plan(
        tuple(steps),
        tuple(observed),
        tuple(waiting),
        tuple(came_back),
        halted,
        tuple(to_tell),
        measure.room(steps) if halted else 0,
    )


def _step(verdicts: list[Verdict], memory: Memory, now: datetime) -> Step | Waiting:
    session = verdicts[0].session
    previous = memory.last_actions.get(session.id)
    if previous is not None and previous.result is None:
        reason = (
            f"{previous.action} was asked at {previous.at:%H:%M:%S} and its end is not seen yet"
        )
        return Waiting(session, verdicts[0].policy.name, reason)
    waits = [(v.policy.name, _wait(v, memory, now)) for v in verdicts]
    ripe = [v for v, (_, wait) in zip(verdicts, waits, strict=True) if wait is None]
    if not ripe:
        return _soonest(session, [(policy, wait) for policy, wait in waits if wait is not None])
    if ripe[0].policy.deletes:
        return Step(session, tuple(ripe), Action.DELETE)
    last = (
        None if previous is not None and previous.result == Result.CAME_BACK else previous
    )  # the ladder begins anew
    action = next_action(ripe[0].policy.steps, session, last, now)
    if isinstance(action, Wait):
        return Waiting(session, ripe[0].policy.name, *action)
    return Step(session, tuple(ripe), action)


def _reported(verdict: Verdict, memory: Memory, now: datetime) -> ReportedOffender | Waiting:
    wait = _wait(verdict, memory, now)
    if wait is not None:
        return Waiting(verdict.session, verdict.policy.name, *wait)
    streak = _streak(verdict, memory)
    return ReportedOffender(verdict, streak.since if streak else now)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _wait(verdict: Verdict, memory: Memory, now: datetime) -> Wait | None:
    """What the policy's `after` and `only_during` still ask for."""
    return wait_of(
        verdict.policy.after,
        verdict.policy.only_during,
        _streak(verdict, memory),
        now,
        memory.within,
    )


def _streak(verdict: Verdict, memory: Memory) -> Streak | None:
    """How long it has been an offender; a policy whose text changed starts over."""
    streak = memory.streaks.get((verdict.session.id, verdict.policy.name))
    return streak if streak and streak.policy_hash == verdict.policy.hash else None


def _soonest(session: Session, waits: Sequence[tuple[str, Wait]]) -> Waiting:
    """Of several policies, the one that will ask first; one of which nobody can tell comes last."""
    policy, wait = min(waits, key=lambda one: one[1].due or _NEVER)
    return Waiting(session, policy, *wait)


def _came_back(session: Session, memory: Memory) -> bool:
    last = memory.last_actions.get(session.id)
    return last is not None and last.result is not None and Result(last.result).is_over


def judge_again(  # noqa: PLR0917 - what a judgement rests on
    step: Step,
    fleet: Sequence[Session],
    activity: Mapping[str, Activity],
    policies: PolicySet,
    now: datetime,
    lasting: ObservedSince | None = NOTHING,
    *,
    unseen: str = "",
) -> tuple[Verdict, ...]:
    """What the step's own policies, and all that protects from them, say of its session in a second
    look.

    `fleet` is the session as it is now together with its owner's other sessions, as far as they are
    known; `unseen` as in a snapshot.
    """
    again = judge(policies.only(step.policies), fleet, activity, now, lasting, unseen=unseen)
    return tuple(v for v in again if v.session.id == step.session.id)
