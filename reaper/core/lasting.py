"""What no single look can tell the beginning of: since which look a condition has held in every complete one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from reaper.core.matching import Answer
from reaper.core.session import WEBUI, Activity, Phase, Session


class Condition(StrEnum):
    """`alone`: a solve or task whose owner has no other session. `unreachable`: its log does not answer.

    `waiting`: it waits to run. `restarted`: it runs after it was seen to wait, and does not tell since when.
    """

    ALONE = "alone"
    UNREACHABLE = "unreachable"
    WAITING = "waiting"
    RESTARTED = "restarted"


COUNTED = frozenset({Condition.ALONE.value, Condition.UNREACHABLE.value})
"""The conditions whose time is counted, and only over looks that follow one another."""


Lasting = Mapping[tuple[str, str], datetime]
"""Session id and condition -> the first of the complete looks on end that showed it."""

NOTHING: Lasting = {}


class Company:
    """Whether an owner has other sessions than this one. Upper and lower case never make two people of one."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        there = [s for s in sessions if s.phase is not Phase.OVER]
        self._surely = Counter(s.owner.casefold() for s in there if s.phase is not Phase.UNKNOWN and s.owner)
        self._perhaps = Counter(s.owner.casefold() for s in there if s.phase is Phase.UNKNOWN and s.owner)
        self._strangers = [s for s in there if s.owner is None]

    def alone(self, session: Session) -> Answer:
        if session.owner is None:
            return Answer.UNKNOWN
        unknown, owner = session.phase is Phase.UNKNOWN, session.owner.casefold()
        if self._surely[owner] > (not unknown):
            return Answer.NO
        if self._perhaps[owner] > unknown or any(_may_be_his(one, session) for one in self._strangers):
            return Answer.UNKNOWN
        return Answer.YES


def _may_be_his(stranger: Session, session: Session) -> bool:
    return stranger.user in (None, session.user) and stranger.environment in (None, session.environment)


def in_reach(learnt: Iterable[Activity]) -> bool:
    """Whether any log could be read: one that could not is no sign of an outage then."""
    return any(found.at is not None for found in learnt)


def conditions(
    sessions: Sequence[Session], learnt: Mapping[str, Activity], *, everybody: bool = True
) -> set[tuple[str, str]]:
    """Which conditions hold in a look, as (session id, condition).

    Nobody is known to be alone in a look that may not show `everybody`.
    """
    company = Company(sessions)
    found = {
        (s.id, Condition.ALONE.value)
        for s in sessions
        if everybody and s.kind != WEBUI and s.phase is not Phase.OVER and company.alone(s) is Answer.YES
    }
    if in_reach(learnt.values()):
        found |= {(id_, Condition.UNREACHABLE.value) for id_, activity in learnt.items() if activity.unreachable}
    return found
