"""Whose client seats are freed when too many are held, where it is only partly known who is idle
for how long.

A seat is an owner with at least one running session: licences are counted per user. It is idle
since the most recent
activity in any of the owner's sessions, among them those that only may be the owner's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from reaper.core.judging.facts import SessionFacts
from reaper.core.judging.match import PolicyMatch
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Phase


class Seat(NamedTuple):
    """`least` and `most` bound the seconds for which it is idle. `sure` when it is certainly held.

    `kept` tells whether an exemption keeps one of the owner's sessions, and thereby the seat.
    """

    least: float
    most: float
    sure: bool
    kept: Answer


class Seats:
    """All seats that the selected sessions hold, by owner."""

    def __init__(self, seats: dict[Owner, Seat], strangers: int) -> None:
        self.by_owner = seats
        self.held = sum(1 for seat in seats.values() if seat.sure)
        self.perhaps_held = len(seats) + strangers

    @classmethod
    def among(cls, chosen: Iterable[tuple[SessionFacts, PolicyMatch]]) -> Seats:
        owners: dict[Owner, list[Seat]] = {}
        strangers: dict[Owner, list[Seat]] = {}
        for subject, match in chosen:
            if subject.counts:
                owner, use = (
                    Owner.of(subject.session),
                    match.sure and subject.phase is Phase.RUNNING and not subject.of_tomorrow,
                )
                seat = Seat(*_idle(subject), use, match.kept)
                (owners if owner.known else strangers).setdefault(owner, []).append(seat)
        joined = {o: _joined(own, _perhaps_of(o, strangers)) for o, own in owners.items()}
        return cls(joined, sum(map(len, strangers.values())))

    def freed(self, high: int, low: int, floor: float) -> Callable[[Owner], Answer]:
        """Whether an owner's seat is to be freed, where more than `high` are held.

        The longest idle first, to `low`.

        None that is idle for less than `floor` seconds is freed. Of two that are equal, the owner's
        name decides.
        """
        at_least = self.held - low if self.held > high else 0
        at_most = self.perhaps_held - low if self.perhaps_held > high else 0
        seats = self.by_owner.items()
        mosts = sorted(
            (s.most, who) for who, s in seats if s.kept is not Answer.YES and s.most >= floor
        )
        leasts = sorted(
            (s.least, who)
            for who, s in seats
            if s.sure and s.kept is Answer.NO and s.least >= floor
        )

        def answer(owner: Owner) -> Answer:
            seat = self.by_owner[owner]
            if seat.most < floor or seat.kept is Answer.YES or at_most == 0:
                return Answer.NO
            before_at_most = len(mosts) - bisect_right(mosts, (seat.least, owner))
            before_at_least = len(leasts) - bisect_right(leasts, (seat.most, owner))
            if (
                seat.sure
                and seat.kept is Answer.NO
                and seat.least >= floor
                and before_at_most < at_least
            ):
                return Answer.YES
            return Answer.NO if before_at_least >= at_most else Answer.UNKNOWN

        return answer


NO_SEATS = Seats({}, 0)


def _perhaps_of(owner: Owner, strangers: Mapping[Owner, Sequence[Seat]]) -> list[Seat]:
    return [seat for one in owner.partly for seat in strangers.get(one, ())] if strangers else []


def _joined(own: Sequence[Seat], perhaps: Sequence[Seat]) -> Seat:
    """An owner's seat.

    What may not be the owner's, or not count, may make it less idle, or keep it, and no more.
    """
    sure = [s for s in own if s.sure]
    unsure = [*perhaps, *(s for s in own if not s.sure)]
    least = min(s.least for s in (*own, *perhaps))
    most = min((s.most for s in sure), default=max(s.most for s in own))
    kept = [*(s.kept for s in sure), *(min(s.kept, Answer.UNKNOWN) for s in unsure)]
    return Seat(least, most, bool(sure), max(kept))


def _idle(subject: SessionFacts) -> tuple[float, float]:
    """Bounds of the seconds of idleness, never longer than it runs.

    Its owner's solve keeps a session busy.
    """
    if subject.in_flight is Answer.YES:
        return 0.0, 0.0
    most = min(
        (length for length in (subject.idle, subject.uptime) if length is not None), default=inf
    )
    certain = subject.fresh and subject.idle is not None and subject.in_flight is Answer.NO
    return (most if certain else 0.0), most
