"""How things stand: each account, what keeps it from being looked after, and what needs a person.

The one read model for it: `reaper status` shows all of it, the HTTP face what it asks for. Nothing
here asks a platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from reaper import errors
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.config.settings.schedule import Cron
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.model.duration import spoken
from reaper.core.planning.plan import Result
from reaper.ports import Clock
from reaper.run.stop_file import stop_reason
from reaper.store import (
    Condition,
    LeaseEntry,
    PauseEntry,
    RunEntry,
    conditions,
    ending,
    is_empty,
    open_database,
    pauses_that_hold,
)
from reaper.usecases.configuration import read_policies

__all__ = [
    "AccountStatus",
    "Condition",
    "LeaseEntry",
    "Pace",
    "PauseEntry",
    "PolicyStatus",
    "Reason",
    "RunEntry",
    "Status",
    "account_status",
    "examine",
    "expires_at",
    "key_reason",
    "late_reason",
]

SOON = timedelta(days=7)
"""An exemption that ends within this is told."""

_PASSES = 2  # intervals after which a run is overdue
_SKEW = timedelta(minutes=1)
_ATTENTION = (Result.FAILED.value, Result.CAME_BACK.value)


@dataclass(frozen=True)
class Reason:
    """Something that needs a person: which check failed, of which account, and what to do."""

    check: str
    account: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often an account is to be looked at, in words; when next, and how old the last complete
    run may be. None where nobody has said so here.
    """

    schedule: str | None = None
    next_at: datetime | None = None
    within: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class AccountStatus:
    """How an account stands.

    `enforcing` is how the last run was made, `overdue` why the last complete one is too old, and
    `halted` which run holds it, each in words. `undetermined` is the share of its sessions that the
    last look could not judge. `lease_stuck` where the lease lasts for too long to be true.
    `reasons` are what of it needs a person.
    """

    account: str
    enforcing: bool | None
    last_run: RunEntry | None
    complete_at: datetime | None
    schedule: str | None
    next_at: datetime | None
    overdue: str | None
    pauses: tuple[PauseEntry, ...]
    halted: str | None
    lease: LeaseEntry | None
    lease_stuck: bool
    doubts: tuple[str, ...]
    unsettled: int
    undetermined: float | None
    key_expires: date | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class PolicyStatus:
    """A policy, and why it is not in force now, or None."""

    name: str
    mode: str
    dormant: str | None


@dataclass(frozen=True, kw_only=True)
class EndingExemption:
    """An exemption that ends soon; `given` is who gave it by hand, or the policy it stands in."""

    whom: str
    account: str | None
    ends: datetime
    given: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """How the whole installation stands. `stopped` is why the stop file forbids to end anything."""

    well: bool
    now: datetime
    settings: str
    database: str
    enforce: bool
    stop_file: str | None
    stopped: str | None
    accounts: tuple[AccountStatus, ...]
    pauses: tuple[PauseEntry, ...]
    policies: tuple[PolicyStatus, ...]
    exemptions: tuple[EndingExemption, ...]
    reasons: tuple[Reason, ...]

    @property
    def exit_code(self) -> int:
        return errors.DONE if self.well else errors.SOME_FAILED


def examine(
    settings: Settings, names: tuple[str, ...] = (), *, clock: Clock = SYSTEM_CLOCK
) -> Status:
    """How the named accounts stand, or all, by the settings, the policies and the record.

    Nothing is written, migrated or asked of a platform. Raises ConfigurationError and StoreError.
    """
    now, chosen = clock.now(), settings.chosen(names)
    policies, trouble = _policies(settings)
    with closing(open_database(settings.database_address(), upgrade=False)) as store:
        empty = is_empty(store)
        found = {} if empty else conditions(store, [one.name for one in chosen], now)
        pauses = [] if empty else pauses_that_hold(store, now)
        by_hand = () if empty else ending(store, now, now + SOON)
        where = store.where
    accounts = tuple(_account(settings, one, found.get(one.name), now) for one in chosen)
    own = dict.fromkeys(reason for account in accounts for reason in account.reasons)
    reasons = (*trouble, *_stopped(settings), *own)
    return Status(
        well=not reasons,
        now=now,
        settings=settings.origin,
        database=where,
        enforce=settings.enforce,
        stop_file=str(settings.stop_file.absolute()) if settings.stop_file else None,
        stopped=stop_reason(settings.stop_file),
        accounts=accounts,
        pauses=tuple(one for one in pauses if any(one.covers(account.name) for account in chosen)),
        policies=tuple(_policy(one, now) for one in policies.policies),
        exemptions=tuple(_ending(by_hand, policies, now)),
        reasons=reasons,
    )


def _policies(settings: Settings) -> tuple[PolicySet, list[Reason]]:
    try:
        return read_policies(settings).policies, []
    except errors.ConfigurationError as error:
        first = str(error).splitlines()[0]
        return PolicySet(()), [Reason("policies", None, f"{first}; see `reaper policy check`")]


def _policy(policy: Policy, now: datetime) -> PolicyStatus:
    return PolicyStatus(policy.name, policy.mode.value, policy.dormant(now))


def _ending(
    by_hand: Iterable[ManualExemption], policies: PolicySet, now: datetime
) -> Iterator[EndingExemption]:
    """Those given by hand, and those written in the policies."""
    for given in by_hand:
        assert given.ends is not None  # noqa: S101 - they were asked for by their end
        yield EndingExemption(
            whom=given.whom,
            account=given.account,
            ends=given.ends,
            given=f"exemption {given.id} by {given.by}",
            reason=given.reason,
        )
    everyone = [("protect", one) for one in policies.protect]
    own = [(f"policy {policy.name}", one) for policy in policies.policies for one in policy.exempt]
    for where, one in (*everyone, *own):
        if one.until is None:
            continue
        ends = datetime.combine(one.until, time(), UTC) + timedelta(days=1)
        if now < ends <= now + SOON:
            whom = ", ".join(f"{name} {value}" for name, value in one.matches().items() if value)
            yield EndingExemption(
                whom=whom, account=None, ends=ends, given=where, reason=one.reason
            )


def _stopped(settings: Settings) -> Iterator[Reason]:
    file = settings.stop_file
    stopped = stop_reason(file)
    if stopped is not None:
        yield Reason("stop_file", None, f"nothing is ended: {stopped}")
    elif file is not None and not file.parent.is_dir():
        why = f"the stop file {file} cannot be created: create the folder {file.parent}"
        yield Reason("stop_file", None, why)


def _account(
    settings: Settings, account: AccountSettings, condition: Condition | None, now: datetime
) -> AccountStatus:
    condition = condition or Condition()
    if account.keeps_emulated_time and condition.last_run:  # its time may run ahead of ours
        now = max(now, condition.last_run.started_at)
    return account_status(
        account.name,
        condition,
        _pace(settings, account, condition.last_run, now),
        key_expires=account.api_key_expires,
        key_notice=settings.http.key_notice.delta,
        lease=settings.lease.delta,
        now=now,
    )


def _pace(
    settings: Settings, account: AccountSettings, last: RunEntry | None, now: datetime
) -> Pace:
    own = account.ready_within.delta if account.ready_within else None
    match settings.schedule_of(account):
        case None:
            return Pace(within=own)
        case Cron() as cron:
            return Pace(
                schedule=f"{cron.cron} in {cron.zone}",
                next_at=cron.next_after(now),
                within=own or account.overdue_after(cron, now),
            )
        case interval:
            return Pace(
                schedule=f"every {spoken(interval.total_seconds())}",
                next_at=last.started_at + interval if last else None,
                within=own or _PASSES * interval,
            )


def account_status(
    name: str,
    condition: Condition,
    pace: Pace,
    *,
    key_expires: date | None,
    key_notice: timedelta,
    lease: timedelta,
    now: datetime,
) -> AccountStatus:
    """How the account stands, with all that needs a person."""
    run, held, overdue = condition.last_run, condition.lease, _late(condition, pace, now)
    stuck = held is not None and held.outlasts(lease, now)
    endless = [pause for pause in condition.pauses if pause.until is None]
    checks: Mapping[str, Iterable[str | None]] = {
        "halt": [condition.halted],
        "lease": [_stuck(name, held, now) if held and stuck else None],
        "runs": [*_of_last_run(condition, now), overdue],
        "steps": [_unsettled(condition)],
        "key": [key_reason(key_expires, key_notice, now)],
    }
    return AccountStatus(
        account=name,
        enforcing=run.enforcing if run else None,
        last_run=run,
        complete_at=condition.complete_at,
        schedule=pace.schedule,
        next_at=pace.next_at,
        overdue=overdue,
        pauses=condition.pauses,
        halted=condition.halted,
        lease=held,
        lease_stuck=stuck,
        doubts=tuple(run.doubts) if run else (),
        unsettled=condition.unsettled,
        undetermined=run.undetermined / run.sessions if run and run.sessions else None,
        key_expires=key_expires,
        reasons=(
            *(Reason("pause", pause.account, f"{pause}; it has no end") for pause in endless),
            *(Reason(check, name, why) for check, all_ in checks.items() for why in all_ if why),
            *(Reason(one["check"], name, one["reason"]) for one in condition.concerns),
        ),
    )


def _stuck(name: str, held: LeaseEntry, now: datetime) -> str:
    left = spoken((held.until - now).total_seconds())
    return (
        f"locked by {held.holder} for {left} more, longer than leases last: a clock was wrong; "
        f"`reaper release --account {name}` ends it"
    )


def _of_last_run(condition: Condition, now: datetime) -> Iterator[str]:
    run = condition.last_run
    if run is None:
        yield "no run is recorded yet; `reaper run` makes one"
        return
    if run.started_at > now + _SKEW:
        yield f"run {run.id} is dated in the future; set this machine's clock right"
    if run.finished_at is None and condition.lease is None:
        yield f"run {run.id} did not finish; the next run settles what it began"
    if run.doubts:
        yield f"run {run.id} only observed: {'; '.join(run.doubts)}"
    for outcome in _ATTENTION:
        if count := run.outcomes.get(outcome):
            see = f"`reaper history --outcome {outcome}` shows why"
            yield f"run {run.id} had {count} {outcome}; {see}"


def _late(condition: Condition, pace: Pace, now: datetime) -> str | None:
    if condition.complete_at is None:
        return "no complete run is recorded yet" if condition.last_run else None
    if pace.within is None:
        return None
    return late_reason(condition.complete_at, pace.within, now)


def late_reason(complete_at: datetime, within: timedelta, now: datetime) -> str | None:
    """Why the last complete run is too old, in words; None when it is not."""
    age = now - complete_at
    if age <= within:
        return None
    return (
        f"the last complete run began {spoken(age.total_seconds())} ago; the maximum is "
        f"{spoken(within.total_seconds())}"
    )


def _unsettled(condition: Condition) -> str | None:
    if not condition.unsettled or condition.lease is not None:
        return None
    count = f"{condition.unsettled} {'step' if condition.unsettled == 1 else 'steps'}"
    return (
        f"the outcome of {count} is not known yet; the next run checks, `reaper history` shows them"
    )


def expires_at(day: date | None) -> datetime | None:
    """The moment from which a key that expires on that day can no longer be relied upon."""
    return None if day is None else datetime.combine(day, time(), UTC)


def key_reason(day: date | None, notice: timedelta, now: datetime) -> str | None:
    """Why the account needs a new key, in words; None while it does not."""
    expires = expires_at(day)
    if expires is None or expires - now > notice:
        return None
    left = expires - now
    if left <= timedelta():
        return f"the API key expired on {day}; make a new one in the portal and set it"
    return (
        f"the API key expires in {spoken(left.total_seconds())}, on {day}; make a new one in the "
        "portal"
    )
