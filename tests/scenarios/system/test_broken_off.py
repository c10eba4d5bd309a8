"""A real process that is told to stop while a server holds it up."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from support.clock import Clock
from support.hostile_house import IDLE, House
from support.hostile_server import HostileServer
from support.hostile_wire import Answer, Request, as_json
from support.processes import PROGRAM, Shell

from reaper.clock import SYSTEM_CLOCK
from reaper.net.limits import GRACE

LONG = 60.0
SLACK = 10.0  # seconds for a machine that is busy


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """A shell's background job ignores SIGINT, and so would the processes that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def dripping() -> Iterator[tuple[str, threading.Event]]:
    """A server whose headers never end, and whether it was asked."""
    asked, over = threading.Event(), threading.Event()

    def drip(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.recv(65536)
            asked.set()
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.1):
                client.sendall(b"X-A: b\r\n")

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=drip, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
@pytest.mark.parametrize("command", [("run",), ("daemon",), ("sessions",), ("doctor",)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_read_is_broken_off(shell: Shell, command: tuple[str, ...], number: int) -> None:
    """Headers that never end hold up nobody who is told to stop."""
    with dripping() as (url, asked):
        shell.name_account(url)
        shell.environment["REAPER_TIMEOUT"] = "50s"
        with shell.started(*command) as running:
            assert asked.wait(LONG)
            began = time.monotonic()
            running.send_signal(number)
            _, said = running.communicate(timeout=LONG)
    assert time.monotonic() - began <= GRACE + SLACK
    assert "Traceback" not in said


@pytest.fixture
def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[House]:
    """A tenant in real time, with one session that is to end."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)
    clock = Clock(SYSTEM_CLOCK.now())
    with HostileServer(2, SYSTEM_CLOCK.now) as server:
        house = House(server, clock, capsys, f"sqlite:///{tmp_path / 'reaper.db'}")
        house.session("gone")
        house.settings = {"timeout": "4s"}
        house.write(IDLE)
        yield house


def told_to_stop_amid_the_end(house: House, answers: threading.Event) -> list[str]:
    """What the record says happened, after SIGTERM amid a termination; `answers` frees it."""
    begun = threading.Event()

    def hold(_: Request) -> Answer | None:
        begun.set()
        return None if answers.wait(LONG) else as_json({})

    house.server.upon("terminate", hold)
    with subprocess.Popen([PROGRAM, "run", "--enforce"], stderr=subprocess.PIPE) as running:
        assert begun.wait(LONG)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=LONG)
    assert b"Traceback" not in said
    history = subprocess.run(
        [PROGRAM, "history", "-o", "json"], capture_output=True, text=True, check=True
    )
    entries = json.loads(history.stdout)["history"]
    return [entry["event"] for entry in entries]


@pytest.mark.slow
def test_a_termination_under_way_is_awaited(house: House) -> None:
    """What was asked is seen to its end, though the answer comes after the signal."""
    house.may_end = {"gone"}
    answers = threading.Event()
    threading.Timer(3.0, answers.set).start()
    assert "terminated" in told_to_stop_amid_the_end(house, answers)


@pytest.mark.slow
def test_a_termination_without_an_answer_is_left_unsettled(house: House) -> None:
    """Its answer is awaited for as long as an answer may take, and no longer."""
    began = time.monotonic()
    events = told_to_stop_amid_the_end(house, threading.Event())
    assert time.monotonic() - began <= 3 * 4 + GRACE + 2 * SLACK
    assert {"unconfirmed"} <= set(events) <= {"offender", "intended", "unconfirmed"}
