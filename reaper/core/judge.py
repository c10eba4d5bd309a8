"""Judging: every policy over every session it selects, in three-valued logic, with the evidence.

An unknown is never a reason to terminate: it makes a verdict `undetermined` wherever it could decide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import product

from reaper.core.matching import Answer
from reaper.core.policy import Idle, Policy, PolicySet, leaves
from reaper.core.quota import Member
from reaper.core.rules import Compiled, Scene, compiled
from reaper.core.selector import Exemption
from reaper.core.session import Activity, Phase, Session
from reaper.core.subject import Subject, finished, subjects
from reaper.core.verdict import Ruling, Verdict


def judge(
    policies: PolicySet, sessions: Sequence[Session], activity: Mapping[str, Activity], now: datetime
) -> list[Verdict]:
    """Every verdict of every policy in force, in policy order.

    On sessions that are not over, and where a policy deletes, on those that are.
    """
    present, over = subjects(sessions, activity, now), finished(sessions, now)
    return [
        verdict
        for policy in policies.in_force(now)
        for verdict in _Bench(policy, policies.protect, over if policy.deletes else present, activity, now).verdicts()
    ]


def unresolved(
    policies: PolicySet, sessions: Sequence[Session], known: Mapping[str, Activity], now: datetime
) -> list[Session]:
    """The sessions whose verdict a fresh look at their activity can change, and no others."""
    present = subjects(sessions, known, now)
    wanted: dict[str, Session] = {}
    for policy in policies.in_force(now):
        if policy.asks_for_activity:
            bench = _Bench(policy, policies.protect, present, known, now)
            wanted |= {session.id: session for session in bench.open_questions()}
    return list(wanted.values())


class _Bench:
    """One policy with everything it needs to judge one pass's sessions."""

    def __init__(
        self,
        policy: Policy,
        protect: Sequence[Exemption],
        present: Sequence[Subject],
        activity: Mapping[str, Activity],
        now: datetime,
    ) -> None:
        self._policy = policy
        self._exemptions = [e for e in (*protect, *policy.exempt) if e.holds_at(now)]
        self._chosen = [s for s in present if policy.test(s.session) is not Answer.NO]
        members = [self._member(s) for s in self._chosen] if policy.compares_sessions else []
        self._scene = Scene(now, activity, members)

    def _member(self, subject: Subject) -> Member:
        return Member(subject.session, sure=self._policy.test(subject.session) is Answer.YES)

    def verdicts(self) -> Iterator[Verdict]:
        rules = compiled(self._policy.rule, self._scene)
        return (self._verdict(subject, rules) for subject in self._chosen)

    def open_questions(self) -> Iterator[Session]:
        """The sessions that are undetermined for want of a probe which could settle them.

        A quota by activity needs to know the whole owner's, also of sessions that are settled themselves.
        """
        rules = compiled(self._policy.rule, self._scene)
        asked = [s for s in self._chosen if _wants_probe(self._verdict(s, rules))]
        if not asked:
            return
        scenes = [compiled(self._policy.rule, scene) for scene in self._possible_scenes()]
        open_ = [s for s in asked if any(self._verdict(s, rules).ruling is not Ruling.UNDETERMINED for rules in scenes)]
        yield from (s.session for s in open_ if not s.fresh)
        if open_ and self._policy.ranks_by_activity:
            owners = {s.session.owner for s in open_} | {None}
            yield from (s.session for s in self._chosen if s.session.owner in owners and s.counts and not s.fresh)

    def _possible_scenes(self) -> Iterator[Scene]:
        """Everything that fresh probes could tell apart: each idle threshold reached or not, each rank."""
        rules = list(leaves(self._policy.rule))
        idle = sorted({0, *(rule.over.seconds for rule in rules if isinstance(rule, Idle))})
        ranks = (Answer.YES, Answer.NO) if self._policy.ranks_by_activity else (Answer.UNKNOWN,)
        return (self._scene.assuming(seconds, rank) for seconds, rank in product(idle, ranks))

    def _verdict(self, subject: Subject, rules: Compiled) -> Verdict:
        session, policy, doubtful = subject.session, self._policy, None
        evidence = partial(rules.findings, subject)
        for exemption in self._exemptions:
            covered = exemption.test(session)
            if covered is Answer.YES:
                return Verdict(session, policy, Ruling.EXEMPT, evidence, exemption)
            if covered is Answer.UNKNOWN:
                doubtful = exemption
        answer = rules.answer(subject)
        if answer is Answer.NO:
            return Verdict(session, policy, Ruling.COMPLIANT, evidence)
        unknowns = _unknowns(subject, policy.test(session), doubtful)
        ruling = Ruling.UNDETERMINED if unknowns or answer is Answer.UNKNOWN else Ruling.OFFENDER
        return Verdict(session, policy, ruling, evidence, None, unknowns)


def _wants_probe(verdict: Verdict) -> bool:
    return verdict.ruling is Ruling.UNDETERMINED and any(f.wants_probe for f in verdict.findings)


def _unknowns(subject: Subject, selected: Answer, doubtful: Exemption | None) -> tuple[str, ...]:
    """What besides the rules keeps a verdict from being one, in words."""
    session = subject.session
    if subject.phase is not Phase.UNKNOWN and selected is Answer.YES and doubtful is None:
        return ()
    unread = f" ({'; '.join(session.problems)})" if session.problems else ""
    found: list[str] = []
    if subject.phase is Phase.UNKNOWN:
        found.append(f"the state '{session.state}' is not one that is known to run{unread}")
    if selected is Answer.UNKNOWN:
        found.append(f"whether the policy selects it is not known{unread}")
    if doubtful is not None:
        found.append(f"whether it is exempt ({doubtful}) is not known{unread}")
    return tuple(found)
