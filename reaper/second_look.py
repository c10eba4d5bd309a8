"""Looking again, immediately before a session would be ended: a plan goes stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from reaper.core.ladder import DELETE
from reaper.core.lasting import Lasting
from reaper.core.plan import Look, Outcome, Result, Step, judge_again
from reaper.core.policy import PolicySet
from reaper.core.session import Activity, Phase, Session, Snapshot
from reaper.core.verdict import Pass
from reaper.errors import AccountError, NotFound, RateLimited, ServerFault, Unreachable
from reaper.ports import Clock, SessionSource

_SERVES = timedelta(seconds=5)
_ENDED = frozenset({Result.TERMINATED, Result.UNCONFIRMED})


class SecondLook:
    """A look at one session of a plan after the other.

    It costs two requests: the session (or its owner's, where a policy compares them) and its log, of which a short one
    takes one more. Which solves and
    tasks are in flight, or where a policy needs it the whole fleet, is read for several looks together, every few
    seconds. `outcomes` grows while the plan is carried out.
    """

    def __init__(
        self,
        source: SessionSource,
        clock: Clock,
        seen: Pass,
        outcomes: Mapping[str, Outcome],
        reread: Callable[[], PolicySet],
    ) -> None:
        self._source = source
        self._clock = clock
        self._seen = seen
        self._outcomes = outcomes
        self._reread = reread
        self._computing: tuple[Session, ...] = ()
        self._computing_read_at: datetime | None = None
        self._everyone = Snapshot(seen.account, ())
        self._everyone_read_at: datetime | None = None

    def at(self, step: Step) -> Look | Outcome:
        """The look, or the outcome where there is nothing left to look at or no way to look."""
        try:
            return self._look(step)
        except NotFound:
            return Outcome(Result.ALREADY_GONE, "the server no longer knew it before its turn")
        except AccountError as error:
            why = f"nothing was asked, for the second look failed: {error}"
            return Outcome(Result.FAILED, why, trouble=isinstance(error, RateLimited | ServerFault | Unreachable))

    def _look(self, step: Step) -> Look | Outcome:
        now = self._clock.now()
        fleet, lasting, answers = self._fleet(step, now)
        session = next((s for s in fleet if s.id == step.session.id), None)
        if session is None or (session.phase is Phase.OVER and step.action != DELETE):
            return Outcome(Result.ALREADY_GONE, "it had ended by itself before its turn")
        if session.phase is Phase.OVER and session.ended_at is None:
            fleet = [replace(s, ended_at=step.session.ended_at) if s is session else s for s in fleet]
        activity = self._activity(step, session, fleet)
        if answers:
            activity = {id_: replace(a, unreachable=a.unreachable and id_ != session.id) for id_, a in activity.items()}
        again = judge_again(step, fleet, {**self._seen.activity, **activity}, self._policies(step), now, lasting)
        return Look(now, session, activity.get(session.id), again)

    def _fleet(self, step: Step, now: datetime) -> tuple[list[Session], Lasting | None, bool]:
        """The session as it is now among those that its policies weigh it against, and whether its address answers."""
        session = step.session
        if step.needs_everyone:
            return self._among_everyone(step, now)
        if step.compares_sessions:
            own = self._source.owned_by(session)
        else:
            own = (self._source.read(session.kind, session.id),)
        computing = self._in_flight(now) if step.asks_for_activity else ()
        return [*own, *(s for s in computing if s.id not in {mine.id for mine in own})], self._seen.past, True

    def _among_everyone(self, step: Step, now: datetime) -> tuple[list[Session], Lasting | None, bool]:
        """The whole fleet with the session as it is now; one that may be unreachable may be taken from the list."""
        everyone, answers = self._read_everyone(now), True
        lasting = self._seen.past if everyone.shows_everybody else None
        try:
            own = [self._source.read(step.session.kind, step.session.id)]
        except (ServerFault, Unreachable):
            if not step.asks_for_reach:
                raise
            own, answers = [s for s in everyone.sessions if s.id == step.session.id], False
        return [*own, *self._as_planned(step.session, everyone.everybody)], lasting, answers

    def _as_planned(self, session: Session, everyone: Sequence[Session]) -> list[Session]:
        """All others; whose session this run has ended still counts as it did when the plan was made.

        Else the first seats to be freed would spare the others, once fewer than `high` are held. An owner's own
        sessions that were seen to end no longer count: they would make it look busier than it is.
        """
        ended = {id_ for id_, outcome in self._outcomes.items() if outcome.result in _ENDED}
        planned = {s.id: s for s in self._seen.snapshot.sessions if s.id in ended and not _one_owner(s, session)}
        over = {id_ for id_ in ended if self._outcomes[id_].result is Result.TERMINATED}
        left = [s for s in everyone if s.id not in {session.id, *planned, *over}]
        return [*left, *planned.values()]

    def _activity(self, step: Step, session: Session, fleet: Sequence[Session]) -> dict[str, Activity]:
        """The last activity of all that the verdict rests on."""
        if not step.asks_for_activity:
            return {}
        chosen = [session]
        if step.weighs_seats:
            own = (s for s in fleet if _one_owner(s, session) and s.id != session.id)
            chosen += [s for s in own if s.phase is Phase.RUNNING]
        if step.asks_for_reach:
            chosen += self._witness(session, fleet)
        return self._source.probe(chosen)

    def _witness(self, session: Session, fleet: Sequence[Session]) -> list[Session]:
        """A session whose log answered in the first look: an outage makes its log silent, too."""
        answered = {id_ for id_, found in self._seen.learnt.items() if found.at is not None}
        return [s for s in fleet if s.id in answered and s.id != session.id][:1]

    def _policies(self, step: Step) -> PolicySet:
        """The policies as they stand now, with every exemption added meanwhile; one that changed asks for nothing."""
        now = self._reread()
        same = {v.policy.name for v in step.verdicts if any(p.hash == v.policy.hash for p in now.policies)}
        return now.only(frozenset(same))

    def _read_everyone(self, now: datetime) -> Snapshot:
        """The whole fleet, read for several looks together. Raises AccountError when it is not read completely."""
        if self._everyone_read_at is None or now - self._everyone_read_at > _SERVES:
            snapshot = self._source.fetch()
            if snapshot.doubts:
                raise AccountError(f"{snapshot.account}: {snapshot.doubts[0]}")
            self._everyone, self._everyone_read_at = snapshot, now
        return self._everyone

    def _in_flight(self, now: datetime) -> tuple[Session, ...]:
        if self._computing_read_at is None or now - self._computing_read_at > _SERVES:
            self._computing, self._computing_read_at = self._source.computing(), now
        return self._computing


def _one_owner(one: Session, other: Session) -> bool:
    """Upper and lower case make no two owners of one, as where seats are counted."""
    return one.owner is not None and other.owner is not None and one.owner.casefold() == other.owner.casefold()
