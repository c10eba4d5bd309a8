"""The OpenAPI document tells the truth: schemathesis finds nothing against it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.config import SchemathesisConfig

from reaper.clock import SystemClock
from reaper.config.settings.http import HttpSettings
from reaper.config.settings.model import Settings
from reaper.daemon.status import DaemonStatus
from reaper.store import Database
from reaper.web.api import Store
from reaper.web.app import create_app
from reaper.web.face import record
from reaper.web.status import StatusReader

# A cursor is made by the page before, and a run that is not there is no fault.
CHECKS: dict[str, Any] = {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "422"]}}


stores: list[Store] = []


def store() -> Database:
    return stores[-1]()


clock = SystemClock()
app = create_app(
    store,
    HttpSettings(hosts=("testserver",)),
    StatusReader(DaemonStatus(clock), store, clock, timedelta(days=14)),
)
config = SchemathesisConfig.from_dict({"checks": CHECKS})
document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app=app, config=config)


@pytest.fixture(autouse=True, scope="module")
def _record(recorded: Settings) -> Iterator[None]:
    with record(recorded) as store:
        stores.append(store)
        yield


@pytest.mark.slow
@document.parametrize()
@settings(max_examples=60, derandomize=True, database=None, deadline=None)
def test_the_document_tells_the_truth(case: schemathesis.Case[Any]) -> None:
    """What is answered to anything is what the document says."""
    case.call_and_validate()


def test_the_document_describes_itself() -> None:
    """Every list has a summary, describes its parameters, and says which problems there can be."""
    raw = document.raw_schema
    assert raw["openapi"].startswith("3.1")
    for path, operations in raw["paths"].items():
        assert set(operations) == {"get"}, path
        get = operations["get"]
        assert get["summary"]
        assert [
            p["name"]
            for p in get.get("parameters", [])
            if p["in"] == "query" and not p.get("description")
        ] == []
        assert {"200", "401", "421", "422", "503"} <= set(get["responses"])
