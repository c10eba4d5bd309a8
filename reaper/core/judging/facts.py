"""A session together with all that the rules ask of it, looked up once a pass for every policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reaper.core.judging.in_flight import InFlight
from reaper.core.judging.persistence import NOTHING, Condition, CoOwners, ObservedSince, in_reach
from reaper.core.judging.start import running_since
from reaper.core.model.matching import Answer
from reaper.core.model.session import CLOCKS_DIFFER, Activity, Phase, Session

"""By which clocks that agree may differ."""


@dataclass(slots=True)
class SessionFacts:
    """A session and what is known of it; lengths of time are in seconds, and None when unknown.

    `fresh` when the activity was learnt in this pass. `in_flight` tells whether the owner has a solve or
    task in flight for the app of this WebUI session. `alone` tells whether the owner of this solve
    or task has no other session, and `alone_for` since when. `unreachable_for` is None unless the
    log does not answer. It has been running for `uptime` at most, and so is idle for no longer.
    `of_tomorrow` when it says that it was created after now: then it may not be there at all.
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
    of_tomorrow: bool = False

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
    alive = [s for s in each if s.phase is not Phase.OVER]
    in_flight, co_owners = InFlight.among(alive), CoOwners(alive)
    subjects = [_subject(session, in_flight, now) for session in alive]
    for subject in subjects:
        if not subject.session.traits.interactive:
            since = past.get((subject.session.id, Condition.ALONE), now)
            subject.alone = Answer.UNKNOWN if lasting is None else co_owners.alone(subject.session)
            subject.alone_for = (now - since).total_seconds()
    add_activity(subjects, activity, now, lasting)
    return subjects


def add_activity(
    facts: Iterable[SessionFacts],
    activity: Mapping[str, Activity],
    now: datetime,
    lasting: ObservedSince | None,
) -> None:
    """Put in what is known of the last activity of each by now."""
    reached = in_reach(a for a in activity.values() if a.learnt_at >= now)
    for subject in facts:
        id_ = subject.session.id
        known = activity.get(id_)
        if known is None:
            continue
        idle = known.idle(now)
        subject.idle = None if idle is None else idle.total_seconds()
        subject.source, subject.fresh = known.source, known.learnt_at >= now
        if lasting is not None and reached and subject.fresh and known.unreachable:
            since = lasting.get((id_, Condition.UNREACHABLE), now)
            subject.unreachable_for = (now - since).total_seconds()


def finished(sessions: Iterable[Session], now: datetime) -> list[SessionFacts]:
    """The sessions that are known to be over."""
    return [
        replace(_subject(s, _NOBODY, now), ended=_ended(s, now))
        for s in sessions
        if s.phase is Phase.OVER
    ]


def _ended(session: Session, now: datetime) -> float | None:
    """How long ago; not known of what ended before it was created, and no longer than since it
    began.
    """
    created, started, ended = session.created_at, session.started_at, session.ended_at
    if ended is None or (created is not None and ended < created - CLOCKS_DIFFER):
        return None
    return _since(max(at for at in (created, started, ended) if at is not None), now)


def _since(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None or moment > now else (now - moment).total_seconds()


def _in_flight(session: Session, in_flight: InFlight) -> Answer:
    """Whether it waits for what its owner computes; not known of a kind that nobody knows."""
    if session.of_unknown_kind:
        return Answer.UNKNOWN
    return in_flight.has(session) if session.traits.interactive else Answer.NO


_NOBODY = InFlight(frozenset(), frozenset())


def _subject(session: Session, in_flight: InFlight, now: datetime) -> SessionFacts:
    """What is known of it without its last activity."""
    uptime = _since(running_since(session, now), now)
    started = session.started_at
    told = started is not None and started <= now and session.phase is Phase.RUNNING
    return SessionFacts(
        session,
        session.phase,
        _since(session.created_at, now),
        None,
        "",
        fresh=False,
        in_flight=_in_flight(session, in_flight),
        running_for=uptime if told else None,
        uptime=uptime,
        of_tomorrow=session.created_at is not None and session.created_at > now + CLOCKS_DIFFER,
    )
