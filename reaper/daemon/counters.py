"""What the daemon counts, in prometheus_client's own counters: each with its name, help and labels.

Each label has few values: what an account sends that nobody knows is `other`, and no session, owner
or reason is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import Metric

PHASES = ("read", "probe", "judge", "record", "enforce")
RESULTS = ("done", "doubtful", "failed", "halted", "unreachable", "skipped", "error")
"""How a pass can end: as its report says, or left to another reaper, or broken off by an error."""

_LATE = ("missed", "overlapped")
_BOUNDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
"""Seconds."""


class Counters:
    """Everything that is counted since the daemon began.

    A rate needs a beginning: what can be named beforehand is there from the start, as 0.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self.databases_lost = self._counter("databases_lost", "Times the database was lost")
        self.reloads = self._counter(
            "reloads", "Reloads of settings and policies, taken or refused", "result"
        )
        self.runs = self._counter("runs", "Runs, by result", "account", "result")
        self.late_runs = self._counter(
            "late_runs",
            "Runs that were missed, or still in progress when the next was due",
            "account",
            "how",
        )
        self.doubts = self._counter("doubts", "Doubts, for which a run only observes", "account")
        self.halts = self._counter("halts", "Plans halted by a limit", "account")
        self.probes = self._counter("probes", "Logs read for a last activity", "account")
        self.probes_saved = self._counter(
            "probes_saved",
            "Sessions whose log was not read because it could change no verdict",
            "account",
        )
        self.steps = self._counter(
            "steps",
            "Steps, by outcome; the action terminate ends a session",
            "account",
            "policy",
            "action",
            "outcome",
        )
        self.steps_settled_later = self._counter(
            "steps_settled_later",
            "Steps of earlier runs, by the outcome found later",
            "account",
            "outcome",
        )
        self.requests = self._counter(
            "requests", "Requests, by HTTP status (none: no answer)", "account", "status"
        )
        self.retries = self._counter(
            "retries", "Repeated requests, by HTTP status", "account", "status"
        )
        self.seconds = Histogram(
            "reaper_run_seconds",
            "Duration of each part of a run",
            ("phase",),
            registry=self._registry,
            buckets=_BOUNDS,
        )
        for phase in PHASES:
            self.seconds.labels(phase)
        for result in ("taken", "refused"):
            self.reloads.labels(result)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"reaper_{name}", says, labels, registry=self._registry)

    def begin(self, accounts: Collection[str]) -> None:
        """Have each of these accounts counted from 0 where it was not counted yet."""
        for account in accounts:
            for result in RESULTS:
                self.runs.labels(account, result)
            for how in _LATE:
                self.late_runs.labels(account, how)
            for counter in (self.doubts, self.halts, self.probes, self.probes_saved):
                counter.labels(account)

    def collect(self, accounts: Collection[str]) -> Iterator[Metric]:
        """Every count; of no account but these, for others are looked after no longer."""
        for family in self._registry.collect():
            family.samples = [
                sample
                for sample in family.samples
                if not sample.name.endswith("_created")
                and ("account" not in sample.labels or sample.labels["account"] in accounts)
            ]
            yield family
