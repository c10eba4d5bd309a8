"""Looking again, immediately before a session would be ended: a plan goes stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reaper.core.judging.persistence import ObservedSince
from reaper.core.judging.verdict import Observation
from reaper.core.language.leaf_rule import Need
from reaper.core.language.policy import PolicySet
from reaper.core.model.action import Action
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Activity, Phase, Session, Snapshot
from reaper.core.planning.plan import Outcome, RecheckResult, Result, Step, judge_again
from reaper.errors import (
    AccountError,
    Gone,
    RateLimited,
    ServerFault,
    Unreachable,
    rejects_key,
)
from reaper.ports import Clock, SessionSource
from reaper.run.task_look import TaskLook


class Recheck:
    """A look at one session of a plan after the other.

    All that a step rests on is read for that step: the session, its log, and as far as its policies
    ask for them its owner's sessions, the solves and tasks in flight, or the whole fleet; of a task
    session also the tasks of its app. `outcomes` grows while the plan is carried out.
    """

    def __init__(
        self,
        source: SessionSource,
        clock: Clock,
        observation: Observation,
        outcomes: Mapping[str, Outcome],
        reread: Callable[[], PolicySet],
        *,
        tasks: TaskLook,
    ) -> None:
        self._source = source
        self._clock = clock
        self._observation = observation
        self._outcomes = outcomes
        self._reread = reread
        self._tasks = tasks

    def at(self, step: Step) -> RecheckResult | Outcome:
        """The look, or the outcome where there is nothing left to look at or no way to look."""
        try:
            look = self._look(step)
            return (
                self._tasks.checked(step, look)
                if isinstance(look, RecheckResult) and look.due
                else look
            )
        except Gone:
            return Outcome(Result.ALREADY_GONE, "the server no longer knew it before its turn")
        except AccountError as error:
            why = f"nothing was requested, because the recheck failed: {error}"
            return Outcome(
                Result.FAILED,
                why,
                trouble=isinstance(error, RateLimited | ServerFault | Unreachable)
                or rejects_key(error),
            )

    def _look(self, step: Step) -> RecheckResult | Outcome:
        now = self._clock.now()
        fleet, lasting, answers = self._fleet(step)
        session = next((s for s in fleet if s.id == step.session.id), None)
        if session is None:
            raise AccountError(
                f"{self._observation.account}: neither its own address nor the list shows it"
            )
        if session.phase is Phase.OVER and step.action is not Action.DELETE:
            return Outcome(Result.ALREADY_GONE, "it had ended by itself before its turn")
        if session.created_at != step.session.created_at:
            return Outcome(
                Result.NO_LONGER_DUE,
                "another session has its id now: it was created at another time",
            )
        if session.phase is Phase.OVER and session.ended_at is None:
            fleet = [
                replace(s, ended_at=step.session.ended_at) if s is session else s for s in fleet
            ]
        activity = self._activity(step, session, fleet)
        if answers:
            activity = {
                id_: replace(a, unreachable=a.unreachable and id_ != session.id)
                for id_, a in activity.items()
            }
        again = judge_again(
            step,
            fleet,
            {**self._observation.activity, **activity},
            self._policies(step),
            now,
            lasting,
            unseen=self._observation.snapshot.unseen,
        )
        return RecheckResult(now, session, activity.get(session.id), again)

    def _fleet(self, step: Step) -> tuple[list[Session], ObservedSince | None, bool]:
        """The session as it is now among those that its policies weigh it against, and whether its
        address answers.
        """
        session = step.session
        if Need.EVERYBODY in step.needs:
            return self._among_everyone(step)
        session = self._source.read(session.kind, session.id)
        own = self._of_its_owner(session) if Need.OWNER in step.needs else []
        computing = (
            self._source.computing()
            if Need.ACTIVITY in step.needs and not session.traits.computing
            else ()
        )
        fleet = {s.id: s for s in (*computing, *own, session)}
        return list(fleet.values()), self._observation.past, True

    def _of_its_owner(self, session: Session) -> Sequence[Session]:
        """Its owner's sessions.

        A list by an owner that lacks this one was filtered by something else.
        """
        own = self._source.owned_by(session)
        if session.phase is not Phase.OVER and session.id not in {s.id for s in own}:
            raise AccountError(
                f"{self._observation.account}: the list of its owner's sessions does not hold it"
            )
        ours = self._ours()
        return [s for s in own if s.id not in ours]

    def _among_everyone(self, step: Step) -> tuple[list[Session], ObservedSince | None, bool]:
        """The whole fleet with the session as it is now.

        One that may be unreachable may be taken from the list.
        """
        everyone, answers = self._read_everyone(), True
        lasting = self._observation.past if everyone.shows_everybody else None
        try:
            own = [self._source.read(step.session.kind, step.session.id)]
        except (ServerFault, Unreachable):
            if Need.REACHABILITY not in step.needs:
                raise
            own, answers = [s for s in everyone.sessions if s.id == step.session.id], False
        return [*own, *self._as_planned(step.session, everyone.everybody)], lasting, answers

    def _as_planned(self, session: Session, everyone: Sequence[Session]) -> list[Session]:
        """All others; whose session this run has ended still counts as it did when the plan was
        made.

        Else the first seats to be freed would spare the others, once fewer than `high` are held. An
        owner's own
        sessions that were seen to end no longer count: they would make it look busier than it is.
        """
        ours = {id_ for id_, outcome in self._outcomes.items() if outcome.result.is_ours}
        owner = Owner.of(session)
        others = (
            s
            for s in self._observation.snapshot.sessions
            if Owner.of(s).may_be(owner) is not Answer.YES
        )
        planned = {s.id: s for s in others if s.id in ours}
        over = {id_ for id_, outcome in self._outcomes.items() if outcome.result.is_over}
        candidates = [s for s in everyone if s.id not in {session.id, *planned, *over, *ours}]
        return [*candidates, *planned.values()]

    def _ours(self) -> set[str]:
        """Those that this run asked to end."""
        return {id_ for id_, outcome in self._outcomes.items() if outcome.result.is_ours}

    def _activity(
        self, step: Step, session: Session, fleet: Sequence[Session]
    ) -> dict[str, Activity]:
        """The last activity of all that the verdict rests on."""
        if Need.ACTIVITY not in step.needs:
            return {}
        chosen = [session]
        if Need.EVERYBODY_ACTIVITY in step.needs:
            owner = Owner.of(session)
            own = (
                s
                for s in fleet
                if Owner.of(s).may_be(owner) is not Answer.NO and s.id != session.id
            )
            chosen += [s for s in own if s.phase is Phase.RUNNING]
        if Need.REACHABILITY in step.needs:
            chosen += self._witness(session, fleet)
        return self._source.probe(chosen)

    def _witness(self, session: Session, fleet: Sequence[Session]) -> list[Session]:
        """A session whose log answered in the first look: an outage makes its log silent, too."""
        answered = {
            id_ for id_, activity in self._observation.learnt.items() if activity.at is not None
        }
        return [s for s in fleet if s.id in answered and s.id != session.id][:1]

    def _policies(self, step: Step) -> PolicySet:
        """The policies as they stand now, with every exemption added meanwhile.

        One that changed asks for nothing.
        """
        now = self._reread()
        same = {
            v.policy.name
            for v in step.verdicts
            if any(p.hash == v.policy.hash for p in now.policies)
        }
        return now.only(frozenset(same))

    def _read_everyone(self) -> Snapshot:
        """The whole fleet. Raises AccountError when it is not read completely."""
        snapshot = self._source.fetch()
        if snapshot.doubts:
            raise AccountError(f"{snapshot.account}: {snapshot.doubts[0]}")
        return snapshot
