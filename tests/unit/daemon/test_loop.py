"""What the main thread minds: a clock that was set, and what a service manager reads."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from support.clock import Clock

from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import OwnSettings
from reaper.core.language.policy import PolicySet
from reaper.daemon import Configuration, DatabaseSupervisor, LiveConfiguration, Loop, Scheduler
from reaper.daemon.status import DaemonStatus
from reaper.errors import StoreError
from reaper.store import Database


class _Counting(Scheduler):
    """Rounds that only note how often they were aligned anew."""

    realigned = 0

    def realign(self) -> None:
        self.realigned += 1


def unreachable() -> Database:
    raise StoreError("the database is not there")


@pytest.fixture
def scheduler(status: DaemonStatus, clock: Clock) -> _Counting:
    return _Counting(lambda _: None, lambda: False, status, clock, 1)


@pytest.fixture
def loop(scheduler: _Counting, status: DaemonStatus, clock: Clock) -> Loop:
    account = AccountSettings.model_validate(
        {"name": "acme", "url": "https://a.example", "api_key": "key"}
    )
    configuration = Configuration(
        OwnSettings(accounts=(account,)), (account,), PolicySet(()), written=(Path("nowhere"),)
    )
    supervisor = DatabaseSupervisor(unreachable, unreachable, lambda _: None, status, clock)
    nobody: Callable[[Configuration], None] = lambda _: None  # noqa: E731
    return Loop(
        LiveConfiguration(lambda: configuration, status),
        supervisor,
        scheduler,
        status=status,
        clock=clock,
        follow=nobody,
    )


@pytest.mark.parametrize(
    ("passed", "set_by", "realigned"),
    [(1, 0, 0), (1, -30, 0), (1, -3600, 1), (1, 3600, 0), (3600, 0, 0)],
)
def test_only_a_clock_that_was_set_back_needs_new_moments(
    loop: Loop,
    scheduler: _Counting,
    clock: Clock,
    *,
    passed: float,
    set_by: float,
    realigned: int,
) -> None:
    """Set forwards, or after a sleep, what is due comes by itself.

    Set back, it would be waited for twice.
    """
    clock.wait(passed)
    before = clock.awake
    clock.wait(set_by)
    clock.awake = before
    loop._mind_the_clock()
    loop._mind_the_clock()
    assert scheduler.realigned == realigned


def test_the_status_is_one_line(loop: Loop, status: DaemonStatus) -> None:
    """How many accounts; what was written wrongly; what it waits for."""
    assert loop._summary() == "looking after 1 account"
    status.reloaded("p.yaml:3:5: no such rule\np.yaml:4:5: nor this")
    assert (
        loop._summary()
        == "looking after 1 account; what was written last is wrong: p.yaml:3:5: no such rule"
    )
    status.database_lost("the database is not there")
    assert loop._summary() == "waiting: the database is not there"


def test_a_scheduler_that_hangs_is_not_called_alive(
    loop: Loop,
    status: DaemonStatus,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The service manager hears of life four times in its patience, and no more once the scheduler
    gives no sign.
    """
    monkeypatch.setenv("WATCHDOG_USEC", "120000000")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.setblocking(False)
        for second in range(600):
            if second < 300:
                status.beat()
            loop._tell()
            with suppress(BlockingIOError):
                heard += [second] * (bound.recv(999) == b"WATCHDOG=1")
            clock.wait(1)
    assert heard[:3] == [0, 30, 60]
    assert 330 <= heard[-1] <= 360
