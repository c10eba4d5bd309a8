"""Watching sessions until reads show that they have ended: all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import groupby
from threading import Event
from typing import NamedTuple, assert_never

from reaper.core.model.action import Action
from reaper.core.model.session import Phase, Session
from reaper.core.planning.plan import Step
from reaper.errors import AccountError, Gone, rejects_key
from reaper.ports import Clock, SessionSource

_LONGEST_PAUSE = 5.0  # seconds
_FEW = 4  # sessions of a kind that are read one by one; a list costs two requests at least


class Presence(Enum):
    """What one look shows of a session that was to end."""

    OVER = "over"
    THERE = "there"
    NOTHING = "nothing"  # it cannot be told


class Sighting(NamedTuple):
    """What was seen, in a word and in words.

    `rejected` when the server does not know the key: another look would show no more.
    """

    presence: Presence
    what: str
    rejected: bool = False


def watch_ends(
    source: SessionSource,
    clock: Clock,
    steps: Sequence[Step],
    seconds: float,
    *,
    stop: Event | None = None,
) -> Iterator[tuple[Step, Sighting]]:
    """Each step with the last sighting of its session: as soon as it is over, the others once so
    many seconds have passed, `stop` is set or the key is rejected.

    Each session is looked at once at least, while the key is good.
    """
    remaining = {step.session.id: step for step in steps}
    sightings: dict[str, Sighting] = {}
    sighting = Sighting(Presence.NOTHING, "")
    until = clock.monotonic() + seconds

    def enough() -> bool:
        stopped = stop is not None and stop.is_set()
        late = stopped or clock.monotonic() >= until
        return not remaining or sighting.rejected or (late and sightings.keys() >= remaining.keys())

    for pause in _pauses():
        clock.wait(min(pause, max(until - clock.monotonic(), 0.0)))
        for id_, sighting in _sightings(source, list(remaining.values())):
            sightings[id_] = sighting
            if sighting.presence is Presence.OVER:
                yield remaining.pop(id_), sighting
            if enough():
                break
        if enough():
            break
    for id_, step in remaining.items():
        yield step, sightings.get(id_, sighting)


def look(source: SessionSource, action: Action, kind: str, session_id: str) -> Sighting:
    """What is to be seen of the end that the action asks for, by the session's own address."""
    try:
        return _sighting(action, source.read(kind, session_id))
    except Gone:
        return Sighting(Presence.OVER, "gone")
    except AccountError as error:
        return _unread(error)


def _sightings(source: SessionSource, steps: Sequence[Step]) -> Iterator[tuple[str, Sighting]]:
    """What one round shows of each session, by its id."""
    ordered = sorted(steps, key=_list_of)
    for (kind, over), some in groupby(ordered, key=_list_of):
        alike = list(some)
        if len(alike) > _FEW:
            yield from _sightings_by_list(source, kind, alike, over=over)
        else:
            yield from ((step.session.id, _look_at(source, step)) for step in alike)


def _list_of(step: Step) -> tuple[str, bool]:
    """The kind, and whether the list that shows it until it has ended is that of what is over."""
    return step.session.kind, step.action is Action.DELETE


def _sightings_by_list(
    source: SessionSource, kind: str, steps: Sequence[Step], *, over: bool
) -> Iterator[tuple[str, Sighting]]:
    """The list tells who is still there. That one is not only its own address may tell."""
    try:
        present = {session.id: session for session in source.listed(kind, over=over)}
    except AccountError as error:
        yield from ((step.session.id, _unread(error)) for step in steps)
        return
    for step in steps:
        session = present.get(step.session.id)
        sighting = _look_at(source, step) if session is None else _sighting(step.action, session)
        yield step.session.id, sighting


def _look_at(source: SessionSource, step: Step) -> Sighting:
    return look(source, step.action, step.session.kind, step.session.id)


def _sighting(action: Action, now: Session) -> Sighting:
    match now.phase:
        case Phase.OVER if action is not Action.DELETE:
            return Sighting(Presence.OVER, str(now.state))
        case Phase.OVER | Phase.WAITING | Phase.RUNNING:
            return Sighting(Presence.THERE, f"still {now.state}")
        case Phase.UNKNOWN:
            return Sighting(Presence.NOTHING, f"still {now.state}")
        case phase:
            assert_never(phase)


def _unread(error: AccountError) -> Sighting:
    return Sighting(Presence.NOTHING, f"could not be read: {error}", rejects_key(error))


def _pauses() -> Iterator[float]:
    """Pauses in seconds that grow from a moment; the first is none."""
    pause = 0.0
    while True:
        yield pause
        pause = min(max(pause * 2, 0.1), _LONGEST_PAUSE)
