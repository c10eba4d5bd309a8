"""Keys, scopes, expiry, and the one body that every error has."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.emulated_account import Open

KEYS = [
    {"key": "both"},
    {"key": "sessions", "scopes": ["Session"]},
    {"key": "tasks", "scopes": ["Tasks"]},
    {"key": "old", "expires": "-1d"},
    {"key": "brief", "expires": "1h"},
]
SESSIONS = "/pro/session-manager/v1/sessions/webui"
TASKS = "/pro-api/v2/tasks?appName=Plan"


@pytest.mark.parametrize(
    ("key", "sessions", "tasks"),
    [
        ("both", 200, 200),
        ("sessions", 200, 403),
        ("tasks", 403, 200),
        ("old", 401, 401),
        ("nobody", 401, 401),
    ],
)
def test_keys(tenant: "Open", key: str, sessions: int, tasks: int) -> None:
    """An unknown or expired key gets 401, one without the scope 403."""
    http = tenant(keys=KEYS).http
    http.headers["apiKey"] = key
    assert (http.get(SESSIONS).status_code, http.get(TASKS).status_code) == (sessions, tasks)


def test_no_key(tenant: "Open") -> None:
    """Without a key the answer is 401, even to a request that is bad in other ways."""
    http = tenant().http
    del http.headers["apiKey"]
    assert http.get(f"{SESSIONS}?limit=0").status_code == 401


def test_keys_expire_as_time_passes(tenant: "Open") -> None:
    """A key is good until its emulated hour has come."""
    account = tenant(keys=KEYS)
    account.http.headers["APIKEY"] = "brief"
    assert account.http.get(SESSIONS).status_code == 200
    account.world.advance(timedelta(hours=1))
    assert account.http.get(SESSIONS).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/pro/session-manager/v1/nowhere", 404),
        ("GET", f"{SESSIONS}/", 404),
        ("GET", f"{SESSIONS}/unknown", 404),
        ("POST", SESSIONS, 405),
        ("PATCH", f"{SESSIONS}/x", 405),
        ("PATCH", f"{SESSIONS}/ended/terminate", 409),
        ("GET", f"{SESSIONS}?sort=mood", 422),
        ("GET", "/pro-api/v2/tasks", 422),
    ],
)
def test_every_error_has_the_body(tenant: "Open", method: str, path: str, status: int) -> None:
    """Whatever is wrong, the body says it with errorCode, errorId and message."""
    response = tenant({"id": "ended", "state": "terminated"}).http.request(method, path)
    body = response.json()
    assert (response.status_code, body["errorCode"]) == (status, status)
    assert set(body) == {"errorCode", "errorId", "message"}


def test_allowed_methods(tenant: "Open") -> None:
    """A 405 names every method that the path has."""
    response = tenant({"id": "x"}).call("PUT", "/webui/x")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET")
