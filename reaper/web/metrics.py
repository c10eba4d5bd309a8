"""`/metrics`: what the daemon counted, and how things stand, in the words of Prometheus.

Each label has few values: what an account sends that nobody knows is `other`, and no session, owner or reason is one.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from reaper import __version__
from reaper.web.health import expires_at
from reaper.web.standing import Standing, Standings
from reaper.watch import RESULTS, Durations, Watch


def metrics(standings: Standings) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(standings))
    ProcessCollector(registry=registry)

    @router.get("/metrics")
    def figures(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=media_type)

    return router


class Figures(Collector):
    """Every metric of our own."""

    def __init__(self, standings: Standings) -> None:
        self._standings = standings

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        standing = self._standings.now()
        with standing.watch.lock:
            found = [*_built(), *_counted(standing), *_seen(standing.watch), *_stands(standing)]
        yield from found


def _built() -> Iterator[Metric]:
    labels = {"version": __version__, "python": platform.python_version()}
    build = GaugeMetricFamily("reaper_build_info", "What runs; always 1", labels=list(labels))
    build.add_metric(list(labels.values()), 1)
    yield build


def _counted(standing: Standing) -> Iterator[Metric]:
    watch, names = standing.watch, [account.name for account in standing.settings.accounts]
    runs = {(name, result): watch.runs[name, result] for name in names for result in RESULTS}
    late = {(name, how): watch.late[name, how] for name in names for how in ("missed", "overlapped")}
    reloads = {(result,): watch.reloads[result] for result in ("taken", "refused")}
    yield _counter("runs", "Passes, by how they ended", ("account", "result"), runs)
    yield _counter("late_runs", "Passes that were missed or overlapped with the one before", ("account", "how"), late)
    yield _counter("doubts", "Reasons to act on nothing", ("account",), _each(watch.doubts, names))
    yield _counter("halts", "Plans over a limit: nothing was ended", ("account",), _each(watch.halts, names))
    yield _counter("probes", "Logs read for a last activity", ("account",), _each(watch.probes, names))
    saved = "Sessions whose log needed no reading, for it could change no verdict"
    yield _counter("probes_saved", saved, ("account",), _each(watch.probes_saved, names))
    yield _counter("steps", "Steps, by what came of them", ("account", "policy", "action", "outcome"), watch.steps)
    later = "Steps of earlier runs, by what was seen of them later"
    yield _counter("steps_settled_later", later, ("account", "outcome"), watch.settled_later)
    yield _counter("requests", "Requests, by HTTP status (none: no answer)", ("account", "status"), watch.requests)
    yield _counter("retries", "Repeated requests, by HTTP status", ("account", "status"), watch.retries)
    yield _counter("reloads", "Changed settings and policies, taken or refused", ("result",), reloads)


def _counter(name: str, says: str, labels: tuple[str, ...], found: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(f"reaper_{name}", says, labels=labels)
    for values, count in found.items():
        family.add_metric(values, count)
    return family


def _each(found: Mapping[str, int], names: Iterable[str]) -> dict[tuple[str], int]:
    return {(name,): found.get(name, 0) for name in names}


def _seen(watch: Watch) -> Iterator[Metric]:
    says = "Live sessions at the last look, by kind, state and gravest verdict (none: no policy selects it)"
    sessions = GaugeMetricFamily("reaper_sessions", says, labels=["account", "kind", "state", "verdict"])
    for account, fleet in watch.fleets.items():
        for values, count in fleet.items():
            sessions.add_metric((account, *values), count)
    yield sessions
    took = HistogramMetricFamily("reaper_run_seconds", "How long each part of a pass took", labels=["phase"])
    for phase, durations in watch.seconds.items():
        took.add_metric([phase], list(zip(_BOUNDS, durations.cumulative(), strict=True)), durations.total)
    yield took


_BOUNDS = (*map(str, Durations.BOUNDS), "+Inf")


def _stands(standing: Standing) -> Iterator[Metric]:
    watch, settings = standing.watch, standing.settings
    by_account = ("account",)
    yield _gauge("up", "Whether the scheduler is alive: seconds since its last beat", (), {(): watch.beat_age})
    names = [account.name for account in settings.accounts]
    held = {(name,): float(name in watch.under_way) for name in names}
    yield _gauge("lease_held", "Whether this replica is at work on the account", by_account, held)
