"""The emulator on its socket.

Starting, stopping, what it records, and the way behind the scenes.
"""

import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from reaper.emulator import DEFAULT_KEY, Config, Emulator

if TYPE_CHECKING:
    from support.emulated_account import Open

IMPATIENT = httpx.Timeout(20, read=0.05)
LIST = "/pro/session-manager/v1/sessions/webui"
SERVE = """
from reaper.emulator import Config, serve
serve(Config(sessions=3), lambda url: print(url, flush=True))
"""


def get(url: str) -> httpx.Response:
    return httpx.get(url, headers={"apiKey": DEFAULT_KEY}, trust_env=False)


def test_a_port_of_its_own() -> None:
    """With port 0 each emulator finds a free one.

    After its context nobody answers there, and no thread is left.
    """
    threads = threading.active_count()
    with Emulator(Config(sessions=1)) as one, Emulator(Config(sessions=2)) as two:
        assert [get(emulator.url + LIST).status_code for emulator in (one, two)] == [200, 200]
        url = one.url
    with pytest.raises(httpx.ConnectError):
        get(url + LIST)
    assert threading.active_count() == threads


def test_no_url_before_it_runs() -> None:
    """An emulator that is not running has no url."""
    with pytest.raises(RuntimeError, match="not running"):
        _ = Emulator(Config(sessions=0)).url


def test_it_can_run_again() -> None:
    """The same account can be opened again, with all that happened to it."""
    emulator = Emulator(Config(sessions=1))
    for _ in range(2):
        with emulator:
            assert get(emulator.url + LIST).status_code == 200
    assert len(emulator.requests) == 2


def test_a_taken_port() -> None:
    """A port that is taken is an OSError, at once."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Emulator(Config(sessions=0, port=taken.getsockname()[1])).__enter__()


def test_stop_does_not_wait_for_slow_answers() -> None:
    """An answer that is far from ready does not keep the emulator from stopping."""
    with Emulator(Config(sessions=0, latency=60)) as emulator, pytest.raises(httpx.ReadTimeout):
        httpx.get(emulator.url + LIST, timeout=IMPATIENT, trust_env=False)


def test_requests_are_recorded(tenant: "Open") -> None:
    """Each request is recorded with method, path, query and status.

    The way behind the scenes is not.
    """
    account = tenant({"id": "x"})
    account.get("/webui", limit=5)
    account.http.get("/_emulator/requests")
    assert account.emulator.requests == [("GET", LIST, "limit=5", 200)]


def test_behind_the_scenes(tenant: "Open") -> None:
    """Another process can let time pass, touch a session, switch faults and count requests."""
    account = tenant({"id": "x", "age": "1h"})
    advanced = account.http.post("/_emulator/advance", params={"seconds": 60}).json()
    assert advanced == {"now": "2026-03-02T09:01:00.000Z"}
    account.http.post("/_emulator/touch", params={"id": "x"})
    assert account.get("/webui/x/logs", sort="-index")["items"][0]["timestamp"] == advanced["now"]
    account.call("PATCH", "/webui/x/terminate")
    account.http.post("/_emulator/faults", params={"spec": "500:1"})
    assert account.status("GET", "/webui") == 500
    counts = account.http.get("/_emulator/requests").json()
    assert counts["total"] == 3
    assert counts["calls"][f"GET {LIST} 500"] == 1
    assert counts["terminated"] == [{"id": "x", "at": "2026-03-02T09:01:00.000Z"}]


def test_behind_the_scenes_errors(tenant: "Open") -> None:
    """What is wrong behind the scenes is told as everywhere."""
    http = tenant().http
    answers = [
        http.post("/_emulator/faults", params={"spec": "noise:1"}),
        http.post("/_emulator/touch", params={"id": "nobody"}),
        http.post("/_emulator/advance"),
        http.post("/_emulator/advance", params={"seconds": "inf"}),
        http.post("/_emulator/advance", params={"seconds": -5}),
    ]
    assert [answer.status_code for answer in answers] == [422, 404, 422, 422, 422]
    assert all(answer.json()["errorCode"] == answer.status_code for answer in answers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_foreground(number: signal.Signals) -> None:
    """In the foreground it says its url, answers, and ends cleanly on SIGINT and SIGTERM without a
    word.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert get(url + LIST).status_code == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
