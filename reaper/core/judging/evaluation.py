"""What each rule answers, and why: one function a rule, compiled once a pass and policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from reaper.core.judging.facts import SessionFacts
from reaper.core.judging.fleet_rules import owner_sessions_rule, seats_rule
from reaper.core.judging.leaf import Cause, Leaf, RuleContext
from reaper.core.judging.session_rules import (
    age_rule,
    ended_rule,
    gb_hours_rule,
    idle_rule,
    orphan_rule,
    queued_rule,
    running_for_rule,
    unreachable_for_rule,
)
from reaper.core.judging.verdict import Finding
from reaper.core.language.leaf_rule import LeafRule
from reaper.core.language.order import Ordered
from reaper.core.language.policy import Policy, PolicyDocument
from reaper.core.language.rules import (
    RULES,
    Age,
    AllOf,
    Always,
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
    rebuild,
)
from reaper.core.model.matching import Answer

Deciding = Callable[[SessionFacts], Cause]
"""Names the cause that decides a rule. Only its answer counts.

The notes that a person reads are the leaves'.
"""

_UNKNOWN = Answer.UNKNOWN  # looking up a member costs more than comparing it
_WHATEVER = "every session that the policy selects, in use or not"
_ANSWERED = {answer: Cause(answer) for answer in Answer}


class Compiled(NamedTuple):
    """A whole rule: what decides it, and the leaves that its evidence comes from."""

    cause: Deciding
    leaves: tuple[Leaf, ...]

    def answer(self, subject: SessionFacts) -> Answer:
        return self.cause(subject).answer

    def findings(self, subject: SessionFacts) -> tuple[Finding, ...]:
        return tuple([leaf.finding(subject) for leaf in self.leaves])


class Witnessed:
    """The findings of a rule on a session, made when someone asks: one for each verdict, so it is
    small.
    """

    __slots__ = ("_rules", "_subject")

    def __init__(self, rules: Compiled, subject: SessionFacts) -> None:
        self._rules, self._subject = rules, subject

    def __call__(self) -> tuple[Finding, ...]:
        return self._rules.findings(self._subject)


def compiled(rule: Rule | Ended, context: RuleContext) -> Compiled:
    """The rule as a test of one session in this context."""
    match rule:
        case AnyOf():
            return _joined([compiled(one, context) for one in rule.any], Answer.YES)
        case AllOf():
            return _joined([compiled(one, context) for one in rule.all], Answer.NO)
        case Not():
            inner = compiled(rule.not_, context)
            return Compiled(_negated(inner.cause), inner.leaves)
        case _:
            leaf = JUDGED_BY[type(rule)](rule, context)
            return Compiled(leaf.cause, (leaf,))


def _joined(inner: list[Compiled], decisive: Answer) -> Compiled:
    if len(inner) == 1:
        return inner[0]
    cause = _until(decisive, [one.cause for one in inner])
    return Compiled(cause, tuple(leaf for one in inner for leaf in one.leaves))


def _until(decisive: Answer, causes: list[Deciding]) -> Deciding:
    """The first decisive answer settles it, YES of any and NO of all.

    Short of that, one unknown leaves it open.
    """
    otherwise = _ANSWERED[decisive.negated()]

    def cause(subject: SessionFacts) -> Cause:
        result = otherwise
        for ask in causes:
            one = ask(subject)
            if one[0] is decisive:
                return one
            if one[0] is _UNKNOWN:
                result = one
        return result

    return cause


def _negated(inner: Deciding) -> Deciding:
    turned = [_ANSWERED[answer.negated()] for answer in Answer]
    return lambda subject: turned[inner(subject)[0]]


Judging = Callable[[Any, RuleContext], Leaf]
"""How a rule of one class answers in a pass; looked up once a pass and policy."""

JUDGED_BY: dict[type[LeafRule], Judging] = {
    Idle: idle_rule,
    Age: lambda rule, _: age_rule(f"age {rule.age}", rule.age.seconds),
    RunningFor: lambda rule, _: running_for_rule(rule),
    Queued: lambda rule, _: queued_rule(rule),
    GbHours: lambda rule, _: gb_hours_rule(rule),
    UnreachableFor: unreachable_for_rule,
    Orphan: lambda rule, _: orphan_rule(rule),
    OwnerSessions: owner_sessions_rule,
    SeatPressure: seats_rule,
    Always: lambda _, __: Leaf("always", 0.0, lambda _: Cause(Answer.YES, _WHATEVER)),
    Ended: lambda rule, _: ended_rule(rule),
    Ordered: lambda rule, _: Leaf("by hand", 0.0, lambda _: Cause(Answer.YES, rule.said)),
}


def register(key: str, model: type[LeafRule], judging: Judging) -> None:
    """Add a rule from outside to the language and to judging, before policies are read."""
    if key in RULES:
        raise ValueError(f"there is a rule '{key}' already")
    RULES[key], JUDGED_BY[model] = model, judging
    rebuild(Policy, PolicyDocument)
