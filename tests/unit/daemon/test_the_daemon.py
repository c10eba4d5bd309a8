"""The daemon as a process of its own: signals, edits while it runs, and what systemd is told."""

from __future__ import annotations

import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from support.unattended import POLICIES, Daemon, House, busy, idle, named, until

Started = Callable[..., tuple[Daemon, "Hearing"]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, stack, f"sqlite:///{tmp_path / 'reaper.db'}")


@pytest.fixture
def notified(house: House) -> Iterator[Started]:
    """Start a daemon as systemd would; all it tells is heard."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(house.folder / "notify"))
        bound.setblocking(False)

        def start(settings: Path, **environment: str) -> tuple[Daemon, Hearing]:
            daemon = house.daemon(
                settings, NOTIFY_SOCKET=str(house.folder / "notify"), **environment
            )
            return daemon, Hearing(bound)

        yield start


class Hearing:
    """All that was told so far; it hears the rest whenever it is asked whether something was."""

    def __init__(self, bound: socket.socket) -> None:
        self._bound = bound
        self._told: list[dict[str, str]] = []

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self._told)

    def __contains__(self, what: object) -> bool:
        while True:
            try:
                told = self._bound.recv(9999).decode()
            except BlockingIOError:
                return any(
                    what in (f"{key}={value}", key)
                    for one in self._told
                    for key, value in one.items()
                )
            self._told.append(dict(line.split("=", 1) for line in told.splitlines()))


def write_policies(house: House, text: str) -> None:
    beside = house.folder / ".new"
    beside.write_text(text, "utf-8")
    beside.replace(house.folder / "policies.yaml")


def test_an_edit_while_it_runs_and_a_stop(house: House, notified: Started) -> None:
    """It is ready, keeps its policies over a broken edit, takes the mended one upon SIGHUP, and
    leaves with 0.
    """
    acme = house.account("acme", idle(1), busy(2))
    daemon, heard = notified(house.write(interval="1s", daemon={"splay": None}))
    until(lambda: "READY=1" in heard and house.ended("acme") == [named(1)])
    write_policies(house, POLICIES.replace("terminate_when", "termiate_when"))
    until(lambda: daemon.told("reload refused"))
    assert "policies.yaml:5:5: " in daemon.told("reload refused")[0]["error"]
    acme.world.add_session(**idle(3))
    until(lambda: house.ended("acme") == [named(1), named(3)])
    write_policies(house, POLICIES.replace("2h", "9h"))
    daemon.signal(signal.SIGHUP)
    until(lambda: daemon.told("reloaded") and "RELOADING=1" in heard)
    acme.world.add_session(**idle(4))
    runs = len(daemon.told("run ended"))
    until(lambda: len(daemon.told("run ended")) >= runs + 2)
    assert (daemon.stop(), house.ended("acme"), "STOPPING=1" in heard) == (
        0,
        [named(1), named(3)],
        True,
    )
    assert next(one["STATUS"] for one in heard if "STATUS" in one) == "monitoring 1 account"
    assert "Traceback" not in daemon.text()


def count(house: House, what: str) -> int:
    """How many rows stand in the database, asked by another program."""
    with closing(sqlite3.connect(house.folder / "reaper.db")) as db:
        # of this test's own words
        found: int = db.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608
    return found


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
def test_a_stop_amid_a_step_finishes_and_records_it(house: House, times: int) -> None:
    """However often it is asked.

    Every session that was asked to end is recorded as ended, and the next goes on.
    """
    house.account(
        "acme",
        *(idle(number) for number in range(12)),
        *(busy(12 + n) for n in range(12)),
        latency=0.2,
    )
    daemon = house.daemon(house.write(interval="1h", daemon={"splay": None}))
    until(lambda: len(house.ended("acme")) >= 3)
    for _ in range(times):
        daemon.signal(signal.SIGTERM)
        until(lambda: daemon.told("stopping"))
    assert daemon.stop() == 0
    assert count(house, "step_events WHERE event = 'terminated'") == len(house.ended("acme")) < 12
    assert count(house, "open_steps") == 0
    again = house.daemon(house.write(interval="1h", daemon={"splay": None}))
    until(lambda: len(house.ended("acme")) == 12)
    assert (again.stop(), len(set(house.ended("acme")))) == (0, 12)


@pytest.mark.slow
def test_what_cannot_be_finished_in_time_is_left_to_the_next(house: House) -> None:
    """A server that does not answer holds nobody up for longer than the settings say."""
    house.account("acme", idle(1), latency=8.0)
    daemon = house.daemon(
        house.write(
            interval="1h", timeout="60s", lease="2m", daemon={"splay": None, "stop_within": "1s"}
        )
    )
    until(lambda: house.accounts["acme"].requests)
    assert daemon.stop() == 1
    assert daemon.told("stopped amid a step")[0]["accounts"] == ["acme"]


@pytest.mark.slow
def test_accounts_come_and_go_while_it_runs(house: House) -> None:
    """One that is written into the settings is looked after, by its own interval.

    One that is struck out no longer.
    """
    house.account("acme", idle(1))
    globex = house.account("globex", idle(1))
    both = dict(house.accounts)
    del house.accounts["globex"]
    daemon = house.daemon(house.write(interval="1s", daemon={"splay": None}))
    until(lambda: daemon.told("run ended", account="acme"))
    house.accounts = {"globex": globex}
    house.write(interval="1s", daemon={"splay": None})
    until(lambda: daemon.told("run ended", account="globex"))
    house.accounts = both
    before = len(daemon.told("run ended", account="acme"))
    until(lambda: len(daemon.told("run ended", account="globex")) >= 4)
    assert len(daemon.told("run ended", account="acme")) <= before + 1
    assert daemon.stop() == 0


@pytest.mark.slow
def test_systemd_hears_that_it_lives(house: House, notified: Started) -> None:
    """Ready also without its database, and saying so.

    Alive as long as its scheduler beats, and not when it hangs.
    """
    (house.folder / "reaper.db").mkdir()
    house.account("acme", idle(1))
    daemon, heard = notified(house.write(interval="1s"), WATCHDOG_USEC="20000000")
    until(lambda: "READY=1" in heard and "WATCHDOG=1" in heard)
    until(
        lambda: (
            "STATUS" in heard and any("it is a folder" in one.get("STATUS", "") for one in heard)
        )
    )
    (house.folder / "reaper.db").rmdir()
    until(lambda: house.ended("acme") == [named(1)])
    until(lambda: "STATUS=monitoring 1 account" in heard)
    assert daemon.stop() == 0


@pytest.mark.slow
def test_old_records_are_deleted_at_their_time(house: House) -> None:
    """By the minute here, each night by default; what is young stays."""
    house.account("acme", idle(1))
    settings = house.write(
        interval="1s", keep="1s", daemon={"splay": None, "prune": {"cron": "* * * * *"}}
    )
    daemon = house.daemon(settings)
    until(lambda: daemon.told("pruned"), within=90)
    assert daemon.told("pruned")[0]["runs"] > 0
    assert (daemon.stop(), len(house.runs()) < len(daemon.told("run ended"))) == (0, True)
