"""Whoever crowds the face, a probe of health is answered."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from support.web_tools import Ask, Stand, problem

from reaper.usecases.tokens import hash_of, new_token
from reaper.web import budget, connections
from reaper.web.peers import peer_of

Serve = Callable[..., Ask]
PART = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
WHOLE = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def crowd(api: Ask, says: bytes, count: int) -> Iterator[list[socket.socket]]:
    """So many connections that each said this, and nothing more."""
    address = (api.base_url.host, api.base_url.port or 0)
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection(address)) for _ in range(count)]
        for one in sockets:
            with suppress(OSError):  # it was let go already
                one.sendall(says)
        yield sockets


def is_closed(one: socket.socket, within: float) -> bool:
    one.settimeout(within)
    try:
        return one.recv(65536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize("says", [b"", PART], ids=["nothing", "half a request"])
def test_idle_connections_do_not_keep_a_probe_from_its_answer(ask: Serve, says: bytes) -> None:
    """Of 70 and of 300 connections without a token, the ones that wait longest are let go."""
    api = ask(token_hashes=[hash_of(new_token())])
    for count in (70, 300):
        with crowd(api, says, count) as sockets:
            assert [api.get("/healthz").status_code for _ in range(5)] == [200] * 5
            assert is_closed(sockets[0], 5)
            assert not is_closed(sockets[-1], 0.05)


def test_a_crowd_that_waits_for_the_database_keeps_no_probe_waiting(stand: Stand) -> None:
    """While it does not answer: `/healthz` says alive at once, `/readyz` says why not in seconds."""
    stand.held.clear()
    try:
        path = b"/api/v1/runs"
        with crowd(stand.api, WHOLE % path, 40), crowd(stand.api, WHOLE % b"/readyz", 20):
            begun = time.monotonic()
            assert stand.api.get("/healthz").status_code == 200
            assert time.monotonic() - begun < 2
            assert stand.api.get("/readyz", timeout=10).status_code == 503
            assert "try again" in problem(stand.api.get("/api/v1/runs"), 503)
    finally:
        stand.held.set()
    begun = time.monotonic()
    while stand.api.get("/api/v1/runs", timeout=30).status_code == 503:
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "says",
    [
        b"",
        PART,
        WHOLE % b"/healthz",
        WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n") % b"/healthz",
    ],
    ids=["nothing", "half a request", "one request, then nothing", "a body that never comes"],
)
def test_a_connection_ends_when_nothing_comes_of_it(
    ask: Serve, monkeypatch: pytest.MonkeyPatch, says: bytes
) -> None:
    """A byte now and then extends nothing: the request has to be there as a whole."""
    monkeypatch.setattr(connections, "REQUEST_WITHIN", 0.5)
    with crowd(ask(), says, 1) as (one,):
        begun = time.monotonic()
        while not is_closed(one, 0.1) and time.monotonic() - begun < 5:
            with suppress(OSError):
                one.sendall(b"a" if says == PART else b"")
        assert time.monotonic() - begun < 5


def test_a_connection_ends_when_its_answer_takes_too_long(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the database does not answer, or nobody takes what was answered."""
    monkeypatch.setattr(connections, "ANSWER_WITHIN", 0.5)
    stand.held.clear()
    try:
        with crowd(stand.api, WHOLE % b"/api/v1/runs", 1) as (one,):
            assert is_closed(one, 5)
    finally:
        stand.held.set()


def test_headers_are_bounded(ask: Serve) -> None:
    """A header without end is refused after 16 kB."""
    with crowd(ask(), PART + b"a" * 2 * connections.HEADER_BYTES, 1) as (one,):
        one.settimeout(5)
        assert one.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("client", "peer"),
    [
        (("10.0.0.7", 1), "10.0.0.7"),
        (("::ffff:10.0.0.7", 1), "10.0.0.7"),
        (("2001:db8::1", 1), "2001:db8::/64"),
        (("2001:db8::2:1", 1), "2001:db8::/64"),
        (None, "unknown"),
    ],
)
def test_a_network_that_one_machine_has_to_itself_is_one_peer(client: Any, peer: str) -> None:  # noqa: ANN401
    """Else whoever has one IPv6 address would be as many peers as they like."""
    assert peer_of(client) == peer


def test_a_connection_of_another_peer_stays(ask: Serve) -> None:
    """A peer that has too many makes room at its own cost."""
    api = ask()
    address = (api.base_url.host, api.base_url.port or 0)
    with ExitStack() as stack:
        other = stack.enter_context(
            socket.create_connection(address, source_address=("127.0.0.2", 0))
        )
        stack.enter_context(crowd(api, b"", connections.MOST + budget.MOST))
        assert api.get("/healthz").status_code == 200
        assert not is_closed(other, 0.1)
