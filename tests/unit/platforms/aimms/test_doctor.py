"""The doctor says what is wrong and what to do, and falls ill of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.tenant_documents import a_document

from reaper.platforms.aimms.doctor import examine

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from support.clock import Clock
    from support.scripted_server import Asked, Connect, MakeItem, Serve

    from reaper.platforms.aimms.doctor import Check

    Generation = Literal[1, 2]
    Examine = Callable[..., dict[str, Check]]

ROOT = "/pro/session-manager/v1"
NEW = a_document(2)
LINE = {"index": 2, "timestamp": "2026-11-23T11:00:00Z", "message": "x"}
DATE = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}


@pytest.fixture
def checks(serve: Serve, connect: Connect, clock: Clock) -> Examine:
    def start(
        special: dict[str, object],
        sent: dict[str, list[object]],
        generation: Literal["auto", 1, 2] = "auto",
    ) -> dict[str, Check]:
        def answer(asked: Asked) -> object:
            for part, reply in special.items():
                if part in asked.path:
                    return reply
            if "openapi" in asked.path:
                return (200, NEW, DATE)
            if asked.path.endswith("/logs"):
                return (200, {"total": 2, "items": [LINE]}, DATE)
            if "/pro-api/" in asked.path:
                return (200, {"total_tasks": 0, "current_batch": []}, DATE)
            kind = asked.path.rpartition("/")[2]
            return (200, {"total": len(sent.get(kind, [])), "items": sent.get(kind, [])}, DATE)

        return {check.name: check for check in examine(connect(serve(answer)), generation, clock)}

    return start


def test_a_healthy_account(checks: Examine, item: MakeItem) -> None:
    """Where all is well every check says so, and none gives advice that is not needed."""
    found = checks({}, {"webui": [item(1)]})
    assert list(found) == [
        "address", "key", "scope Session", "scope Tasks", "user", "clock", "generation",
        "fields of webui", "fields of task", "fields of solve", "log",
    ]  # fmt: skip
    assert [name for name, check in found.items() if check.ok is not True] == [
        "user",
        "fields of task",
        "fields of solve",
    ]
    assert all(bool(check.advice) != bool(check.ok) for check in found.values())


@pytest.mark.parametrize(
    ("special", "bad"),
    [
        ({ROOT: (401, {})}, "key"),
        ({ROOT: (403, {})}, "scope Session"),
        ({"/pro-api": (403, {})}, "scope Tasks"),
        ({"openapi": (404, {})}, "generation"),
        ({"/sessions/task": (500, {})}, "fields of task"),
        ({"/sessions/webui": b"<html>"}, "address"),
        ({"/logs": (503, {})}, "log"),
        ({"/pro": None}, "address"),
        ({"/pro": (429, {})}, "address"),
        ({"/pro-api": (200, {}, {"Date": "Mon, 23 Nov 2026 12:01:00 GMT"})}, "clock"),
        ({"/pro-api": (200, {}, {})}, "clock"),
    ],
)
def test_each_trouble_has_its_check_and_its_advice(
    checks: Examine, item: MakeItem, special: dict[str, object], bad: str
) -> None:
    """What is wrong is found by its own check, which says what to do."""
    found = checks(special, {"webui": [item(1)]}, "auto")
    assert found[bad].ok is False
    assert found[bad].advice
    assert all("\n" not in check.detail for check in found.values())


def test_fields_that_differ_are_named(checks: Examine, item: MakeItem) -> None:
    """Fields that the tenant does not send, sends unreadably or adds are named for each kind."""
    found = checks({}, {"webui": [item(1, user_name=..., started_at="?", colour="red")]})
    detail = found["fields of webui"].detail
    assert "missing: user_name" in detail
    assert "unknown: colour" in detail
    assert "started_at: '?' is not a time" in detail


def test_garbage_in_a_field_that_nobody_uses_is_told(checks: Examine, item: MakeItem) -> None:
    """A queue time that is none costs no session, and is found here."""
    detail = checks({}, {"webui": [item(1, queue_time="soon", launch_time=1.5)]})[
        "fields of webui"
    ].detail
    assert "unreadable: queue_time: 'soon' is not an amount (1 in all)" in detail


@pytest.mark.parametrize(("told", "ok"), [(2, True), (1, False)])
def test_a_generation_told_is_compared(checks: Examine, told: Generation, ok: bool) -> None:
    """A generation set against the tenant's own document is found."""
    assert checks({}, {}, told)["generation"].ok is ok


def test_no_session_is_no_fault(checks: Examine) -> None:
    """An account without sessions leaves open what only a session can show."""
    found = checks({}, {})
    assert found["log"].ok is None
    assert found["fields of webui"].ok is None
