"""Whose client seats are freed when too many are held, where it is only partly known who is idle for how long.

A seat is an owner with at least one running session: licences are counted per user. It is idle since the most recent
activity in any of the owner's sessions. Upper and lower case never make two owners of one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import NamedTuple

from reaper.core.grip import Grip
from reaper.core.matching import Answer
from reaper.core.quota import may_share_owner
from reaper.core.session import Phase, Session
from reaper.core.subject import Subject


class Seat(NamedTuple):
    """`least` and `most` bound the seconds for which it is idle. `sure` when it is certainly held.

    `kept` tells whether an exemption keeps one of the owner's sessions, and thereby the seat.
    """

    least: float
    most: float
    sure: bool
    kept: Answer


class Seats:
    """All seats that the selected sessions hold, by owner in lower case."""

    def __init__(self, seats: dict[str, Seat], strangers: int) -> None:
        self.by_owner = seats
        self.held = sum(1 for seat in seats.values() if seat.sure)
        self.perhaps_held = len(seats) + strangers

    @classmethod
    def among(cls, chosen: Iterable[tuple[Subject, Grip]]) -> Seats:
        owners: dict[str, list[Seat]] = {}
        known: dict[str, Session] = {}
        strangers: list[tuple[Session, Seat]] = []
        for subject, grip in chosen:
            if not subject.counts:
                continue
            held = grip.sure and subject.phase is Phase.RUNNING
            seat = Seat(*_idle(subject), held, grip.kept)
            if subject.session.owner is None:
                strangers.append((subject.session, seat))
                continue
            owner = subject.session.owner.casefold()
            known.setdefault(owner, subject.session)
            owners.setdefault(owner, []).append(seat)
        seats = {
            owner: _perhaps_less_idle(_joined(found), [s for one, s in strangers if may_share_owner(one, known[owner])])
            for owner, found in owners.items()
        }
        return cls(seats, len(strangers))

    def freed(self, high: int, low: int, floor: float) -> Callable[[str], Answer]:
        """Whether an owner's seat is to be freed, where more than `high` are held: the longest idle first, to `low`.

        None that is idle for less than `floor` seconds is freed. Of two that are equal, the owner's name decides.
        """
        at_least = self.held - low if self.held > high else 0
        at_most = self.perhaps_held - low if self.perhaps_held > high else 0
        seats = self.by_owner.items()
        mosts = sorted((s.most, who) for who, s in seats if s.kept is not Answer.YES and s.most >= floor)
        leasts = sorted((s.least, who) for who, s in seats if s.sure and s.kept is Answer.NO and s.least >= floor)

        def answer(owner: str) -> Answer:
            owner = owner.casefold()
            seat = self.by_owner[owner]
            if seat.most < floor or seat.kept is Answer.YES or at_most == 0:
                return Answer.NO
            before_at_most = len(mosts) - bisect_right(mosts, (seat.least, owner))
            before_at_least = len(leasts) - bisect_right(leasts, (seat.most, owner))
            if seat.sure and seat.kept is Answer.NO and seat.least >= floor and before_at_most < at_least:
                return Answer.YES
            return Answer.NO if before_at_least >= at_most else Answer.UNKNOWN

        return answer


NO_SEATS = Seats({}, 0)


def _joined(seats: Sequence[Seat]) -> Seat:
    return Seat(
        min(s.least for s in seats), min(s.most for s in seats), any(s.sure for s in seats), max(s.kept for s in seats)
    )


def _perhaps_less_idle(seat: Seat, strangers: Sequence[Seat]) -> Seat:
    """The seat, where each of the strangers may be one of its owner's sessions, and may be kept by an exemption."""
    least = min((seat.least, *(s.least for s in strangers)))
    maybe_kept = any(s.kept is not Answer.NO for s in strangers)
    kept = max(seat.kept, Answer.UNKNOWN) if maybe_kept else seat.kept
    return seat._replace(least=least, kept=kept)


def _idle(subject: Subject) -> tuple[float, float]:
    """Bounds of the seconds of idleness, never longer than it is old; its owner's solve keeps a session busy."""
    if subject.busy is Answer.YES:
        return 0.0, 0.0
    most = min((length for length in (subject.idle, subject.age) if length is not None), default=inf)
    certain = subject.fresh and subject.idle is not None and subject.busy is Answer.NO
    return (most if certain else 0.0), most
