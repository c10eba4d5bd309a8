"""What a service manager that asked for it is told: sd_notify(3)."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from reaper.foreign_text import visible

_MICROSECONDS = 1_000_000


def notify(*lines: str) -> None:
    """Send lines like READY=1 to whoever started this with NOTIFY_SOCKET.

    Nothing where nobody did, or nobody listens.

    A name that begins with @ is an abstract socket.
    """
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = f"\0{name[1:]}" if name.startswith("@") else name
    with (
        suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to,
    ):
        to.settimeout(1.0)
        to.sendto("\n".join(map(visible, lines)).encode(), address)


def reloading(monotonic: float) -> None:
    """A reload begins; READY=1 ends it."""
    notify("RELOADING=1", f"MONOTONIC_USEC={int(monotonic * _MICROSECONDS)}")


def watchdog_seconds() -> float | None:
    """After how long without WATCHDOG=1 this is taken for dead and ended.

    None where nobody watches.
    """
    written = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
    return int(written) / _MICROSECONDS if mine and written.isdigit() and int(written) else None
