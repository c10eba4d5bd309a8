"""Lists: filters, order, pages, and sessions that come and go between two pages."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.emulated_account import Open

FLEET = (
    {
        "id": "a",
        "owner": "kim@ROOT",
        "app": "Demand",
        "app_version": "1.0",
        "name": "Morning",
        "age": "5h",
    },
    {
        "id": "b",
        "owner": "KIM@Test",
        "app": "Demand",
        "app_version": "1.1",
        "name": "Noon",
        "age": "3h",
    },
    {
        "id": "c",
        "owner": "lee@Test",
        "app": "Supply",
        "app_version": "1.0",
        "age": "1h",
        "state": "terminated",
    },
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"user_name_equal_cs": "kim"}, "a"),
        ({"user_name_equal_ci": "kim"}, "ba"),
        ({"name_contain_cs": "oon"}, "b"),
        ({"name_contain_ci": "NO"}, "b"),
        ({"app_version_in": "1.0,2.0"}, "ca"),
        ({"id_not_in": "a,c"}, "b"),
        ({"environment_name_equal_cs": "Test", "app_name_equal_cs": "Supply"}, "c"),
        ({"state_equal_cs": "Running"}, "ba"),
        ({"state_equal_cs": "running"}, ""),
        ({"state_equal_ci": "running"}, "ba"),
        ({"created_at_from": "2026-03-02T06:00:00Z"}, "cb"),
        ({"created_at_to": "2026-03-02T06:00:00Z"}, "a"),
        (
            {
                "created_at_from": "2026-03-02T07:00:00+01:00",
                "created_at_to": "2026-03-02T08:00:00Z",
            },
            "b",
        ),
    ],
)
def test_filters(tenant: "Open", filters: dict[str, str], expected: str) -> None:
    """Every filter means what the sister service's does; several must all hold.

    `from` includes, `to` does not.
    """
    answer = tenant(*FLEET).get("/webui", **filters)
    assert "".join(item["id"] for item in answer["items"]) == expected
    assert answer["total"] == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created_at", "abc"),
        ("-created_at", "cba"),
        ("app_version,-id", "cab"),
        ("-state,user_name", "cba"),
        ("run_time", "cba"),
    ],
)
def test_sort(tenant: "Open", sort: str, expected: str) -> None:
    """Fields sort in the order given, `-` descending."""
    assert "".join(tenant(*FLEET).ids("/webui", sort=sort)) == expected


def test_newest_first_by_default(tenant: "Open") -> None:
    """Without a sort the newest session comes first."""
    assert tenant(*FLEET).ids("/webui") == ["c", "b", "a"]


@pytest.mark.parametrize(
    "bad",
    [
        {"sort": "mood"},
        {"sort": "id,"},
        {"limit": 0},
        {"limit": 1001},
        {"offset": -1},
        {"created_at_from": "yesterday"},
        {"created_at_from": "2026-03-02T06:00:00"},
        {"mood_in": "good"},
    ],
)
def test_bad_parameters(tenant: "Open", bad: dict[str, object]) -> None:
    """A parameter that is unknown, out of range or without its zone is refused with 422."""
    assert tenant(*FLEET).status("GET", "/webui", **bad) == 422


def test_pages(tenant: "Open") -> None:
    """Offset and limit cut the list; `total` counts what matches, not what is on the page."""
    account = tenant(*FLEET)
    answer = account.get("/webui", offset=1, limit=1)
    assert (answer["total"], [item["id"] for item in answer["items"]]) == (3, ["b"])
    assert account.ids("/webui", offset=10) == []


def test_limit_defaults_to_100(tenant: "Open") -> None:
    """A page has at most 100 sessions unless more are asked for."""
    account = tenant(*({"id": f"s{n}"} for n in range(101)))
    assert (len(account.ids("/webui")), len(account.ids("/webui", limit=1000))) == (100, 101)


def test_server_may_cap_pages(tenant: "Open") -> None:
    """A server can answer fewer than were asked for, and still tells the true total."""
    answer = tenant(*FLEET, page_cap=2).get("/webui", limit=1000)
    assert (answer["total"], len(answer["items"])) == (3, 2)


def test_page_can_repeat_a_session(tenant: "Open") -> None:
    """A session that starts between two pages pushes one onto both."""
    account = tenant(*FLEET)
    account.world.between_pages = lambda: account.world.add_session(age="0s")
    first = account.ids("/webui", limit=2)
    assert account.ids("/webui", offset=2, limit=2)[0] == first[-1]


def test_page_can_miss_a_session(tenant: "Open") -> None:
    """A session that vanishes between two pages hides another one."""
    account = tenant(*FLEET)
    account.world.between_pages = lambda: account.world.remove(account.world.get("c"))
    assert account.ids("/webui", limit=1) == ["c"]
    account.world.between_pages = None
    assert account.ids("/webui", offset=1, limit=1) == ["a"]


def test_churn_comes_from_the_seed(tenant: "Open") -> None:
    """With churn, sessions end and start at list pages, the same ones for the same seed."""
    accounts = [tenant(*FLEET, churn=1.0, seed=7) for _ in range(2)]
    first, second = ([account.ids("/webui") for _ in range(4)][-1] for account in accounts)
    assert first == second
    assert len(first) == 6


def test_session_fields(tenant: "Open") -> None:
    """A session has the contract's fields, times in UTC with Z, and seconds for its phases."""
    spec = {
        "id": "x",
        "kind": "solve",
        "owner": "kim@ROOT",
        "age": "2h",
        "queue_time": "30m",
        "description": "d",
    }
    item = tenant(spec).get("/solve/x")
    assert item == {
        "id": "x", "kind": "solve", "name": "Demand Forecasting", "state": "running", "account_name": "demo",
        "environment_name": "ROOT", "user_name": "kim", "app_name": "Demand Forecasting", "app_version": "1.0",
        "description": "d", "created_at": "2026-03-02T07:00:00.000Z", "started_at": "2026-03-02T07:30:04.000Z",
        "ended_at": None, "queue_time": 1800.0, "launch_time": 4.0, "run_time": 5396.0, "gb_hours": 5.9956,
        "message": "",
    }  # fmt: skip


def test_untrue_fields_can_be_sent(tenant: "Open") -> None:
    """For tests of clients a scenario can send null or anything else in place of a field."""
    item = tenant({"id": "x", "send": {"created_at": None, "state": "hibernating"}}).get("/webui/x")
    assert (item["created_at"], item["state"]) == (None, "hibernating")
