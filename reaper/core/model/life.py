"""The life of a session, from first sight to last, as complete looks showed it.

What a doubtful look shows is no part of a life. Between two changes a session was in every complete
look as the earlier one says; what happened between two looks nobody saw.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from reaper.core.model.session import Phase, Session, phase_of

GRAIN = timedelta(minutes=10)
"""How finely activity is kept where nobody says: what lies no further apart is one stretch."""


class Sight(StrEnum):
    """What a look showed of a session.

    `unreadable`: its entry was not understood, or one that was not may be its own; whether it was
    there is not known. `gone`: the list was read to its end and did not hold it.
    """

    LISTED = "listed"
    UNREADABLE = "unreadable"
    GONE = "gone"


class EndedBy(StrEnum):
    """Who ended a session, as far as it was seen.

    `reaper`: it was gone after the reaper had asked for its end. `others`: its owner, the platform
    or anybody else.
    """

    REAPER = "reaper"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class StateChange:
    """What changed by the look at `at`, and holds in every complete look until the next change.

    `state` is in lower case, None where it was not told. `gb_hours` and `run_time` (in seconds) are
    what that look told the session had used by then.
    """

    at: datetime
    state: str | None
    sight: Sight = Sight.LISTED
    gb_hours: float | None = None
    run_time: float | None = None


@dataclass(frozen=True, slots=True)
class ActivityStep:
    """A stretch of activity from `since` to `at`, and the silence behind it.

    Within the stretch no two activities that are known lie further apart than the setting
    `history.activity`. From `at` to `silent_until` there was none: the log was read then and showed
    nothing newer. Between there and the next step's `since` it may have been active at any time,
    for nobody looked, and a log tells its last activity only.
    `source` says where `at` was learnt; it is kept of the last step of a life.
    """

    since: datetime
    at: datetime
    silent_until: datetime
    source: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One session's life.

    `session` holds its facts as they were last told, with its last state. `changes` has at least
    one entry, `steps` may have none; both are in the order of time. `first_seen_at` is the first
    complete look that listed it, `last_seen_at` the last one. A session that is gone ended between
    `last_seen_at` and `over_at`; one that is listed as over may tell when, in `session.ended_at`.
    `ended_by` is None while it is not over, and where nobody looked before it was. What was
    `imported` was over already when it was first seen.
    """

    account: str
    session: Session
    first_seen_at: datetime
    last_seen_at: datetime
    changes: tuple[StateChange, ...]
    steps: tuple[ActivityStep, ...] = ()
    ended_by: EndedBy | None = None
    imported: bool = False

    @property
    def over_at(self) -> datetime | None:
        """The first look by which it was over and stayed so; None while it is not."""
        return over_since(self.changes)

    def change_at(self, moment: datetime) -> StateChange | None:
        """What holds at that moment; None before it was first seen."""
        index = bisect_right(self.changes, moment, key=lambda change: change.at)
        return self.changes[index - 1] if index else None

    def step_at(self, moment: datetime) -> ActivityStep | None:
        """The last stretch of activity that had begun by then, as it is known afterwards.

        Steps are in the order in which they were learnt: where a log is read otherwise than before,
        a later one may begin earlier.
        """
        index = bisect_left(self.steps, moment, key=lambda step: step.silent_until)
        if index < len(self.steps) and self.steps[index].since <= moment:
            return self.steps[index]
        return self.steps[index - 1] if index else None

    def session_at(self, moment: datetime) -> Session | None:
        """The session as a look at that moment would have shown it.

        None where it would not. What could not be read whole then is `half_read`.
        """
        change = self.change_at(moment)
        if change is None or change.sight is Sight.GONE:
            return None
        session = self.session
        return replace(
            session,
            state=change.state,
            started_at=_by(moment, session.started_at),
            ended_at=_by(moment, session.ended_at),
            gb_hours=change.gb_hours,
            run_time=None,
            half_read=change.sight is Sight.UNREADABLE,
        )


def over_since(changes: Sequence[StateChange]) -> datetime | None:
    """When it was over, and stayed so; None where it is not."""
    over: datetime | None = None
    for change in reversed(changes):
        if not is_over(change):
            break
        over = change.at
    return over


def is_over(change: StateChange) -> bool:
    """Whether the session was no more: gone from the list, or listed in a state that is over."""
    return change.sight is Sight.GONE or phase_of(change.state) is Phase.OVER


def _by(moment: datetime, at: datetime | None) -> datetime | None:
    """What is told of that moment, and not of one that is still to come."""
    return at if at is not None and at <= moment else None
