"""Which of an owner's sessions exceed a quota, when the order in which they stay is only partly
known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import inf
from typing import NamedTuple

from reaper.core.judging.start import running_since
from reaper.core.language.rules import Keep
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Activity, Phase, Session

Span = tuple[float, float]
"""The least and the greatest value that a session's merit can have; the greater merit stays."""


class Member(NamedTuple):
    """A session that counts towards the quota; `sure` when it certainly does."""

    session: Session
    sure: bool


class Rank(NamedTuple):
    """How many of the owner's other sessions stay before this one: at least, at most.

    And how many there are.
    """

    least: int
    most: int
    sessions: int

    def exceeds(self, over: int) -> Answer:
        if self.least >= over:
            return Answer.YES
        return Answer.UNKNOWN if self.most >= over else Answer.NO


def merit(keep: Keep, activity: Mapping[str, Activity], now: datetime) -> Callable[[Session], Span]:
    """How much a session deserves to stay."""

    def newest(session: Session) -> Span:
        created = session.created_at
        return (created.timestamp(),) * 2 if created else (-inf, inf)

    def oldest(session: Session) -> Span:
        low, high = newest(session)
        return (-high, -low)

    def most_recently_active(session: Session) -> Span:
        learnt, since = activity.get(session.id), running_since(session, now)
        started = -inf if since is None else since.timestamp()
        if learnt is None or learnt.at is None:
            return (started, inf)
        low = max(learnt.at.timestamp(), started)
        return (low, low if learnt.learnt_at >= now else inf)

    return {"newest": newest, "oldest": oldest, "most_recently_active": most_recently_active}[keep]


def ranks(members: Iterable[Member], span: Callable[[Session], Span]) -> dict[str, Rank]:
    """The rank of each session among those of its owner, by session id.

    A session whose owner is not known has no rank, and may count towards every owner that it could
    belong to.
    """
    owners: dict[Owner, list[Member]] = {}
    strangers: dict[Owner, list[Session]] = {}
    for member in members:
        if member.session.phase not in (Phase.RUNNING, Phase.UNKNOWN):
            continue
        owner = Owner.of(member.session)
        if owner.known:
            owners.setdefault(owner, []).append(member)
        else:
            strangers.setdefault(owner, []).append(member.session)
    by_session: dict[str, Rank] = {}
    for owner, group in owners.items():
        perhaps = [session for one in owner.partly for session in strangers.get(one, ())]
        by_session |= _ranks_of_owner(group, perhaps, span)
    return by_session


def _ranks_of_owner(
    group: list[Member], strangers: list[Session], span: Callable[[Session], Span]
) -> dict[str, Rank]:
    spans = {m.session.id: span(m.session) for m in group}
    sure = {m.session.id for m in group if m.sure and m.session.phase is Phase.RUNNING}
    lows = sorted((spans[id_][0], id_) for id_ in sure)
    perhaps = {s.id: span(s) for s in strangers}
    highs = sorted((high, id_) for id_, (_, high) in (perhaps | spans).items())
    by_session = {}
    for id_, (low, high) in spans.items():
        certainly = len(lows) - bisect_right(lows, (high, id_))
        possibly = len(highs) - bisect_right(highs, (low, id_)) - (high > low)
        by_session[id_] = Rank(certainly, possibly, len(spans))
    return by_session
