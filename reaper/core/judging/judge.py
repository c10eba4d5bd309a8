"""Judging: every policy over every session it selects, in three-valued logic, with the evidence.

An unknown is never a reason to terminate: it makes a verdict `undetermined` wherever it could
decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, product
from operator import attrgetter

from reaper.core.judging.evaluation import Compiled, compiled
from reaper.core.judging.facts import SessionFacts, finished, session_facts
from reaper.core.judging.leaf import RuleContext
from reaper.core.judging.match import PolicyMatch, match_policy
from reaper.core.judging.persistence import NOTHING, ObservedSince
from reaper.core.judging.quota import Member
from reaper.core.judging.seats import NO_SEATS, Seats
from reaper.core.judging.start import from_the_start
from reaper.core.judging.verdict import Ruling, Verdict
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.rules import Need, leaves
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Activity, Phase, Session, understood


def judge(
    policies: PolicySet,
    sessions: Sequence[Session],
    activity: Mapping[str, Activity],
    now: datetime,
    lasting: ObservedSince | None = NOTHING,
) -> list[Verdict]:
    """Every verdict of every policy in force, in policy order.

    On sessions that are not over, and where a policy deletes, on those that are. `lasting` is what
    earlier looks showed, None where this one may not show everybody.
    """
    sessions = understood(sessions, policies.relied_on(now))
    activity = from_the_start(sessions, activity, now)
    present, over = session_facts(sessions, activity, now, lasting), finished(sessions, now)
    exempt = policies.exemptions
    return [
        verdict
        for policy in policies.in_force(now)
        for verdict in PolicyEvaluation(
            policy, exempt, over if policy.deletes else present, activity, now
        ).verdicts()
        if not verdict.session.nameless
    ]


def unresolved(
    policies: PolicySet,
    sessions: Sequence[Session],
    known: Mapping[str, Activity],
    now: datetime,
    lasting: ObservedSince | None = NOTHING,
) -> list[Session]:
    """The sessions whose verdict a fresh look at their activity can change, and no others.

    But for one more where a log may be unreachable: that another one answers shows that it is not
    the server.
    """
    sessions = understood(sessions, policies.relied_on(now))
    known = from_the_start(sessions, known, now)
    present = session_facts(sessions, known, now, lasting)
    wanted: dict[str, Session] = {}
    for policy in policies.in_force(now):
        if Need.ACTIVITY in policy.needs:
            evaluation = PolicyEvaluation(policy, policies.exemptions, present, known, now)
            questions = list(evaluation.open_questions())
            wanted |= {session.id: session for session in questions}
            if Need.REACHABILITY in policy.needs and questions:
                wanted |= _witness(present, known, wanted)
    return [session for session in wanted.values() if not session.nameless]


def _witness(
    present: Sequence[SessionFacts],
    activity: Mapping[str, Activity],
    to_probe: Mapping[str, Session],
) -> dict[str, Session]:
    """A session that is not asked for anyway, first of all one whose log could be read before."""
    others = [
        s.session
        for s in present
        if s.phase is Phase.RUNNING and not s.fresh and s.session.id not in to_probe
    ]
    best = max(others, key=lambda session: (session.id in activity, session.id), default=None)
    return {} if best is None else {best.id: best}


SelectedSession = tuple[SessionFacts, PolicyMatch]
_NO, _UNKNOWN, _YES = Answer  # looking up a member costs more than comparing it
_COMPLIANT = Ruling.COMPLIANT
_EITHER = (_YES, _NO)


class PolicyEvaluation:
    """One policy with everything it needs to judge one pass's sessions."""

    def __init__(
        self,
        policy: Policy,
        protect: Sequence[Exemption],
        present: Sequence[SessionFacts],
        activity: Mapping[str, Activity],
        now: datetime,
    ) -> None:
        self._policy = policy
        heeded = (*protect, *policy.exempt) if policy.heeds_exemptions else ()
        exemptions = [e for e in heeded if e.holds_at(now)]
        self._chosen = _chosen(policy, exemptions, present)
        self._weighed = [*self._chosen, *_alike(policy, exemptions, present)]
        members = (
            [Member(s.session, sure=g.sure) for s, g in self._weighed]
            if Need.OWNER in policy.needs
            else []
        )
        seats = Seats.among(self._weighed) if Need.EVERYBODY_ACTIVITY in policy.needs else NO_SEATS
        self._scene = RuleContext(now, activity, members, seats)

    def verdicts(self) -> Iterator[Verdict]:
        return map(self._judging(compiled(self._policy.rule, self._scene)), self._chosen)

    def open_questions(self) -> Iterator[Session]:
        """The sessions that are undetermined for want of a probe which could settle them.

        A quota by activity needs to know the whole owner's, also of sessions that are settled
        themselves.
        """
        questions = [
            one
            for one, verdict in zip(self._chosen, self.verdicts(), strict=True)
            if _wants_probe(verdict)
        ]
        if not questions:
            return
        possible = [
            self._judging(compiled(self._policy.rule, context))
            for context in self._possible_contexts()
        ]
        open_ = [
            one[0]
            for one in questions
            if any(judged(one).ruling is not Ruling.UNDETERMINED for judged in possible)
        ]
        yield from (s.session for s in open_ if not s.fresh)
        if open_ and Need.EVERYBODY_ACTIVITY in self._policy.needs:
            yield from (s.session for s, _ in self._weighed if s.counts and not s.fresh)
        elif open_ and Need.OWNER_ACTIVITY in self._policy.needs:
            owners = {Owner.of(s.session) for s in open_}
            weighed = (s for s, _ in self._weighed if s.counts and not s.fresh)
            yield from (s.session for s in weighed if _among(owners, Owner.of(s.session)))

    def _possible_contexts(self) -> Iterator[RuleContext]:
        """Everything that fresh probes could tell apart.

        Each idle threshold reached or not, each rank.
        """
        silences = [r.thresholds() for r in leaves(self._policy.rule) if r.measure == "idle"]
        idle = sorted({0.0, *chain.from_iterable(silences)})
        ranks = (
            _EITHER
            if Need.OWNER_ACTIVITY in self._policy.needs
            or Need.EVERYBODY_ACTIVITY in self._policy.needs
            else (Answer.UNKNOWN,)
        )
        reaches = _EITHER if Need.REACHABILITY in self._policy.needs else (Answer.UNKNOWN,)
        return (self._scene.assuming(*assumed) for assumed in product(idle, ranks, reaches))

    def _judging(self, rules: Compiled) -> Callable[[SelectedSession], Verdict]:
        """The verdict on a session by these rules.

        All that is the same for each of them is looked up here, once.
        """
        policy, decide, findings = self._policy, rules.cause, rules.findings

        def verdict(chosen: SelectedSession) -> Verdict:
            subject, match = chosen
            evidence = partial(findings, subject)
            if match.exemption is not None:
                return Verdict(subject.session, policy, Ruling.EXEMPT, evidence, match.exemption)
            answer = decide(subject)[0]
            if answer is _NO and not subject.session.half_read:
                return Verdict(subject.session, policy, _COMPLIANT, evidence)
            unknowns = _unknowns(subject, match)
            ruling = Ruling.UNDETERMINED if unknowns or answer is _UNKNOWN else Ruling.OFFENDER
            return Verdict(subject.session, policy, ruling, evidence, None, unknowns)

        return verdict


def _wants_probe(verdict: Verdict) -> bool:
    return verdict.ruling is Ruling.UNDETERMINED and any(f.wants_probe for f in verdict.findings)


def _chosen(
    policy: Policy, exemptions: Sequence[Exemption], present: Sequence[SessionFacts]
) -> list[SelectedSession]:
    """Those that the policy selects or may select.

    Of sessions that are alike to it, the first one tells for all.
    """
    tests = (policy.test, *(exemption.test for exemption in exemptions))
    fields = {field for test in tests for field in test.fields}
    read = attrgetter(*sorted(fields)) if fields else lambda _: None
    matches: dict[object, PolicyMatch] = {}
    chosen = []
    for subject in present:
        values = read(subject.session)
        match = matches.get(values)
        if match is None:
            match = matches[values] = match_policy(policy.test, exemptions, subject.session)
        if match.selected is not Answer.NO:
            chosen.append((subject, match))
    return chosen


def _alike(
    policy: Policy, exemptions: Sequence[Exemption], present: Sequence[SessionFacts]
) -> Iterator[SelectedSession]:
    """Those that the policy does not select only for how a name is spelt.

    They may count beside those it does.
    """
    if not (Need.OWNER in policy.needs or Need.EVERYBODY_ACTIVITY in policy.needs):
        return
    for subject in present:
        session = subject.session
        if policy.test(session) is _NO and policy.widest_test(session) is not _NO:
            yield subject, match_policy(policy.test, exemptions, session)


def _among(owners: set[Owner], other: Owner) -> bool:
    """Whether it may be one of them."""
    return other in owners if other.known else any(one.may_be(other) is not _NO for one in owners)


def _unknowns(subject: SessionFacts, match: PolicyMatch) -> tuple[str, ...]:
    """What besides the rules keeps a verdict from being one, in words."""
    session = subject.session
    if (
        subject.phase is not Phase.UNKNOWN
        and not session.half_read
        and not session.of_unknown_kind
        and match.sure
        and match.doubtful is None
    ):
        return ()
    unread = f" ({'; '.join(map(str, session.problems))})" if session.problems else ""
    unknowns: list[str] = []
    if session.half_read:
        unknowns.append(f"it could be read only in part{unread}")
    elif session.of_unknown_kind:
        unknowns.append(f"the kind '{session.kind}' is not one that is known")
    elif subject.phase is Phase.UNKNOWN:
        unknowns.append(f"the state '{session.state}' is not one that is known to run")
    if not match.sure:
        unknowns.append("whether the policy selects it is not known")
    if match.doubtful is not None:
        unknowns.append(f"whether it is exempt ({match.doubtful}) is not known")
    return tuple(unknowns)
