"""The lists of the API are asked by the words of `reaper history`."""

from __future__ import annotations

from typing import Any

import pytest
from support.web_tools import Ask

LONG_AGO = "2000-01-01T00:00:00Z"


def items(api: Ask, path: str, **asked: str) -> list[dict[str, Any]]:
    found = api.get(f"/api/v1/{path}", params=asked).raise_for_status().json()["items"]
    return list(found)


@pytest.mark.parametrize("path", ["decisions", "sessions"])
def test_outcome_is_another_name_of_ruling(api: Ask, path: str) -> None:
    """Of a verdict the history says outcome."""
    chosen = items(api, path, outcome="offender")
    assert chosen == items(api, path, ruling="offender") != items(api, path)
    assert chosen != []


@pytest.mark.parametrize("path", ["decisions", "steps", "sessions"])
def test_each_takes_a_time(api: Ask, path: str) -> None:
    """From a moment on, and before one."""
    assert items(api, path, until=LONG_AGO) == []
    assert items(api, path, since=LONG_AGO) == items(api, path) != []


def test_policies_are_asked_by_policy(api: Ask) -> None:
    """As all others are."""
    name = items(api, "policies")[0]["name"]
    assert items(api, "policies", policy=name) == items(api, "policies", name=name) != []
