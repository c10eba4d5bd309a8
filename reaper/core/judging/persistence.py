"""What no single look can tell the beginning of.

Since which look a condition has held in every complete one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Activity, Phase, Session


class Condition(StrEnum):
    """`alone`: a solve or task whose owner has no other session. `unreachable`.

    Its log does not answer.

    `waiting`: it waits to run. `restarted`: it runs after it was seen to wait, and does not tell
    since when.
    """

    ALONE = "alone"
    UNREACHABLE = "unreachable"
    WAITING = "waiting"
    RESTARTED = "restarted"


COUNTED = frozenset({Condition.ALONE.value, Condition.UNREACHABLE.value})
"""The conditions whose time is counted, and only over looks that follow one another."""


ObservedSince = Mapping[tuple[str, str], datetime]
"""Session id and condition -> the first of the consecutive complete looks that showed it."""

NOTHING: ObservedSince = {}


class CoOwners:
    """Whether an owner has other sessions than this one.

    One of whom a part is not known may be the same person.
    """

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions

    @cached_property
    def _surely(self) -> Counter[Owner]:
        there = (Phase.WAITING, Phase.RUNNING)
        return Counter(Owner.of(s) for s in self._sessions if s.phase in there)

    @cached_property
    def _perhaps(self) -> Counter[Owner]:
        return Counter(Owner.of(s) for s in self._sessions if s.phase is Phase.UNKNOWN)

    def alone(self, session: Session) -> Answer:
        owner, unknown = Owner.of(session), session.phase is Phase.UNKNOWN
        if not owner.known:
            return Answer.UNKNOWN
        if self._surely[owner] > (not unknown):
            return Answer.NO
        if self._perhaps[owner] > unknown or any(
            o in self._surely or o in self._perhaps for o in owner.partly
        ):
            return Answer.UNKNOWN
        return Answer.YES


def in_reach(learnt: Iterable[Activity]) -> bool:
    """Whether any log could be read: one that could not is no sign of an outage then."""
    return any(found.at is not None for found in learnt)


def conditions(
    sessions: Sequence[Session], learnt: Mapping[str, Activity], *, everybody: bool = True
) -> set[tuple[str, str]]:
    """Which conditions hold in a look, as (session id, condition).

    Nobody is known to be alone in a look that may not show `everybody`.
    """
    co_owners = CoOwners(sessions)
    keys = {
        (s.id, Condition.ALONE.value)
        for s in sessions
        if everybody
        and s.traits.computing
        and s.phase is not Phase.OVER
        and co_owners.alone(s) is Answer.YES
    }
    if in_reach(learnt.values()):
        keys |= {
            (id_, Condition.UNREACHABLE.value)
            for id_, activity in learnt.items()
            if activity.unreachable
        }
    return keys
