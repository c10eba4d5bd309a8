"""What a run would do with a session: for one look, and for the next enforcing run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from reaper.core.judging.verdict import Finding, Observation, Ruling, Verdict, gravest
from reaper.core.language.leaf_rule import Unit
from reaper.core.language.rules import unit_of
from reaper.core.model.action import Action
from reaper.core.model.duration import spoken
from reaper.core.model.matching import Answer
from reaper.core.model.session import Session
from reaper.core.planning.holds import Holds, by_hand
from reaper.core.planning.plan import Plan


class DispositionKind(StrEnum):
    """What a run does with a session, or why it does nothing."""

    STEP = "step"
    WAITS = "waits"
    CAME_BACK = "came-back"
    TOLD = "told"
    OBSERVED = "observed"
    UNKNOWN = "unknown"
    EXEMPT = "exempt"
    LEFT_ALONE = "left-alone"


class Disposition(NamedTuple):
    """A session's disposition with what decides it.

    `verdicts` are those that decide it; where the session is left alone, all that there are.
    `action` is that of a step. `due` is when a wait is over, where that can be told, and `words`
    what is waited for.
    """

    kind: DispositionKind
    verdicts: tuple[Verdict, ...] = ()
    action: Action | None = None
    words: str = ""
    due: datetime | None = None

    @property
    def what(self) -> str:
        """In one word: a step's action, else the disposition."""
        return self.action or self.kind

    @property
    def policies(self) -> tuple[str, ...]:
        """Those that decide it; none does where the session is left alone."""
        if self.kind is DispositionKind.LEFT_ALONE:
            return ()
        return tuple(v.policy.name for v in self.verdicts)

    def same_as(self, other: Disposition) -> bool:
        """Whether it comes to the same, by policies of the same names, for whatever reason."""
        return (self.what, self.policies, self.due) == (other.what, other.policies, other.due)

    def reason(self, about: Iterable[str] = ()) -> str:
        """One line for a person.

        Where the session is left alone, what the policies `about` say, if they judge it.
        """
        verdicts = self.verdicts
        if self.kind is DispositionKind.LEFT_ALONE:
            names = set(about)
            verdicts = tuple(v for v in verdicts if v.policy.name in names) or verdicts
        lines = dict.fromkeys(f"{_weighed(v)} ({v.policy.name})" for v in verdicts)
        return "; ".join([*lines, *filter(None, [self.words])]) or "no policy judges it"


NOT_JUDGED = Disposition(DispositionKind.LEFT_ALONE)


def dispositions(observation: Observation, plan: Plan) -> dict[str, Disposition]:
    """What a run would do with each session that a policy judges, by its id, were the plan over no
    limit.
    """
    verdicts = _by_session(observation.verdicts)
    told = _by_session(candidate.verdict for candidate in plan.to_tell)
    result = {id_: _without_offence(own) for id_, own in verdicts.items()}
    for kind, group in (
        (DispositionKind.OBSERVED, _by_session(plan.observed)),
        (DispositionKind.TOLD, told),
    ):
        result |= {id_: Disposition(kind, own) for id_, own in group.items()}
    for wait in plan.waiting:
        own = tuple(v for v in verdicts[wait.session.id] if v.policy.name == wait.policy)
        result[wait.session.id] = Disposition(
            DispositionKind.WAITS, own, words=wait.reason, due=wait.due
        )
    for step in plan.came_back:
        result[step.session.id] = Disposition(DispositionKind.CAME_BACK, step.verdicts)
    for step in plan.steps:
        result[step.session.id] = Disposition(DispositionKind.STEP, step.verdicts, step.action)
    return result


def _by_session(verdicts: Iterable[Verdict]) -> dict[str, tuple[Verdict, ...]]:
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.session.id, []).append(verdict)
    return {id_: tuple(own) for id_, own in groups.items()}


def _without_offence(verdicts: tuple[Verdict, ...]) -> Disposition:
    """That of a session which is no offender, or of which nothing comes."""
    ruling = gravest(v.ruling for v in verdicts if v.ruling is not Ruling.OFFENDER)
    deciding = tuple(v for v in verdicts if v.ruling is ruling)
    match ruling:
        case Ruling.UNDETERMINED:
            return Disposition(DispositionKind.UNKNOWN, deciding)
        case Ruling.EXEMPT:
            return Disposition(DispositionKind.EXEMPT, deciding)
        case _:
            return Disposition(DispositionKind.LEFT_ALONE, deciding)


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


class NextRun(NamedTuple):
    """What the next enforcing run would do about a session, if it saw what this look saw.

    `what` is one word: step, halted, withheld, waits, came-back, told, observed, doubtful or
    nothing. `due` is when a wait is over, where that can be told.
    """

    what: str
    words: str
    due: datetime | None = None


def next_run(observation: Observation, plan: Plan, session: Session, holds: Holds) -> NextRun:
    """`holds` is what keeps the account's sessions from being ended now."""
    if observation.doubts:
        return NextRun("doubtful", f"it would only observe: {observation.doubts[0]}")
    disposition = dispositions(observation, plan).get(session.id, NOT_JUDGED)
    names = ", ".join(sorted(disposition.policies))
    match disposition.kind:
        case DispositionKind.STEP:
            return _step(observation.account, plan, session, names, holds)
        case DispositionKind.WAITS:
            words = f"it would wait, by {names}: {disposition.words}"
            return NextRun("waits", words, disposition.due)
        case DispositionKind.CAME_BACK:
            words = "it was seen to end and runs again; it would be reported, and not ended"
        case DispositionKind.TOLD:
            words = f"it would be left alone; people are notified by {names}"
        case DispositionKind.OBSERVED:
            verb = "only observe" if len(disposition.policies) > 1 else "only observes"
            words = f"it would be left alone: {names} {verb}"
        case DispositionKind.UNKNOWN | DispositionKind.EXEMPT | DispositionKind.LEFT_ALONE:
            return NextRun("nothing", "it would be left alone")
    return NextRun(disposition.kind, words)


def _step(account: str, plan: Plan, session: Session, names: str, holds: Holds) -> NextRun:
    step = next(step for step in plan.steps if step.session.id == session.id)
    asked, way_on = f"{step.action} by {names}", holds.way_on(account, plan.takeable)
    over = f"a limit would halt it before {asked}: {'; '.join(plan.halted)}; {way_on}"
    if holds.pause is not None:
        paused = f"{asked} would be withheld: {holds.pause}"
        if plan.halted:
            return NextRun("halted", f"{paused}; once that is over, {over}")
        return NextRun("withheld", paused)
    if plan.halted:
        return NextRun("halted", over)
    if (blocked := holds.reason()) is not None:
        more = by_hand(account, plan.takeable)
        return NextRun("withheld", f"{asked} would be withheld: {blocked}; {more}")
    return NextRun("step", f"{asked}: {step.reason}")
