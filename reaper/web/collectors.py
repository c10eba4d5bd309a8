"""What the daemon counted, and how things stand, as metrics.

Each label has few values: what an account sends that nobody knows is `other`, and no session, owner
or reason is one.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from reaper import __version__
from reaper.core.judging.concerns import Check
from reaper.daemon.status import Account, DaemonStatus, MonitoredAccount
from reaper.usecases.status import expires_at
from reaper.web.health import reasons
from reaper.web.status import StatusSnapshot

_ACCOUNT = ("account",)
_Values = tuple[str, ...]
_Found = Mapping[Any, float]  # by the values of the labels


def collect(snapshot: StatusSnapshot) -> list[Metric]:
    """Every metric of our own, as things stand now."""
    ready = not any(reasons(snapshot))
    with snapshot.daemon.lock:
        return [
            *_itself(snapshot, ready=ready),
            *snapshot.daemon.counters.collect(snapshot.daemon.accounts),
            *_seen(snapshot.daemon),
            *_stands(snapshot),
        ]


def _gauge(name: str, says: str, labels: Sequence[str], values: _Found) -> Metric:
    family = GaugeMetricFamily(f"reaper_{name}", says, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _itself(snapshot: StatusSnapshot, *, ready: bool) -> Iterator[Metric]:
    daemon = snapshot.daemon
    built = (__version__, platform.python_version())
    database_up = not (daemon.database_trouble or snapshot.trouble)
    yield _gauge("build_info", "Version information; always 1", ("version", "python"), {built: 1})
    yield _gauge("ready", "Whether /readyz says so", (), {(): ready})
    yield _gauge(
        "beat_age_seconds",
        "Seconds since the last heartbeat of the scheduler",
        (),
        {(): daemon.beat_age},
    )
    yield _gauge("database_up", "Whether the database answers", (), {(): database_up})
    yield _gauge(
        "configuration_valid",
        "Whether the latest settings and policies are in force",
        (),
        {(): daemon.refused is None},
    )


def _seen(daemon: DaemonStatus) -> Iterator[Metric]:
    says = (
        "Sessions at the last look, by kind, state and gravest verdict (none: no policy selects it)"
    )
    fleets = {
        (account, *of): count
        for account, fleet in daemon.fleets.items()
        for of, count in fleet.items()
    }
    yield _gauge("sessions", says, ("account", "kind", "state", "verdict"), fleets)


def _stands(snapshot: StatusSnapshot) -> Iterator[Metric]:
    daemon, accounts, conditions = snapshot.daemon, snapshot.daemon.accounts, snapshot.conditions
    complete = {name: snapshot.complete_at(name) for name in accounts}
    leases = {(name,): float(name in daemon.under_way) for name in accounts}
    yield _gauge(
        "lease_held", "Whether this replica holds the lease of the account", _ACCOUNT, leases
    )
    began = "Start of the last complete run, by any replica"
    yield _gauge("last_complete_run_timestamp_seconds", began, _ACCOUNT, _moments(complete))
    ended = "End of the last run of this replica"
    yield _gauge("last_run_end_timestamp_seconds", ended, _ACCOUNT, _moments(daemon.ended_at))
    due = "When the next run of this replica is due"
    yield _gauge("next_run_timestamp_seconds", due, _ACCOUNT, _moments(daemon.next_at))
    within = {(name,): monitored.within.total_seconds() for name, monitored in accounts.items()}
    yield _gauge("ready_within_seconds", "Maximum age of the last complete run", _ACCOUNT, within)
    yield _gauge(
        "key_expiry_timestamp_seconds",
        "When the API key expires, where known",
        _ACCOUNT,
        _expiries(accounts),
    )
    paused = {(name,): float(condition.paused) for name, condition in conditions.items()}
    yield _gauge("paused", "Whether the account is paused", _ACCOUNT, paused)
    halted = {
        (name,): float(condition.halted is not None) for name, condition in conditions.items()
    }
    yield _gauge("halted", "Whether a halted run has not been acknowledged yet", _ACCOUNT, halted)
    suspended = {(name,): float(name in daemon.suspended) for name in accounts}
    description = "Whether this replica sends no requests, because the server rejected the key"
    yield _gauge("suspended", description, _ACCOUNT, suspended)
    concerns = {
        (name, check.value): sum(one["check"] == check for one in condition.concerns)
        for name, condition in conditions.items()
        for check in Check
    }
    description = "What the last run left to a person, by what is wrong; the log says it"
    yield _gauge("concerns", description, ("account", "check"), concerns)
    unsettled = {(name,): float(condition.unsettled) for name, condition in conditions.items()}
    yield _gauge(
        "unsettled_steps",
        "Steps whose outcome is not known yet",
        _ACCOUNT,
        unsettled,
    )


def _expiries(accounts: Mapping[Account, MonitoredAccount]) -> dict[_Values, float]:
    return _moments(
        {name: expires_at(monitored.key_expires) for name, monitored in accounts.items()}
    )


def _moments(moments: Mapping[Account, datetime | None]) -> dict[_Values, float]:
    return {(name,): at.timestamp() for name, at in moments.items() if at is not None}
