"""Two sets of policies.

What they say differently, and which sessions of one look they would treat differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from reaper.core.judging.verdict import Finding, Observation, Ruling, Verdict, gravest
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.rules import Unit, unit_of
from reaper.core.language.selector import Exemption
from reaper.core.model.duration import spoken
from reaper.core.model.matching import Answer
from reaper.core.model.session import Session
from reaper.core.planning.plan import Plan

WAITS, CAME_BACK, TOLD, OBSERVED = "waits", "came-back", "told", "observed"
UNKNOWN, EXEMPT, LEFT_ALONE = "unknown", "exempt", "left-alone"

Judged = tuple[Observation, Plan]
"""A look as one set judges it, and what a run would do by it."""


class Disposition(NamedTuple):
    """What a run would do with a session: a step's action, or why it takes none.

    `verdicts` are those that decide it; where the session is left alone, all that there are. `due`
    is when a wait is over, and `words` what is waited for.
    """

    what: str
    verdicts: tuple[Verdict, ...] = ()
    words: str = ""
    due: datetime | None = None

    @property
    def policies(self) -> tuple[str, ...]:
        """Those that decide it; none does where the session is left alone."""
        return () if self.what == LEFT_ALONE else tuple(v.policy.name for v in self.verdicts)

    def same_as(self, other: Disposition) -> bool:
        """Whether it comes to the same, by policies of the same names, for whatever reason."""
        return (self.what, self.policies, self.due) == (other.what, other.policies, other.due)

    def reason(self, about: Iterable[str] = ()) -> str:
        """One line for a person.

        Where the session is left alone, what the policies `about` say, if they judge it.
        """
        named = set(about)
        verdicts = (
            [v for v in self.verdicts if v.policy.name in named] if self.what == LEFT_ALONE else []
        )
        reasons = dict.fromkeys(
            f"{_weighed(v)} ({v.policy.name})" for v in verdicts or self.verdicts
        )
        return "; ".join([*reasons, *filter(None, [self.words])]) or "no policy judges it"


_NOT_JUDGED = Disposition(LEFT_ALONE)


class Difference(NamedTuple):
    """A session that the two sets would treat differently."""

    session: Session
    old: Disposition
    new: Disposition


class Rewritten(NamedTuple):
    """The names of the policies that came and went, and of the others the keys that now say
    something else.

    `protect` tells whether the exemptions from all policies changed.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: dict[str, tuple[str, ...]]
    protect: bool


def rewritten(old: PolicySet, new: PolicySet) -> Rewritten:
    """What the policies say differently, whatever their order, layout and comments."""
    before, after = ({p.name: p for p in policies.policies} for policies in (old, new))
    changed = {name: _keys(before[name], after[name]) for name in after if name in before}
    return Rewritten(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed={name: keys for name, keys in changed.items() if keys},
        protect=_said(old.protect) != _said(new.protect),
    )


def _keys(old: Policy, new: Policy) -> tuple[str, ...]:
    before, after = _written(old), _written(new)
    return tuple(key for key in {**before, **after} if before.get(key) != after.get(key))


def _written(written: Policy | Exemption) -> dict[str, Any]:
    return written.model_dump(mode="json", by_alias=True, exclude_none=True)


def _said(protect: Sequence[Exemption]) -> list[str]:
    return sorted(repr(_written(exemption)) for exemption in protect)


def differences(old: Judged, new: Judged) -> list[Difference]:
    """The sessions that the two treat differently, in the order in which the look showed them."""
    before, after = dispositions(*old), dispositions(*new)
    changes = (
        Difference(session, before.get(session.id, _NOT_JUDGED), after.get(session.id, _NOT_JUDGED))
        for session in new[0].snapshot.sessions
    )
    return [one for one in changes if not one.old.same_as(one.new)]


def dispositions(observation: Observation, plan: Plan) -> dict[str, Disposition]:
    """What a run would do with each session that a policy judges, by its id, were the plan over no
    limit.
    """
    verdicts = _by_session(observation.verdicts)
    results = {id_: _left(own) for id_, own in verdicts.items()}
    results |= {id_: Disposition(OBSERVED, own) for id_, own in _by_session(plan.observed).items()}
    results |= {
        id_: Disposition(TOLD, own)
        for id_, own in _by_session(c.verdict for c in plan.to_tell).items()
    }
    for waiting in plan.waiting:
        own = tuple(v for v in verdicts[waiting.session.id] if v.policy.name == waiting.policy)
        results[waiting.session.id] = Disposition(WAITS, own, waiting.reason, waiting.due)
    results |= {step.session.id: Disposition(CAME_BACK, step.verdicts) for step in plan.came_back}
    return results | {
        step.session.id: Disposition(step.action, step.verdicts) for step in plan.steps
    }


def _by_session(verdicts: Iterable[Verdict]) -> dict[str, tuple[Verdict, ...]]:
    by_session: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_session.setdefault(verdict.session.id, []).append(verdict)
    return {id_: tuple(own) for id_, own in by_session.items()}


def _left(verdicts: tuple[Verdict, ...]) -> Disposition:
    """That of a session which is no offender, or of which nothing comes."""
    ruling = gravest(v.ruling for v in verdicts if v.ruling is not Ruling.OFFENDER)
    saying = tuple(v for v in verdicts if v.ruling is ruling)
    match ruling:
        case Ruling.UNDETERMINED:
            return Disposition(UNKNOWN, saying)
        case Ruling.EXEMPT:
            return Disposition(EXEMPT, saying)
        case _:
            return Disposition(LEFT_ALONE, saying)


def _weighed(verdict: Verdict) -> str:
    """Its reason, with the limit that each value was held against."""
    match verdict.ruling:
        case Ruling.OFFENDER:
            findings = [f for f in verdict.findings if f.answer is Answer.YES] or verdict.findings
        case Ruling.COMPLIANT:
            findings = [f for f in verdict.findings if f.answer is not Answer.UNKNOWN]
        case _:
            return verdict.reason
    return ", ".join(map(_against, findings))


def _against(finding: Finding) -> str:
    if finding.value is None:
        return str(finding)
    name = finding.rule.split()[0]
    if unit_of(finding.rule) is not Unit.SECONDS:
        return f"{name} {finding.value:g}, limit {finding.threshold:g}"
    return f"{name} {spoken(finding.value)}, limit {spoken(finding.threshold)}"
