"""Judging: every policy over every session it selects, in three-valued logic, with the evidence.

An unknown is never a reason to terminate: it makes a verdict `undetermined` wherever it could
decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, product
from operator import attrgetter

from reaper.core.judging.evaluation import Witnessed, compiled
from reaper.core.judging.facts import SessionFacts, add_activity, finished, session_facts
from reaper.core.judging.leaf import RuleContext
from reaper.core.judging.match import PolicyMatch, match_policy
from reaper.core.judging.persistence import NOTHING, ObservedSince
from reaper.core.judging.quota import Member
from reaper.core.judging.seats import NO_SEATS, Seats
from reaper.core.judging.start import from_the_start
from reaper.core.judging.verdict import Ruling, Verdict
from reaper.core.language.leaf_rule import Need
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.rules import leaves
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import PARTS, Activity, Phase, Session, understood


def judge(
    policies: PolicySet,
    sessions: Sequence[Session],
    activity: Mapping[str, Activity],
    now: datetime,
    lasting: ObservedSince | None = NOTHING,
    *,
    unseen: str = "",
) -> list[Verdict]:
    """Every verdict of every policy in force, in policy order.

    On sessions that are not over, and where a policy deletes, on those that are. `lasting` is what
    earlier looks showed, None where this one may not show everybody. `unseen` as in a snapshot.
    """
    return Judgement(policies, sessions, activity, now, lasting, unseen=unseen).verdicts()


def unresolved(
    policies: PolicySet,
    sessions: Sequence[Session],
    known: Mapping[str, Activity],
    now: datetime,
    lasting: ObservedSince | None = NOTHING,
    *,
    unseen: str = "",
) -> list[Session]:
    """The sessions whose verdict a fresh look at their activity can change."""
    return Judgement(policies, sessions, known, now, lasting, unseen=unseen).unresolved()


class Judgement:
    """One look, judged by every policy in force: each session once by what is known at first.

    Where more is learnt, only what that can change is judged again.
    """

    def __init__(
        self,
        policies: PolicySet,
        sessions: Sequence[Session],
        activity: Mapping[str, Activity],
        now: datetime,
        lasting: ObservedSince | None = NOTHING,
        *,
        unseen: str = "",
    ) -> None:
        self._now, self._lasting = now, lasting
        self._sessions = understood(sessions, policies.relied_on(now))
        self._activity = from_the_start(self._sessions, activity, now)
        self._present = session_facts(self._sessions, self._activity, now, lasting)
        over, exempt = finished(self._sessions, now), policies.exemptions
        self._evaluations = [
            _PolicyEvaluation(
                policy,
                exempt,
                over if policy.deletes else self._present,
                self._activity,
                now,
                unseen=unseen,
            )
            for policy in policies.in_force(now)
        ]

    def verdicts(self) -> list[Verdict]:
        """Every verdict, in policy order."""
        return [
            verdict
            for evaluation in self._evaluations
            for verdict in evaluation.verdicts()
            if not verdict.session.nameless
        ]

    def unresolved(self) -> list[Session]:
        """The sessions whose verdict a fresh look at their activity can change, and no others.

        But for one more where a log may be unreachable: that another one answers shows that it is
        not the server.
        """
        wanted: dict[str, Session] = {}
        for evaluation in self._evaluations:
            if Need.ACTIVITY in evaluation.needs:
                asked = list(evaluation.open_questions())
                wanted |= {session.id: session for session in asked}
                if Need.REACHABILITY in evaluation.needs and asked:
                    wanted |= _witness(self._present, self._activity, wanted)
        return [session for session in wanted.values() if not session.nameless]

    def learn(self, learnt: Mapping[str, Activity]) -> None:
        """Take in what a look at the activity of some sessions showed."""
        if not learnt:
            return
        more = {**self._activity, **learnt}
        self._activity = from_the_start(self._sessions, more, self._now)
        add_activity(self._present, self._activity, self._now, self._lasting)
        for evaluation in self._evaluations:
            evaluation.learn(self._activity, learnt.keys())


def _witness(
    present: Sequence[SessionFacts], known: Mapping[str, Activity], asked: Mapping[str, Session]
) -> dict[str, Session]:
    """A session that is not asked for anyway, first of all one whose log could be read before."""
    others = [
        s.session
        for s in present
        if s.phase is Phase.RUNNING and not s.fresh and s.session.id not in asked
    ]
    best = max(others, key=lambda session: (session.id in known, session.id), default=None)
    return {} if best is None else {best.id: best}


_SelectedSession = tuple[SessionFacts, PolicyMatch]
_NO, _UNKNOWN, _YES = Answer  # looking up a member costs more than comparing it
_COMPLIANT = Ruling.COMPLIANT
_EITHER = (_YES, _NO)
_OF_OTHERS = {Need.OWNER, Need.OWNER_ACTIVITY, Need.EVERYBODY_ACTIVITY}
_BY_ACTIVITY = {
    Need.ACTIVITY,
    Need.OWNER_ACTIVITY,
    Need.EVERYBODY_ACTIVITY,
    Need.REACHABILITY,
}


class _PolicyEvaluation:
    """One policy with everything it needs to judge one pass's sessions."""

    def __init__(
        self,
        policy: Policy,
        protect: Sequence[Exemption],
        present: Sequence[SessionFacts],
        activity: Mapping[str, Activity],
        now: datetime,
        *,
        unseen: str = "",
    ) -> None:
        self._policy, self._now, self._unseen = policy, now, unseen
        self.needs = policy.needs
        heeded = (*protect, *policy.exempt) if policy.heeds_exemptions else ()
        exemptions = [e for e in heeded if e.holds_at(now)]
        self._chosen, self._matches = _chosen(policy, exemptions, present)
        self._weighed: list[_SelectedSession] = []
        if policy.needs & _OF_OTHERS:
            chosen = zip(self._chosen, self._matches, strict=True)
            self._weighed = [*chosen, *_alike(policy, exemptions, present)]
        self._scene = self._context(activity)
        self._verdicts: list[Verdict] = []

    def _context(self, activity: Mapping[str, Activity]) -> RuleContext:
        members = (
            [Member(s.session, sure=g.sure and not s.of_tomorrow) for s, g in self._weighed]
            if Need.OWNER in self.needs
            else []
        )
        seats = Seats.among(self._weighed) if Need.EVERYBODY_ACTIVITY in self.needs else NO_SEATS
        return RuleContext(self._now, activity, members, seats, unseen=self._unseen)

    def verdicts(self) -> list[Verdict]:
        """One on each session that it selects, or may select."""
        if not self._verdicts:
            self._verdicts = [*map(self._by(self._scene), self._chosen, self._matches)]
        return self._verdicts

    def learn(self, activity: Mapping[str, Activity], whose: Collection[str]) -> None:
        """Judge again those whose last activity is known now.

        Where a rule weighs sessions against others, that may be any of them.
        """
        if not self.needs & _BY_ACTIVITY:
            return
        self._scene = self._context(activity)
        if self.needs != {Need.ACTIVITY}:
            self._verdicts = []
            return
        judge_again = self._by(self._scene)
        self._verdicts = [
            judge_again(one, match) if one.session.id in whose else verdict
            for one, match, verdict in self._judged()
        ]

    def _judged(self) -> Iterator[tuple[SessionFacts, PolicyMatch, Verdict]]:
        return zip(self._chosen, self._matches, self.verdicts(), strict=True)

    def open_questions(self) -> Iterator[Session]:
        """The sessions that are undetermined for want of a probe which could settle them.

        A quota by activity needs to know the whole owner's, also of sessions that are settled
        themselves.
        """
        asked = [(one, match) for one, match, verdict in self._judged() if _wants_probe(verdict)]
        if not asked:
            return
        possible = [self._by(context) for context in self._possible_contexts()]
        open_ = [
            one
            for one, match in asked
            if any(judged(one, match).ruling is not Ruling.UNDETERMINED for judged in possible)
        ]
        yield from (s.session for s in open_ if not s.fresh)
        if open_ and Need.EVERYBODY_ACTIVITY in self.needs:
            yield from (s.session for s, _ in self._weighed if s.counts and not s.fresh)
        elif open_ and Need.OWNER_ACTIVITY in self.needs:
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
            if Need.OWNER_ACTIVITY in self.needs or Need.EVERYBODY_ACTIVITY in self.needs
            else (Answer.UNKNOWN,)
        )
        reaches = _EITHER if Need.REACHABILITY in self.needs else (Answer.UNKNOWN,)
        return (self._scene.assuming(*assumed) for assumed in product(idle, ranks, reaches))

    def _by(self, context: RuleContext) -> Callable[[SessionFacts, PolicyMatch], Verdict]:
        """The verdict on a session in this context.

        All that is the same for each of them is looked up here, once.
        """
        rules = compiled(self._policy.rule, context)
        policy, decide = self._policy, rules.cause

        def verdict(subject: SessionFacts, match: PolicyMatch) -> Verdict:
            evidence = Witnessed(rules, subject)
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
) -> tuple[list[SessionFacts], list[PolicyMatch]]:
    """Those that the policy selects or may select, and how each of them matches.

    Of sessions that are alike to it, the first one tells for all.
    """
    tests = (policy.test, *(exemption.test for exemption in exemptions))
    fields = {
        part for test in tests for field in test.fields for part in PARTS.get(field, (field,))
    }
    read = attrgetter(*sorted(fields)) if fields else lambda _: None
    found: dict[object, PolicyMatch] = {}
    chosen, matches = [], []
    for subject in present:
        values = read(subject.session)
        match = found.get(values)
        if match is None:
            match = found[values] = match_policy(policy.test, exemptions, subject.session)
        if match.selected is not Answer.NO:
            chosen.append(subject)
            matches.append(match)
    return chosen, matches


def _alike(
    policy: Policy, exemptions: Sequence[Exemption], present: Sequence[SessionFacts]
) -> Iterator[_SelectedSession]:
    """Those that the policy does not select only for how a name is spelt.

    They may count beside those it does.
    """
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
    found: list[str] = []
    if session.half_read:
        found.append(f"it could be read only in part{unread}")
    elif session.of_unknown_kind:
        found.append(f"the kind '{session.kind}' is not one that is known")
    elif subject.phase is Phase.UNKNOWN:
        found.append(f"the state '{session.state}' is not one that is known to run")
    if not match.sure:
        found.append("whether the policy selects it is not known")
    if match.doubtful is not None:
        found.append(f"whether it is exempt ({match.doubtful}) is not known")
    return tuple(found)
