"""The rules that weigh a session against others: of its owner, or of everybody."""

from __future__ import annotations

from reaper.core.judging.facts import SessionFacts
from reaper.core.judging.leaf import Cause, Leaf, RuleContext
from reaper.core.judging.quota import Rank, merit, ranks
from reaper.core.language.rules import OwnerSessions, SeatPressure
from reaper.core.model.duration import spoken
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Phase


def owner_sessions_rule(rule: OwnerSessions, context: RuleContext) -> Leaf:
    quota = rule.owner_sessions
    if context.unseen:
        return _undetermined(f"owner_sessions {quota.over}", quota.over, context.unseen)
    by_session = ranks(context.members, merit(quota.keep, context.activity, context.now))
    stay = f"the {quota.keep.replace('_', ' ')} {quota.over}"
    by_activity = quota.keep == "most_recently_active"

    def cause(subject: SessionFacts) -> Cause:
        session = subject.session
        if subject.phase is Phase.WAITING:
            return Cause(Answer.NO, f"{session.state}, not running")
        rank = by_session.get(session.id)
        if rank is None:
            return Cause(Answer.UNKNOWN, "its owner is not known")
        return ranked(rank, f"{rank.sessions} running of {session.owner}")

    def ranked(rank: Rank, use: str) -> Cause:
        match rank.exceeds(quota.over):
            case Answer.UNKNOWN:
                answer = context.assumed_rank if by_activity else Answer.UNKNOWN
                return Cause(
                    answer, f"which are {stay} of {use} is not known", wants_probe=by_activity
                )
            case Answer.YES:
                return Cause(Answer.YES, f"not among {stay} of {use}")
            case Answer.NO if rank.sessions <= quota.over:
                return Cause(Answer.NO, f"{use}, {quota.over} allowed")
            case Answer.NO:
                return Cause(Answer.NO, f"among {stay} of {use}")

    return Leaf(f"owner_sessions {quota.over}", quota.over, cause)


def seats_rule(rule: SeatPressure, context: RuleContext) -> Leaf:
    high, low, floor = rule.seats.high, rule.seats.low, rule.seats.floor
    if context.unseen:
        return _undetermined(f"seats {high}", high, context.unseen)
    seats = context.seats
    freed = seats.freed(high, low, floor.seconds)
    use = f"{seats.held} of {high} seats in use"

    def cause(subject: SessionFacts) -> Cause:
        session = subject.session
        if subject.phase is Phase.WAITING:
            return Cause(Answer.NO, f"{session.state}, not running")
        owner = Owner.of(session)
        if not owner.known:
            return Cause(
                Answer.UNKNOWN if seats.perhaps_held > high else Answer.NO, "its owner is not known"
            )
        match freed(owner):
            case Answer.YES:
                idle = spoken(seats.by_owner[owner].least)
                return Cause(
                    Answer.YES, f"{use}; {session.owner} is among the longest idle ({idle})"
                )
            case Answer.NO if seats.perhaps_held <= high:
                return Cause(Answer.NO, use)
            case Answer.NO:
                return Cause(
                    Answer.NO,
                    f"{use}; {session.owner} is not among the longest idle, or not for {floor}",
                )
            case Answer.UNKNOWN:
                return Cause(
                    context.assumed_rank,
                    "which seats are the longest idle is not known",
                    wants_probe=True,
                )

    return Leaf(f"seats {high}", high, cause)


def _undetermined(rule: str, threshold: float, why: str) -> Leaf:
    """Whoever sees a part of the fleet cannot weigh a session against the rest."""
    return Leaf(rule, threshold, lambda _: Cause(Answer.UNKNOWN, why))
