"""What a policy says of a session, with the evidence: plain values that a record can keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from reaper.core.judging.persistence import ObservedSince
from reaper.core.judging.start import from_the_start
from reaper.core.language.leaf_rule import Unit
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.rules import unit_of
from reaper.core.language.selector import Exemption
from reaper.core.model.duration import spoken
from reaper.core.model.matching import Answer
from reaper.core.model.session import Activity, Session, Snapshot, understood


class Ruling(StrEnum):
    """`undetermined` never ends a session, and says what was not known."""

    COMPLIANT = "compliant"
    OFFENDER = "offender"
    EXEMPT = "exempt"
    UNDETERMINED = "undetermined"


class Finding(NamedTuple):
    """What one rule found.

    `value` against `threshold`, both in the unit of the rule.

    The value is None where a note says it all.

    `note` says where the value came from, or why it is not known. `wants_probe` marks an unknown
    that a fresh look at the session's log could settle.
    """

    rule: str
    answer: Answer
    value: float | None
    threshold: float
    note: str
    wants_probe: bool = False

    def __str__(self) -> str:
        if self.answer is Answer.UNKNOWN:
            return f"{self.rule}: unknown, {self.note}"
        if self.value is None:
            return self.note
        name = self.rule.split()[0]
        timed = unit_of(self.rule) is Unit.SECONDS
        measured = f"{name} {spoken(self.value) if timed else format(self.value, 'g')}"
        return f"{measured} ({self.note})" if self.note else measured


Evidence = tuple[Finding, ...] | Callable[[], tuple[Finding, ...]]
"""What was found, or how to say it when someone asks: most verdicts are never looked at twice."""


class Verdict(NamedTuple):
    """What one policy says of one session.

    `unknowns` names what was not known of the selection or an exemption.
    """

    session: Session
    policy: Policy
    ruling: Ruling
    evidence: Evidence = ()
    exemption: Exemption | None = None
    unknowns: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What each rule found, in the order the rules were written."""
        return self.evidence() if callable(self.evidence) else self.evidence

    def materialized(self) -> Verdict:
        """The same with its findings at hand, for whoever reads them several times."""
        if not callable(self.evidence):
            return self
        return Verdict(
            self.session, self.policy, self.ruling, self.evidence(), self.exemption, self.unknowns
        )

    @property
    def reason(self) -> str:
        """One line for a person."""
        match self.ruling:
            case Ruling.EXEMPT:
                return f"exempt: {self.exemption}"
            case Ruling.UNDETERMINED:
                unknown = [str(f) for f in self.findings if f.answer is Answer.UNKNOWN]
                return "; ".join([*self.unknowns, *unknown])
            case Ruling.OFFENDER:
                met = [str(f) for f in self.findings if f.answer is Answer.YES]
                return "; ".join(met or map(str, self.findings))
            case Ruling.COMPLIANT:
                return "; ".join(str(f) for f in self.findings if f.answer is not Answer.UNKNOWN)

    @property
    def fingerprint(self) -> str:
        """Equal as long as nothing changed but the passing of time.

        What has an equal fingerprint is not recorded again.
        """
        match self.ruling:
            case Ruling.COMPLIANT:
                return "compliant"
            case Ruling.EXEMPT:
                return f"exempt|{self.exemption}"
            case Ruling.UNDETERMINED:
                return f"undetermined|{self.reason}"
            case Ruling.OFFENDER:
                return "offender|" + "".join(_INITIAL[f.answer] for f in self.findings)


_INITIAL = ("-", "?", "+")


@dataclass(frozen=True)
class Observation:
    """Everything one pass over an account saw and concluded, before anything is done about it.

    `activity` is what was known of each session's last activity, `learnt` the part of it that this
    pass looked up; both by session id. `lasting` is what earlier looks had shown already.
    `extra_doubts` are reasons not to act on it besides those that the snapshot itself names.
    `once` is what of `lasting` only one look had shown. Where this look does not follow the one
    before, all that lasts starts over. `key_refused` says that the server refused the key, for
    everything or for what the judgement needs.
    """

    account: str
    now: datetime
    snapshot: Snapshot
    policies: PolicySet
    verdicts: Sequence[Verdict]
    activity: Mapping[str, Activity] = field(default_factory=dict)
    learnt: Mapping[str, Activity] = field(default_factory=dict)
    lasting: ObservedSince = field(default_factory=dict)
    extra_doubts: tuple[str, ...] = ()
    once: frozenset[tuple[str, str]] = frozenset()
    follows: bool = True
    key_refused: str | None = None

    @property
    def doubts(self) -> tuple[str, ...]:
        """Every reason not to act on it."""
        return (*self.snapshot.doubts, *self.extra_doubts)

    @property
    def complete(self) -> bool:
        """Whether it may be acted upon."""
        return not self.doubts

    @property
    def half_read(self) -> list[Session]:
        """The sessions that could be read only in part, and so are judged by nobody."""
        relied_on = self.policies.relied_on(self.now)
        return [
            session
            for session in understood(self.snapshot.sessions, relied_on)
            if session.half_read
        ]

    @property
    def past(self) -> ObservedSince | None:
        """What earlier looks showed, as a judgement of this one may use it.

        None where it may not show everybody.
        """
        return self.lasted if self.snapshot.shows_everybody else None

    @property
    def lasted(self) -> ObservedSince:
        """What more than one earlier look showed.

        The moments of two say nothing of the time between them.
        """
        return {key: since for key, since in self.lasting.items() if key not in self.once}

    def with_activity(self, learnt: Mapping[str, Activity]) -> Observation:
        """The same look with more that was learnt of its sessions."""
        activity = from_the_start(
            self.snapshot.sessions, {**self.activity, **learnt}, self.now, self.lasting
        )
        return replace(self, activity=activity, learnt={**self.learnt, **learnt})

    def rulings(self) -> dict[str, Ruling]:
        """The gravest ruling on each session that a policy selects, by its id."""
        rulings: dict[str, Ruling] = {}
        for verdict in self.verdicts:
            ruling = rulings.get(verdict.session.id)
            if ruling is None or _GRAVITY[verdict.ruling] > _GRAVITY[ruling]:
                rulings[verdict.session.id] = verdict.ruling
        return rulings

    def count(self) -> dict[Ruling, int]:
        """How many sessions had each ruling as their gravest, over all policies."""
        counts = Counter(self.rulings().values())
        return {ruling: counts[ruling] for ruling in Ruling}

    def count_by_policy(self) -> dict[str, dict[Ruling, int]]:
        """How many sessions each policy that is in force judged, and how; empty of one that
        selected nobody.
        """
        in_force = [policy.name for policy in self.policies.in_force(self.now)]
        counts = Counter((verdict.policy.name, verdict.ruling) for verdict in self.verdicts)
        return {
            name: {ruling: counts[name, ruling] for ruling in Ruling if counts[name, ruling]}
            for name in in_force
        }


_GRAVITY = {Ruling.COMPLIANT: 0, Ruling.EXEMPT: 1, Ruling.UNDETERMINED: 2, Ruling.OFFENDER: 3}


def gravest(rulings: Iterable[Ruling]) -> Ruling | None:
    """The ruling that says most about a session; None where no policy selects it."""
    return max(rulings, key=_GRAVITY.__getitem__, default=None)


def offenders(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return [v for v in verdicts if v.ruling is Ruling.OFFENDER]
