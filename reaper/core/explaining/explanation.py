"""Why a session is judged as it is.

Each policy with its selector, rules, exemptions, and what is to come of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from reaper.core.explaining.forecast import Change, Forecast
from reaper.core.judging.judge import judge
from reaper.core.judging.verdict import Finding, Observation, Verdict
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.rules import AllOf, AnyOf, Ended, Not, Rule
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import FIELDS, Answer, Match, SessionTest
from reaper.core.model.session import Phase, Session

BY_HAND, PROTECT, EXEMPT = "by hand", "protect", "exempt"
"""Where an exemption was given: on the command line, for all policies, in a policy."""


class Mismatch(NamedTuple):
    """A selector's field that keeps a policy from certainly selecting a session.

    `value` is None where not known.

    `alike` where only the spelling differs.
    """

    field: str
    wanted: Match
    value: str | None
    alike: bool = False


class Branch(NamedTuple):
    """A rule with its answer: `any`, `all` or `not` of its parts, or a leaf with what it found."""

    rule: str
    answer: Answer
    parts: tuple[Branch, ...] = ()
    finding: Finding | None = None


class Cover(NamedTuple):
    """An exemption that covers a session, or may, or would if it still held."""

    exemption: Exemption
    given: str
    answer: Answer
    holds: bool


@dataclass(frozen=True)
class PolicyView:
    """What one policy says of a session.

    Without a verdict it does not judge it, and `mismatches` or `aside` say why.

    `change` is the next one that comes by itself.
    """

    policy: Policy
    verdict: Verdict | None
    aside: str | None
    mismatches: tuple[Mismatch, ...]
    rule: Branch | None
    covers: tuple[Cover, ...]
    change: Change | None


def explained(observation: Observation, session: Session) -> list[PolicyView]:
    """Every policy of the look, in order, with the session as that look saw it."""
    judged = judge(
        observation.policies,
        observation.snapshot.everybody,
        observation.activity,
        observation.now,
        observation.past,
        unseen=observation.snapshot.unseen,
    )
    verdicts = {v.policy.name: v for v in judged if v.session.id == session.id}
    return [
        _view(observation, session, policy, verdicts.get(policy.name))
        for policy in observation.policies.policies
    ]


def _view(
    observation: Observation, session: Session, policy: Policy, verdict: Verdict | None
) -> PolicyView:
    return PolicyView(
        policy,
        verdict,
        _aside(policy, session, observation.now),
        tuple(mismatches(policy, session)),
        _tree(policy.rule, verdict.findings) if verdict else None,
        tuple(covers(observation.policies, policy, session, observation.now)),
        Forecast(observation.policies, policy, session, observation).next_change(),
    )


def _aside(policy: Policy, session: Session, now: datetime) -> str | None:
    """Why the policy does not look at the session, whatever it selects, in words."""
    if (why := policy.dormant(now)) is not None:
        return f"not in force: {why}"
    if policy.deletes and session.phase is not Phase.OVER:
        return "it deletes records of sessions that are over, and this one is not"
    if session.phase is Phase.OVER and not policy.deletes:
        return f"the session is over ({session.state})"
    return None


def mismatches(policy: Policy, session: Session) -> Iterator[Mismatch]:
    """Each field of the selector that does not match, or of which that is not known."""
    for field, wanted in policy.select.matches().items():
        if SessionTest({field: wanted}, fold=False)(session) is not Answer.YES:
            alike = SessionTest({field: wanted}, fold=True)(session) is Answer.YES
            yield Mismatch(field, wanted, FIELDS[field](session), alike)


def covers(policies: PolicySet, policy: Policy, session: Session, now: datetime) -> Iterator[Cover]:
    """The exemptions that are about the session, in the order in which they are asked."""
    given = [(e, PROTECT) for e in policies.protect]
    given += [(e, BY_HAND) for e in policies.granted]
    given += [(e, EXEMPT) for e in policy.exempt]
    for exemption, where in given:
        answer = exemption.test(session)
        if answer is not Answer.NO:
            yield Cover(exemption, where, answer, exemption.holds_at(now))


def _tree(rule: Rule | Ended, findings: tuple[Finding, ...]) -> Branch:
    """The rule as it was written, each leaf with its finding.

    These come in the order of the leaves.
    """
    return _branch(rule, iter(findings))


def _branch(rule: Rule | Ended, findings: Iterator[Finding]) -> Branch:
    match rule:
        case AnyOf():
            parts = tuple(_branch(one, findings) for one in rule.any)
            return Branch("any", max(p.answer for p in parts), parts)
        case AllOf():
            parts = tuple(_branch(one, findings) for one in rule.all)
            return Branch("all", min(p.answer for p in parts), parts)
        case Not():
            inner = _branch(rule.not_, findings)
            return Branch("not", inner.answer.negated(), (inner,))
        case _:
            finding = next(findings)
            return Branch(finding.rule, finding.answer, (), finding)
