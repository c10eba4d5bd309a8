"""What each rule answers, and why: one function a rule, compiled once a pass and policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, assert_never

from reaper.core.fleet_rules import owner_sessions_rule, seats_rule
from reaper.core.language import (
    Age,
    AllOf,
    AnyOf,
    Ended,
    GbHours,
    Idle,
    Not,
    Orphan,
    OwnerSessions,
    Queued,
    Rule,
    RunningFor,
    SeatPressure,
    UnreachableFor,
)
from reaper.core.language import Leaf as RuleLeaf
from reaper.core.leaf import Leaf, Scene
from reaper.core.matching import Answer
from reaper.core.session_rules import (
    age_rule,
    ended_rule,
    gb_hours_rule,
    idle_rule,
    orphan_rule,
    queued_rule,
    running_for_rule,
    unreachable_for_rule,
)
from reaper.core.subject import Subject
from reaper.core.verdict import Finding

Test = Callable[[Subject], Answer]


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
            return _joined([compiled(one, scene) for one in rule.any], Answer.YES)
        case AllOf():
            return _joined([compiled(one, scene) for one in rule.all], Answer.NO)
        case Not():
            inner = compiled(rule.not_, scene)
            return Compiled(lambda subject: inner.answer(subject).negated(), inner.leaves)
        case _:
            leaf = _leaf(rule, scene)
            cause = leaf.cause
            return Compiled(lambda subject: cause(subject)[0], (leaf,))


def _joined(inner: list[Compiled], decisive: Answer) -> Compiled:
    if len(inner) == 1:
        return inner[0]
    answer = _until(decisive, [one.answer for one in inner])
    return Compiled(answer, tuple(leaf for one in inner for leaf in one.leaves))


def _until(decisive: Answer, tests: list[Test]) -> Test:
    """The first decisive answer settles it, YES of any and NO of all; short of that, one unknown leaves it open."""

    def answer(subject: Subject) -> Answer:
        found = decisive.negated()
        for test in tests:
            one = test(subject)
            if one is decisive:
                return one
            if one is Answer.UNKNOWN:
                found = one
        return found

    return answer


def _leaf(rule: RuleLeaf, scene: Scene) -> Leaf:  # noqa: C901, PLR0911 - one case a rule
    match rule:
        case Idle():
            return idle_rule(rule, scene.assumed_idle)
        case Age():
            return age_rule(f"age {rule.age}", rule.age.seconds)
        case RunningFor():
            return running_for_rule(rule)
        case Queued():
            return queued_rule(rule)
        case GbHours():
            return gb_hours_rule(rule)
        case UnreachableFor():
            return unreachable_for_rule(rule, scene.assumed_reach)
        case Orphan():
            return orphan_rule(rule)
        case OwnerSessions():
            return owner_sessions_rule(rule, scene)
        case SeatPressure():
            return seats_rule(rule, scene)
        case Ended():
            return ended_rule(rule)
        case _:
            assert_never(rule)
