"""A key that the server does not know is not tried again and again: the vendor blocks who does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.safety_cli import Cli, Desk
from support.safety_house import GENEROUS, IDLE, Open, fleet, refusal, rules
from support.unattended import House, idle, named, restore, revoke, until

from reaper.emulator import DEFAULT_KEY


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[House]:
    """An account whose key stands in a file, and another one."""
    with ExitStack() as stack:
        made = House(tmp_path, stack, f"sqlite:///{tmp_path / 'reaper.db'}")
        for name in ("acme", "globex"):
            made.account(name, idle(1))
        yield made


def write(accounts: House, key: str, **more: Any) -> Path:  # noqa: ANN401 - settings
    """Settings by which acme's key is this one, from a file."""
    (accounts.folder / "acme.key").write_text(key, "utf-8")
    file = accounts.write(interval="1s", **more)
    text = file.read_text("utf-8")
    by_value, by_file = f'"api_key": "{DEFAULT_KEY}"', '"api_key_file": "acme.key"'
    file.write_text(text.replace(by_value, by_file, 1), "utf-8")
    return file


@pytest.mark.parametrize("generation", ["auto", 2])
def test_a_run_asks_once_and_says_it_each_time(
    reaper: Cli, desk: Desk, generation: int | str
) -> None:
    """From cron: one request, one line, exit code 3. A step that is unsettled costs one more."""
    account = desk.account(*fleet(1, 12), faults="deaf:1")
    desk.write(acme=account)
    settings = Path("reaper.yaml")
    settings.write_text(
        settings.read_text("utf-8").replace(
            '"name": "acme"', f'"name": "acme", "generation": "{generation}"'.replace('"2"', "2")
        ),
        "utf-8",
    )
    for unsettled in (0, 1):
        revoke(account)
        for _ in range(2):
            before = len(account.requests)
            done = reaper("run", "--enforce", "--quiet")
            assert (done.code, done.err.count("\n")) == (3, 1)
            assert "the key is unknown or expired" in done.err
            statuses = [one.status for one in account.requests[before:]]
            assert statuses.count(401) == 1 + unsettled
        restore(account)
        assert reaper("run", "--enforce", "--quiet").code == 1


def test_a_key_that_is_rejected_amid_a_run(house: Open) -> None:
    """What is still to be seen to end is not looked at any more."""
    home = house(*fleet(6, 20), faults="deaf:1")
    for what in ("read", "list"):
        home.upon(what, lambda _: refusal(401) if len(home.endings()) == 6 else None, nth=0)
    home.pass_once(rules(IDLE), limits=GENEROUS, patience=90.0)
    last = max(n for n, one in enumerate(home.asked) if one.what == "terminate")
    assert len(home.asked[last + 1 :]) <= 3


@pytest.mark.slow
def test_a_daemon_stops_asking_until_the_key_changes(accounts: House) -> None:
    """Told once in the log, and in /readyz and a metric for as long as it lasts; the other
    account is looked after; a new key in the file is tried at once.
    """
    with httpx.Client(trust_env=False, timeout=10) as client:
        daemon = accounts.daemon(write(accounts, "wrong", http={"listen": "127.0.0.1:0"}))
        until(lambda: daemon.told("key rejected", account="acme"))
        asked = len(accounts.accounts["acme"].requests)
        runs = len(daemon.told("run ended", account="globex"))
        until(lambda: len(daemon.told("run ended", account="globex")) >= runs + 3)
        assert len(accounts.accounts["acme"].requests) == asked <= 2
        assert len(daemon.told("key rejected")) == 1
        url = daemon.told("answering over HTTP")[0]["url"]
        told = client.get(f"{url}/readyz").json()["reasons"]
        (reason,) = [one["reason"] for one in told if one["check"] == "key"]
        assert "nothing is asked there until the key changes" in reason
        assert 'reaper_suspended{account="acme"} 1.0' in client.get(f"{url}/metrics").text
        (accounts.folder / "acme.key").write_text(DEFAULT_KEY, "utf-8")
        until(lambda: accounts.ended("acme") == [named(1)])
        until(lambda: client.get(f"{url}/readyz").status_code == 200)
        assert 'reaper_suspended{account="acme"} 0.0' in client.get(f"{url}/metrics").text
    assert daemon.stop() == 0


@pytest.mark.slow
def test_a_person_has_the_same_key_tried_again(accounts: House) -> None:
    """The portal knows it again: SIGHUP is the word that lets the daemon try."""
    acme = accounts.accounts["acme"]
    revoke(acme)
    daemon = accounts.daemon(write(accounts, DEFAULT_KEY))
    until(lambda: daemon.told("key rejected", account="acme"))
    restore(acme)
    asked, runs = len(acme.requests), len(daemon.told("run ended", account="globex"))
    until(lambda: len(daemon.told("run ended", account="globex")) >= runs + 3)
    assert len(acme.requests) == asked
    daemon.signal(signal.SIGHUP)
    until(lambda: accounts.ended("acme") == [named(1)])
    assert daemon.stop() == 0
