"""Whose solves and tasks are in flight: a WebUI session that waits for its own solve is not idle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reaper.core.matching import Answer
from reaper.core.session import SOLVE, TASK, Phase, Session

Pair = tuple[str | None, str | None]
"""An owner in lower case and an app; None stands for what is not known."""


@dataclass(frozen=True)
class Busy:
    """The pairs that certainly and perhaps have a solve or task in flight."""

    surely: frozenset[Pair]
    perhaps: frozenset[Pair]

    @classmethod
    def among(cls, sessions: Iterable[Session]) -> Busy:
        surely: set[Pair] = set()
        perhaps: set[Pair] = set()
        for session in sessions:
            pair = _pair(session)
            if not _computes(session):
                continue
            certain = session.phase is not Phase.UNKNOWN and None not in pair
            (surely if certain else perhaps).add(pair)
        return cls(frozenset(surely), frozenset(perhaps))

    def has(self, session: Session) -> Answer:
        """Whether the session's owner has a solve or task in flight for the same app."""
        pair = _pair(session)
        if pair in self.surely:
            return Answer.YES
        if self.perhaps and any(_may_be(pair, other) for other in self.perhaps):
            return Answer.UNKNOWN
        if None in pair and any(_may_be(pair, other) for other in self.surely):
            return Answer.UNKNOWN
        return Answer.NO


def _pair(session: Session) -> Pair:
    return (session.owner.casefold() if session.owner else None, session.app)


def _computes(session: Session) -> bool:
    if session.kind == SOLVE:
        return session.phase is not Phase.OVER
    return session.kind == TASK and session.phase in (Phase.RUNNING, Phase.UNKNOWN)


def _may_be(one: Pair, other: Pair) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))
