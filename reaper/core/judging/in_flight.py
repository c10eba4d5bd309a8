"""Whose solves and tasks are in flight.

A WebUI session that waits for its own solve is not idle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reaper.core.model.matching import Answer
from reaper.core.model.names import folded
from reaper.core.model.owner import Owner
from reaper.core.model.session import Phase, Session

Pair = tuple[Owner, str | None]
"""An owner and an app as people read it; None stands for what is not known."""


@dataclass(frozen=True)
class InFlight:
    """The pairs that certainly and perhaps have a solve or task in flight."""

    surely: frozenset[Pair]
    perhaps: frozenset[Pair]

    @classmethod
    def among(cls, sessions: Iterable[Session]) -> InFlight:
        surely: set[Pair] = set()
        perhaps: set[Pair] = set()
        for session in sessions:
            if not _in_flight(session):
                continue
            pair = _pair(session)
            certain = session.phase is not Phase.UNKNOWN and _known(pair)
            (surely if certain else perhaps).add(pair)
        return cls(frozenset(surely), frozenset(perhaps))

    def has(self, session: Session) -> Answer:
        """Whether the session's owner has a solve or task in flight for the same app."""
        if not (self.surely or self.perhaps):
            return Answer.NO
        pair = _pair(session)
        if _known(pair) and pair in self.surely:
            return Answer.YES
        if self.perhaps and any(_may_be(pair, other) for other in self.perhaps):
            return Answer.UNKNOWN
        if not _known(pair) and any(_may_be(pair, other) for other in self.surely):
            return Answer.UNKNOWN
        return Answer.NO


def _in_flight(session: Session) -> bool:
    """From the queue on, unless it may be scheduled for later: then from its assignment on.

    One of a kind that nobody knows may compute for its owner, too.
    """
    traits = session.traits
    if traits.interactive or session.phase is Phase.OVER:
        return False
    return session.state not in traits.scheduled


def _pair(session: Session) -> Pair:
    return Owner.of(session), None if session.app is None else folded(session.app)


def _known(pair: Pair) -> bool:
    owner, app = pair
    return owner.known and app is not None


def _may_be(one: Pair, other: Pair) -> bool:
    """Whether both parts may be the same."""
    same_app = None in (one[1], other[1]) or one[1] == other[1]
    return same_app and one[0].may_be(other[0]) is not Answer.NO
