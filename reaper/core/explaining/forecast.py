"""When a verdict will change by itself, if nothing happens until then.

Found by judging at the moments that matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from reaper.core.judging.judge import judge
from reaper.core.judging.persistence import NOTHING, Condition, ObservedSince, conditions
from reaper.core.judging.verdict import Observation, Ruling, Verdict
from reaper.core.language.leaf_rule import Need, durations
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.selector import Exemption
from reaper.core.model.session import CLOCKS_DIFFER, Activity, Session

_DAY = timedelta(days=1)
_MOST = 60  # moments that are judged; a fleet of thousands under one policy has more


class Change(NamedTuple):
    """From `at` on the verdict is another, or its policy's window opens or closes.

    `verdict` is None where the policy does not judge it then; `acts` tells whether an offender's
    window is open. Where nothing was found to change until `at`, which was not looked behind,
    `open_end` is set.
    """

    at: datetime
    verdict: Verdict | None = None
    acts: bool = True
    open_end: bool = False


@dataclass(frozen=True)
class Forecast:
    """One policy and one session of a look.

    Activity, owners and states are held as that look saw them.
    """

    policies: PolicySet
    policy: Policy
    session: Session
    observation: Observation

    def next_change(self) -> Change | None:
        """The first moment after the look at which it is judged otherwise.

        None when there is none.
        """
        now = self._standing(self.observation.now)
        for count, at in enumerate(sorted(set(self._moments()))):
            if count == _MOST:
                return Change(at, open_end=True)
            if self._standing(at) != now:
                return Change(at, self.verdict_at(at), self._open(at))
        return None

    def verdict_at(self, at: datetime) -> Verdict | None:
        """What the policy says at that moment; None when it does not look at the session."""
        activities = {
            id_: replace(verdicts, learnt_at=at)
            for id_, verdicts in self.observation.activity.items()
        }
        sessions = self.observation.snapshot.everybody
        verdicts = judge(
            self.policies.only(frozenset({self.policy.name})),
            sessions,
            activities,
            at,
            self._lasting,
            unseen=self.observation.snapshot.unseen,
        )
        return next((v for v in verdicts if v.session.id == self.session.id), None)

    def _standing(self, at: datetime) -> tuple[Ruling | None, bool]:
        verdict = self.verdict_at(at)
        ruling = verdict.ruling if verdict else None
        return ruling, ruling is Ruling.OFFENDER and self._open(at)

    def _open(self, at: datetime) -> bool:
        return self.policy.only_during is None or self.policy.only_during.is_open(at)

    @property
    def _lasting(self) -> ObservedSince | None:
        """What lasts since an earlier look, and from now on what this one is the first to show."""
        if self.observation.past is None:
            return None
        begun = conditions(self.observation.snapshot.sessions, self.observation.learnt)
        return {**dict.fromkeys(begun, self.observation.now), **self.observation.lasting}

    def _moments(self) -> Iterator[datetime]:
        """Every moment to come at which a rule, an exemption, a day or a window can begin
        or end.
        """
        moments = (*self._thresholds(), *self._believed(), *self._ends(), *self._edges())
        return (at for at in moments if at > self.observation.now)

    def _thresholds(self) -> Iterator[datetime]:
        lengths = [duration.delta for duration in durations(self.policy.rule)]
        for since in _anchors(self.session, self.observation.activity, self._lasting or NOTHING):
            yield from (since + length for length in (timedelta(0), *lengths))
        for other in (
            self.observation.snapshot.sessions
            if Need.EVERYBODY_ACTIVITY in self.policy.needs
            else ()
        ):
            own = self.observation.activity.get(other.id)
            for at in (other.created_at, own.at if own else None):
                yield from (at + length for length in lengths if at is not None)

    def _believed(self) -> Iterator[datetime]:
        """When each time that the session tells can be one, as clocks differ."""
        session = self.session
        for at in (session.created_at, session.started_at, session.ended_at):
            if at is not None:
                yield at - CLOCKS_DIFFER

    def _ends(self) -> Iterator[datetime]:
        if self.policy.from_ is not None:
            yield _midnight(self.policy.from_)
        if self.policy.until is not None:
            yield _midnight(self.policy.until) + _DAY
        for exemption in (*self.policies.exemptions, *self.policy.exempt):
            if (end := _end_of(exemption)) is not None:
                yield end

    def _edges(self) -> Iterator[datetime]:
        hours = self.policy.only_during
        if hours is not None:
            edges = (
                hours.opens_after(self.observation.now),
                hours.closes_after(self.observation.now),
            )
            yield from (at for at in edges if at is not None)


def _end_of(exemption: Exemption) -> datetime | None:
    """The first moment at which it no longer holds; None for one without an end."""
    if isinstance(exemption, ManualExemption):
        return exemption.ends
    return None if exemption.until is None else _midnight(exemption.until) + _DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _anchors(
    session: Session, activity: Mapping[str, Activity], lasting: ObservedSince
) -> Iterator[datetime]:
    """What the lengths of a session's time are counted from."""
    own = activity.get(session.id)
    since = (lasting.get((session.id, condition)) for condition in Condition)
    moments = (
        session.created_at,
        session.started_at,
        session.ended_at,
        own.at if own else None,
        *since,
    )
    yield from (at for at in moments if at is not None)
