"""Faults on demand: how they are written, and what a client sees of each."""

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from reaper.emulator import Faults

if TYPE_CHECKING:
    from support.emulated_account import Open

IMPATIENT = httpx.Timeout(20, read=0.05)


def test_parse() -> None:
    """A list of faults is read with shares, times and the skew of the clock."""
    faults = Faults.parse("429:0.1, 500:0.05,slow:0.02:5s,drop:0.01,skew:+90s")
    assert faults.shares == {"429": 0.1, "500": 0.05, "slow": 0.02, "drop": 0.01}
    assert (faults.seconds("slow"), faults.skew) == (5.0, timedelta(seconds=90))
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize(
    "spec",
    [
        "noise:0.1",
        "429",
        "429:often",
        "500:1.5",
        "500:-0.1",
        "500:0.1:5s",
        "skew:90",
        "skew",
        "slow:0.1:5",
    ],
)
def test_parse_refuses(spec: str) -> None:
    """What is no fault is refused in words that name it."""
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        Faults.parse(spec)


@pytest.mark.parametrize(
    ("status", "wait"), [("429", "1"), ("500", None), ("502", None), ("503", "1")]
)
def test_statuses(tenant: "Open", status: str, wait: str | None) -> None:
    """A refused request does nothing and has the body of errors.

    429 and 503 say when to come back.
    """
    account = tenant({"id": "x"}, faults=f"{status}:1")
    response = account.call("PATCH", "/webui/x/terminate")
    assert (response.status_code, response.headers.get("retry-after")) == (int(status), wait)
    assert response.json()["errorCode"] == int(status)
    assert account.world.terminated == []


def test_html(tenant: "Open") -> None:
    """A gateway can answer 200 with a page that is no JSON."""
    response = tenant({"id": "x"}, faults="html:1").call("GET", "/webui/x")
    assert (response.status_code, response.headers["content-type"][:9]) == (200, "text/html")


def test_truncate(tenant: "Open") -> None:
    """Half a body arrives as if it were whole."""
    response = tenant({"id": "x"}, faults="truncate:1").call("GET", "/webui/x")
    with pytest.raises(ValueError, match=r"Unterminated|delimiter|Expecting"):
        response.json()


def test_drop(tenant: "Open") -> None:
    """A dropped request is carried out, but nobody answers; the record shows status 0."""
    account = tenant({"id": "x"}, faults="drop:1")
    with pytest.raises(httpx.TransportError):
        account.call("PATCH", "/webui/x/terminate")
    assert [session_id for session_id, _ in account.world.terminated] == ["x"]
    assert account.emulator.requests[-1].status == 0


def test_slow(tenant: "Open") -> None:
    """A slow answer outlasts a client that does not wait as long."""
    account = tenant(faults="slow:1:30s")
    with pytest.raises(httpx.ReadTimeout):
        account.call("GET", "/webui", timeout=IMPATIENT)


def test_latency(tenant: "Open") -> None:
    """With a latency no answer comes sooner."""
    account = tenant(latency=30)
    with pytest.raises(httpx.ReadTimeout):
        account.call("GET", "/webui", timeout=IMPATIENT)


def test_lost(tenant: "Open") -> None:
    """A lost termination works and answers 500; reads are unharmed."""
    account = tenant({"id": "x"}, faults="lost:1")
    assert account.status("PATCH", "/webui/x/terminate") == 500
    assert account.get("/webui/x")["state"] == "Terminated"


def test_deaf(tenant: "Open") -> None:
    """A deaf termination answers 200 and does nothing."""
    account = tenant({"id": "x"}, faults="deaf:1")
    assert account.status("PATCH", "/webui/x/terminate") == 200
    assert account.get("/webui/x")["state"] == "Running"
    assert account.world.terminated == []


def test_stubborn(tenant: "Open") -> None:
    """A stubborn task answers 200 to an interrupt and goes on."""
    account = tenant({"id": "x", "kind": "task", "solving": True}, faults="stubborn:1")
    assert (
        account.http.put(
            "/pro-api/v2/tasks/task-x", json={"setstatus": "interrupt-solve"}
        ).status_code
        == 200
    )
    account.world.advance(timedelta(hours=1))
    assert account.get("/task/x")["state"] == "solving"


def test_date_is_emulated(tenant: "Open") -> None:
    """The Date header tells emulated time, and is the only one."""
    account = tenant()
    account.world.advance(timedelta(days=1))
    assert account.call("GET", "/webui").headers.get_list("date") == [
        "Tue, 03 Mar 2026 09:00:00 GMT"
    ]


def test_skew(tenant: "Open") -> None:
    """A skewed server dates its answers wrongly."""
    response = tenant(faults="skew:-90s").call("GET", "/webui")
    assert response.headers["date"] == "Mon, 02 Mar 2026 08:58:30 GMT"


def test_faults_come_from_the_seed(tenant: "Open") -> None:
    """The same seed makes the same requests fail; a share is about kept."""
    accounts = [tenant(faults="500:0.3", seed=3) for _ in range(2)]
    first, second = ([account.status("GET", "/webui") for _ in range(60)] for account in accounts)
    assert first == second
    assert 5 < first.count(500) < 35


def test_faults_can_be_switched(tenant: "Open") -> None:
    """A test can end a fault while the account answers."""
    account = tenant(faults="503:1")
    assert account.status("GET", "/webui") == 503
    account.world.faults = Faults()
    assert account.status("GET", "/webui") == 200
