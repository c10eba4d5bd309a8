"""What a service manager is told, over sockets as it gives them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from reaper.daemon import systemd

Listen = Callable[[str], socket.socket]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listen]:
    """Listen as systemd does, at a path or at an @abstract name."""
    with ExitStack() as stack:

        def at(name: str) -> socket.socket:
            bound = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            bound.bind(f"\0{name[1:]}" if name.startswith("@") else name)
            bound.settimeout(10)
            monkeypatch.setenv("NOTIFY_SOCKET", name)
            return bound

        yield at


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_told_arrives(listen: Listen, tmp_path: Path, *, abstract: bool) -> None:
    """At a path in the file system, and at an abstract one."""
    bound = listen(f"@{uuid4().hex}" if abstract else str(tmp_path / "notify"))
    systemd.notify("READY=1", "STATUS=monitoring 2 accounts")
    assert bound.recv(999) == b"READY=1\nSTATUS=monitoring 2 accounts"
    systemd.reloading(12.5)
    assert bound.recv(999) == b"RELOADING=1\nMONOTONIC_USEC=12500000"


@pytest.mark.parametrize("name", ["", "relative", "/no/such/socket", "@nobody-listens-here"])
def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Then nothing is said, and nothing goes wrong."""
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    systemd.notify("READY=1")


@pytest.mark.parametrize(
    ("pid", "microseconds", "seconds"),
    [(None, "30000000", 30.0), ("mine", "1500000", 1.5), ("1", "30000000", None), (None, "", None)],
)
def test_who_is_watched(
    monkeypatch: pytest.MonkeyPatch, pid: str | None, microseconds: str, seconds: float | None
) -> None:
    """Whoever was given a time, and not another process."""
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", pid.replace("mine", str(os.getpid())))
    assert systemd.watchdog_seconds() == seconds
