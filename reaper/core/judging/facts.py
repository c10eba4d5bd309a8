"""A session together with all that the rules ask of it, looked up once a pass for every policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reaper.core.judging.in_flight import InFlight
from reaper.core.judging.persistence import NOTHING, Condition, CoOwners, ObservedSince, in_reach
from reaper.core.judging.start import running_since
from reaper.core.model.matching import Answer
from reaper.core.model.session import Activity, Phase, Session


@dataclass(slots=True)
class SessionFacts:
    """A session and what is known of it; lengths of time are in seconds, and None when unknown.

    `fresh` when the activity was learnt in this pass. `in_flight` tells whether the owner has a solve or
    task in flight for the app of this WebUI session. `alone` tells whether the owner of this solve
    or task has no other session, and `alone_for` since when. `unreachable_for` is None unless the
    log does not answer. It has been running for `uptime` at most, and so is idle for no longer.
    """

    session: Session
    phase: Phase
    age: float | None
    idle: float | None
    source: str
    fresh: bool
    in_flight: Answer
    ended: float | None = None
    running_for: float | None = None
    alone: Answer = Answer.NO
    alone_for: float = 0.0
    unreachable_for: float | None = None
    uptime: float | None = None

    @property
    def gb_hours(self) -> float | None:
        return self.session.gb_hours

    @property
    def counts(self) -> bool:
        """Whether it can count towards an owner's quota."""
        return self.phase is not Phase.WAITING


def session_facts(
    sessions: Iterable[Session],
    activity: Mapping[str, Activity],
    now: datetime,
    lasting: ObservedSince | None,
) -> list[SessionFacts]:
    """The sessions that are not known to be over, each once however often a list repeats it.

    `lasting` is None where the look may not show everybody; then nobody is known to be alone, or
    unreachable.
    """
    past = lasting or NOTHING
    each = {s.id: s for s in sessions}.values()
    alive = [(s, phase) for s in each if (phase := s.phase) is not Phase.OVER]
    in_flight, co_owners = InFlight.among(s for s, _ in alive), CoOwners(s for s, _ in alive)
    subjects = [
        _subject(session, phase, activity.get(session.id), in_flight, now)
        for session, phase in alive
    ]
    reached = in_reach(a for a in activity.values() if a.learnt_at >= now)
    for subject in subjects:
        id_ = subject.session.id
        if not subject.session.traits.interactive:
            subject.alone = Answer.UNKNOWN if lasting is None else co_owners.alone(subject.session)
            subject.alone_for = (now - past.get((id_, Condition.ALONE), now)).total_seconds()
        if lasting is not None and reached and subject.fresh and activity[id_].unreachable:
            subject.unreachable_for = (
                now - past.get((id_, Condition.UNREACHABLE), now)
            ).total_seconds()
    return subjects


def finished(sessions: Iterable[Session], now: datetime) -> list[SessionFacts]:
    """The sessions that are known to be over."""
    return [
        replace(_subject(s, Phase.OVER, None, _NOBODY, now), ended=_since(s.ended_at, now))
        for s in sessions
        if s.phase is Phase.OVER
    ]


def _since(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None or moment > now else (now - moment).total_seconds()


def _in_flight(session: Session, in_flight: InFlight) -> Answer:
    """Whether it waits for what its owner computes; not known of a kind that nobody knows."""
    if session.of_unknown_kind:
        return Answer.UNKNOWN
    return in_flight.has(session) if session.traits.interactive else Answer.NO


_NOBODY = InFlight(frozenset(), frozenset())


def _subject(
    session: Session, phase: Phase, learnt: Activity | None, in_flight: InFlight, now: datetime
) -> SessionFacts:
    age = session.age(now)
    idle = learnt.idle(now) if learnt else None
    return SessionFacts(
        session,
        phase,
        None if age is None else age.total_seconds(),
        None if idle is None else idle.total_seconds(),
        learnt.source if learnt else "",
        learnt is not None and learnt.learnt_at >= now,
        _in_flight(session, in_flight),
        running_for=_since(session.started_at, now) if phase is Phase.RUNNING else None,
        uptime=_since(running_since(session, now), now),
    )
