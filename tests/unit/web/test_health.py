"""/healthz and /readyz: whether the daemon is alive, and whether it does what it is there for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from support.clock import Clock
from support.web_tools import Ask, Stand

from reaper.daemon.status import MonitoredAccount
from reaper.errors import StoreError
from reaper.usecases.tokens import hash_of, new_token

HOUR = timedelta(hours=1)
Serve = Callable[..., Ask]


def reasons(api: Ask, headers: dict[str, str] | None = None) -> list[tuple[str, str | None]]:
    """Which checks fail for which account; the status says the same."""
    answer = api.get("/readyz", headers=headers)
    body = answer.json()
    assert (answer.status_code, body["ready"]) == ((503, False) if body["reasons"] else (200, True))
    return [(one["check"], one["account"]) for one in body["reasons"]]


def said(api: Ask) -> str:
    (only,) = api.get("/readyz").json()["reasons"]
    return str(only["reason"])


def test_it_is_alive_while_its_scheduler_is(stand: Stand) -> None:
    """A scheduler without a sign of life for a minute counts as dead, until it gives one."""
    assert stand.api.get("/healthz").json() == {"alive": True, "beat_age": 0.0}
    stand.clock.wait(61)
    assert (stand.api.get("/healthz").status_code, stand.api.get("/healthz").json()["alive"]) == (
        503,
        False,
    )
    stand.daemon.beat()
    assert stand.api.get("/healthz").status_code == 200


def test_some_ask_by_head(stand: Stand) -> None:
    """Whoever wants nothing but the status gets it without a body."""
    stand.daemon.reloaded("broken")
    assert [stand.api.head(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    assert stand.api.head("/readyz").text == ""


def test_it_is_ready_after_complete_runs(stand: Stand) -> None:
    """The record has a complete run of each account, and it does not matter which replica
    made it.
    """
    assert reasons(stand.api) == []


def test_an_account_without_a_recent_complete_run(stand: Stand) -> None:
    """Each account has its own patience.

    The reason tells the run's age, what is expected, and the last trouble.
    """
    stand.daemon.set_accounts(
        {"acme": MonitoredAccount(HOUR), "globex": MonitoredAccount(timedelta(days=1))}
    )
    stand.clock.wait(2 * 3600)
    stand.daemon.troubles["acme"] = "acme: no answer"
    assert reasons(stand.api) == [("runs", "acme")]
    assert said(stand.api).startswith("the last complete run began 2h")
    assert said(stand.api).endswith("the maximum is 1h; the last run: acme: no answer")


def test_an_account_that_never_had_a_run(stand: Stand) -> None:
    """A daemon that has just begun is not ready before its first complete run."""
    stand.daemon.set_accounts({"initech": MonitoredAccount(HOUR)})
    assert said(stand.api) == "no complete run yet"


def test_an_account_whose_first_run_is_to_come(stand: Stand) -> None:
    """By a schedule the first run may be days away.

    Until it is due, and was tried in vain, nothing is wrong.
    """
    stand.daemon.set_accounts({"initech": MonitoredAccount(HOUR)})
    stand.daemon.due("initech", stand.clock.now() + timedelta(days=3))
    assert reasons(stand.api) == []
    with stand.daemon.track_run("initech"):
        assert reasons(stand.api) == [("runs", "initech")]
    stand.daemon.troubles["initech"] = "disk full"
    assert said(stand.api) == "no complete run yet; the last run: disk full"


def test_a_run_of_this_daemon_counts_before_it_is_read_back(stand: Stand) -> None:
    """What it has seen itself is enough."""
    stand.daemon.set_accounts({"initech": MonitoredAccount(HOUR)})
    stand.daemon.complete_at["initech"] = stand.clock.now()
    assert reasons(stand.api) == []


def test_a_key_about_to_expire(stand: Stand, clock: Clock) -> None:
    """From `key_notice` before the day on which it expires, and after it in other words."""
    day = (clock.now() + timedelta(days=10)).date()
    stand.daemon.set_accounts(
        {
            "acme": MonitoredAccount(timedelta(days=999), day),
            "globex": MonitoredAccount(timedelta(days=999)),
        }
    )
    assert reasons(stand.api) == [("key", "acme")]
    assert f"on {day}" in said(stand.api)
    clock.wait(11 * 86_400)
    assert (
        said(stand.api) == f"the API key expired on {day}; make a new one in the portal and set it"
    )
    stand.daemon.set_accounts({"acme": MonitoredAccount(timedelta(days=999), date.max)})
    assert reasons(stand.api) == []


def test_a_refused_edit(stand: Stand) -> None:
    """What is wrong in the file is told with its place, until a good edit is taken."""
    stand.daemon.reloaded("policies/all.yaml:3:5: there is no such rule")
    assert (reasons(stand.api), said(stand.api)) == (
        [("policies", None)],
        "policies/all.yaml:3:5: there is no such rule",
    )
    stand.daemon.reloaded()
    assert reasons(stand.api) == []


def test_a_database_that_fails_the_daemon(stand: Stand) -> None:
    """What keeps it from recording is told, and forgotten when it is over."""
    stand.daemon.database_lost("the database refuses connections")
    assert (reasons(stand.api), said(stand.api)) == (
        [("database", None)],
        "the database refuses connections",
    )
    stand.daemon.database_back()
    assert reasons(stand.api) == []


def test_a_database_that_fails_whoever_asks(stand: Stand) -> None:
    """It is asked each time; the runs that it told of before grow old, but do not go with it."""
    assert reasons(stand.api) == []
    stand.break_database(StoreError("the database is gone"))
    assert (reasons(stand.api), said(stand.api)) == ([("database", None)], "the database is gone")
    stand.clock.wait(2 * 3600)
    assert reasons(stand.api) == [("database", None), ("runs", "acme"), ("runs", "globex")]
    stand.daemon.beat()
    assert stand.api.get("/healthz").status_code == 200


def test_a_database_that_does_not_answer(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks has an answer within seconds, and it is asked by one at a time.

    Once it answers, all is well.
    """
    monkeypatch.setattr("reaper.web.status._PATIENCE", 0.5)
    before = threading.active_count()
    stand.held.clear()
    assert reasons(stand.api) == [
        ("database", None),
        ("runs", "acme"),
        ("runs", "globex"),
    ]  # it never told of any
    with ThreadPoolExecutor() as crowd:
        answers = list(crowd.map(stand.api.get, ["/readyz", "/metrics", "/healthz"]))
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert "did not respond within 0.5 s" in answers[0].text
    asking = [thread for thread in threading.enumerate() if thread.name == "status"]
    stand.held.set()
    for thread in asking:
        thread.join()
    assert (len(asking), reasons(stand.api)) == (1, [])
    assert threading.active_count() <= before + 4  # those that answer


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_without_a_token_learns_yes_or_no(ask: Serve, path: str) -> None:
    """And nothing of accounts, or of what is wrong."""
    token = new_token()
    api = ask(token_hashes=[hash_of(token)])
    assert "reasons" not in api.get(path).json()
    assert api.get(path).status_code == 200
    assert reasons(api, {"Authorization": f"Bearer {token}"}) == []
    assert api.get("/metrics").status_code == 401
