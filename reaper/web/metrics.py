"""`/metrics`, as Prometheus reads it: in its text format, or in OpenMetrics to who accepts that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from reaper.web.collectors import collect
from reaper.web.status import StatusReader


def metrics(status_reader: StatusReader) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(status_reader))
    ProcessCollector(registry=registry)

    @router.get("/metrics")
    def told(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": media_type})

    return router


class _Collector(Collector):
    def __init__(self, status_reader: StatusReader) -> None:
        self._status_reader = status_reader

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from collect(self._status_reader.now())
