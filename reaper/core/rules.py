"""What each rule answers, and why: one function a rule, compiled once a pass and policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple, assert_never

from reaper.core.matching import Answer
from reaper.core.policy import Age, AllOf, AnyOf, Ended, Idle, Not, OwnerSessions, Queued, Rule
from reaper.core.policy import Leaf as RuleLeaf
from reaper.core.quota import Member, Rank, merit, ranks
from reaper.core.session import Activity, Phase
from reaper.core.subject import Subject
from reaper.core.verdict import Finding

Test = Callable[[Subject], Answer]


class Cause(NamedTuple):
    """Why a rule answered as it did. `measure` is what the finding shows of the session; an empty note its source."""

    answer: Answer
    note: str = ""
    measure: Literal["", "age", "idle", "ended"] = ""
    wants_probe: bool = False


class Leaf(NamedTuple):
    """A rule that looks at a session: decides by naming its cause, which becomes a finding when someone asks."""

    rule: str
    threshold: float
    cause: Callable[[Subject], Cause]

    def answer(self, subject: Subject) -> Answer:
        return self.cause(subject).answer

    def finding(self, subject: Subject) -> Finding:
        answer, note, measure, wants_probe = self.cause(subject)
        value = getattr(subject, measure) if measure else None
        shown = note or (subject.source if measure == "idle" else "")
        return Finding(self.rule, answer, value, self.threshold, shown, wants_probe)


@dataclass(frozen=True)
class Scene:
    """What the rules may look at besides the session itself.

    `members` are the sessions that the policy selects. `assumed_idle` (seconds) and `assumed_rank` stand in for
    whatever only a fresh probe could tell.
    """

    now: datetime
    activity: Mapping[str, Activity]
    members: Sequence[Member]
    assumed_idle: float | None = None
    assumed_rank: Answer = Answer.UNKNOWN

    def assuming(self, idle: float, rank: Answer) -> Scene:
        return replace(self, assumed_idle=idle, assumed_rank=rank)


class Compiled(NamedTuple):
    """A whole rule: its answer, and the leaves that its evidence comes from."""

    answer: Test
    leaves: tuple[Leaf, ...]

    def findings(self, subject: Subject) -> tuple[Finding, ...]:
        return tuple([leaf.finding(subject) for leaf in self.leaves])


def compiled(rule: Rule | Ended, scene: Scene) -> Compiled:
    """The rule as a test of one session in this scene."""
    match rule:
        case AnyOf():
            return _folded([compiled(one, scene) for one in rule.any], max)
        case AllOf():
            return _folded([compiled(one, scene) for one in rule.all], min)
        case Not():
            inner = compiled(rule.not_, scene)
            return Compiled(lambda subject: inner.answer(subject).negated(), inner.leaves)
        case _:
            leaf = _leaf(rule, scene)
            return Compiled(leaf.answer, (leaf,))


def _folded(inner: list[Compiled], fold: Callable[[Iterable[Answer]], Answer]) -> Compiled:
    tests = [one.answer for one in inner]
    if len(tests) == 1:
        return inner[0]
    return Compiled(
        lambda subject: fold([test(subject) for test in tests]), tuple(leaf for one in inner for leaf in one.leaves)
    )


def _leaf(rule: RuleLeaf, scene: Scene) -> Leaf:
    match rule:
        case Idle():
            return _idle(rule, scene.assumed_idle)
        case Age():
            return _age(f"age {rule.age}", rule.age.seconds)
        case Queued():
            return _queued(rule)
        case OwnerSessions():
            return _owner_sessions(rule, scene)
        case Ended():
            return _ended(rule)
        case _:
            assert_never(rule)


def _idle(rule: Idle, assumed: float | None) -> Leaf:
    """Kept by any sign of life; convicted only by a fresh look. A silence that may be computing stays unknown."""
    over, kinds = rule.over.seconds, frozenset(rule.kinds)
    busy = Cause(Answer.NO, "its owner has a solve or task in flight for the app")
    perhaps_busy = "its owner may have a solve or task in flight for the app"
    silence = _silence(over, assumed)

    def cause(subject: Subject) -> Cause:
        if subject.session.kind not in kinds:
            return Cause(Answer.UNKNOWN, f"a silent log of a {subject.session.kind} may mean that it computes")
        if subject.busy is Answer.YES:
            return busy
        found = silence(subject)
        if subject.busy is Answer.UNKNOWN and found.answer is not Answer.NO:
            return Cause(Answer.UNKNOWN, perhaps_busy, wants_probe=found.wants_probe)
        return found

    return Leaf(f"idle {rule.over}", over, cause)


def _silence(over: int, assumed: float | None) -> Callable[[Subject], Cause]:
    active, idle = Cause(Answer.NO, measure="idle"), Cause(Answer.YES, measure="idle")
    young = Cause(Answer.NO, "too young to be idle that long")
    answer = Answer.UNKNOWN if assumed is None else Answer.YES if assumed >= over else Answer.NO
    not_looked = Cause(answer, "its last activity was not looked up", wants_probe=True)

    def cause(subject: Subject) -> Cause:
        if subject.idle is not None and subject.idle < over:
            return active
        if subject.age is not None and subject.age < over:
            return young
        if subject.idle is not None and subject.fresh:
            return idle
        return Cause(Answer.UNKNOWN, subject.source) if subject.fresh else not_looked

    return cause


def _age(rule: str, over: int) -> Leaf:
    unknown = Cause(Answer.UNKNOWN, "its creation time is not known or lies in the future")
    old, young = Cause(Answer.YES, measure="age"), Cause(Answer.NO, measure="age")

    def cause(subject: Subject) -> Cause:
        if subject.age is None:
            return unknown
        return old if subject.age >= over else young

    return Leaf(rule, over, cause)


def _queued(rule: Queued) -> Leaf:
    waiting = _age(f"queued {rule.queued}", rule.queued.seconds)

    def cause(subject: Subject) -> Cause:
        match subject.phase:
            case Phase.WAITING:
                return waiting.cause(subject)
            case Phase.UNKNOWN:
                return Cause(Answer.UNKNOWN, "its state is not known")
            case Phase.RUNNING | Phase.OVER:
                return Cause(Answer.NO, f"{subject.session.state}, not queued")

    return waiting._replace(cause=cause)


def _ended(rule: Ended) -> Leaf:
    over = rule.ended.seconds
    unknown = Cause(Answer.UNKNOWN, "when it ended is not known")
    long_ago, lately = Cause(Answer.YES, measure="ended"), Cause(Answer.NO, measure="ended")

    def cause(subject: Subject) -> Cause:
        if subject.ended is None:
            return unknown
        return long_ago if subject.ended >= over else lately

    return Leaf(f"ended {rule.ended}", over, cause)


def _owner_sessions(rule: OwnerSessions, scene: Scene) -> Leaf:
    quota = rule.owner_sessions
    found = ranks(scene.members, merit(quota.keep, scene.activity, scene.now))
    stay = f"the {quota.keep.replace('_', ' ')} {quota.over}"
    by_activity = quota.keep == "most_recently_active"

    def cause(subject: Subject) -> Cause:
        session = subject.session
        if subject.phase is Phase.WAITING:
            return Cause(Answer.NO, f"{session.state}, not running")
        rank = found.get(session.id)
        if rank is None:
            return Cause(Answer.UNKNOWN, "its owner is not known")
        return ranked(rank, f"{rank.sessions} running of {session.owner}")

    def ranked(rank: Rank, held: str) -> Cause:
        match rank.exceeds(quota.over):
            case Answer.UNKNOWN:
                answer = scene.assumed_rank if by_activity else Answer.UNKNOWN
                return Cause(answer, f"which are {stay} of {held} is not known", wants_probe=by_activity)
            case Answer.YES:
                return Cause(Answer.YES, f"not among {stay} of {held}")
            case Answer.NO if rank.sessions <= quota.over:
                return Cause(Answer.NO, f"{held}, {quota.over} may stay")
            case Answer.NO:
                return Cause(Answer.NO, f"among {stay} of {held}")

    return Leaf(f"owner_sessions {quota.over}", quota.over, cause)
