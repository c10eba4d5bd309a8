"""The sessions of a case as one look at an account would have shown them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reaper.config.policy_tests.model import TIMES, UNKNOWN, GivenSession
from reaper.core.judging.persistence import Condition
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.model.duration import Duration
from reaper.core.model.kinds import WAITING_STATES
from reaper.core.model.session import Activity, Session, Snapshot
from reaper.core.planning.fleet import Fleet
from reaper.core.planning.memory import Memory, Streak

_USUAL_AGE = Duration.parse("1h")


def fleet_at(given: Sequence[GivenSession], policies: PolicySet, now: datetime) -> Fleet:
    activity = {one.id: _activity(one, now) for one in given if not one.is_over}
    streaks = {
        (one.id, p.name): _streak(one, p, now)
        for one in given
        if one.offender_runs
        for p in policies.policies
    }
    memory = Memory(streaks=streaks, lasting=dict(_lasting(given, now)))
    sessions = tuple(_session(one, now) for one in given)
    return Fleet(now, Snapshot("", sessions), activity, memory)


def _lasting(
    given: Sequence[GivenSession], now: datetime
) -> Iterator[tuple[tuple[str, str], datetime]]:
    for one in given:
        if one.alone is not None:
            yield (one.id, Condition.ALONE), now - one.alone.delta
        if one.unreachable is not None:
            yield (one.id, Condition.UNREACHABLE), now - one.unreachable.delta


def _streak(given: GivenSession, policy: Policy, now: datetime) -> Streak:
    since = now - given.offender_for.delta if given.offender_for else now
    return Streak(policy.hash, since, given.offender_runs)


def _session(given: GivenSession, now: datetime) -> Session:
    user, _, environment = (
        given.owner.partition("@") if given.owner != UNKNOWN else (None, "", None)
    )
    age = given.age or _longest(given)
    began = age if given.told_state not in WAITING_STATES else None
    return Session(
        given.id,
        given.kind,
        given.told_state,
        user,
        environment,
        _known(given.app),
        _known(given.app_version),
        _known(given.name),
        _known(given.description),
        _moment(age, now),
        _moment(given.started or began, now),
        _moment(given.ended, now),
        gb_hours=None if given.gb_hours == UNKNOWN else given.gb_hours,
    )


def _longest(given: GivenSession) -> Duration:
    durations = [one for one in (getattr(given, key) for key in TIMES) if isinstance(one, Duration)]
    return max(durations, key=lambda one: one.seconds, default=_USUAL_AGE)


def _activity(given: GivenSession, now: datetime) -> Activity:
    if given.unreachable is not None:
        return Activity(given.id, None, now, "its log does not answer, as given", unreachable=True)
    if given.idle == UNKNOWN:
        return Activity(given.id, None, now, "its log cannot be read, as given")
    if given.idle is None:
        return Activity(given.id, now, now, "active just now, as nothing else is given")
    return Activity(given.id, now - given.idle.delta, now, "as given")


def _moment(ago: Duration | str | None, now: datetime) -> datetime | None:
    return now - ago.delta if isinstance(ago, Duration) else None


def _known(text: str) -> str | None:
    return None if text == UNKNOWN else text
