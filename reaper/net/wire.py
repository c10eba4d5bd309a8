"""A socket that is never waited for beyond its limit, in the clear or in TLS."""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NoReturn, TypeVar

from reaper.net.faults import DROPPED, NetError, NoAnswer, no_answer
from reaper.net.limits import Limit

T = TypeVar("T")
_CONNECT_SECONDS = 5.0
_RECORD = 16_384
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
_Addresses = list[tuple[Any, ...]]


class Wire:
    """A connection to a host and port. `limit` is that of the exchange under way.

    What goes wrong is a NetError; what the limit does not bear, too.
    """

    def __init__(self, host: str, port: int, limit: Limit) -> None:
        self._limit = limit
        self._socket: Any = _connected(host, port, limit)

    def receive(self, most: int) -> bytes:
        """The next bytes; none when the other side has closed the connection."""
        part: bytes = self._patiently(partial(self._socket.recv, most))
        self._limit.take(len(part))
        return part

    def send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._patiently(partial(self._socket.send, left)) :]

    def start_tls(self, context: ssl.SSLContext, name: str | None) -> None:
        """Go on in TLS; within TLS where it is there already, as to a proxy."""
        try:
            self._socket = (
                _TlsInTls(self._socket, context, name)
                if isinstance(self._socket, ssl.SSLSocket)
                else context.wrap_socket(
                    self._socket, server_hostname=name, do_handshake_on_connect=False
                )
            )
            self._patiently(self._socket.do_handshake)
        except NetError:
            self.close()
            raise
        except (OSError, ValueError) as error:
            self.close()
            raise no_answer(error) from error

    def is_readable(self) -> bool:
        """Whether something has come, or the other side has closed it."""
        watch = select.poll()
        watch.register(self._socket.fileno(), select.POLLIN)
        return bool(watch.poll(0))

    def close(self) -> None:
        self._socket.close()

    def _patiently(self, action: Callable[[], T]) -> T:
        until = self._limit.silent_until()
        while True:
            self._socket.settimeout(self._limit.turn(until))
            try:
                return action()
            except TimeoutError:
                continue
            except OSError as error:
                raise no_answer(error) from error


class _TlsInTls:
    """TLS over a connection that is in TLS already, as Python's own sockets cannot."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, name: str | None) -> None:
        self._outer, self._unsent = outer, b""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self.settimeout, self.fileno, self.close = outer.settimeout, outer.fileno, outer.close

    def do_handshake(self) -> None:
        self._run(self._tls.do_handshake)

    def recv(self, most: int) -> bytes:
        return self._run(lambda: self._tls.read(most))

    def send(self, data: memoryview) -> int:
        return self._run(lambda: self._tls.write(data))

    def _run(self, action: Callable[[], T]) -> T:
        while True:
            self._flush()
            try:
                result = action()
            except ssl.SSLWantReadError:
                self._flush()
                part = self._outer.recv(_RECORD)
                self._incoming.write(part) if part else self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]


def _connected(host: str, port: int, limit: Limit) -> socket.socket:
    """A connection to the first of the host's addresses that takes one."""
    found = _addresses(host, port, limit)
    trouble: OSError | None = None
    for number, (family, kind, protocol, _, address) in enumerate(found):
        made = socket.socket(family, kind, protocol)
        share = _CONNECT_SECONDS / (len(found) - number)
        try:
            _connect(made, address, limit, share)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            made.close()
            trouble = error
        except NoAnswer:
            made.close()
            if number == len(found) - 1:
                raise
            limit.turn(limit.silent_until())
        else:
            return made
    raise no_answer(trouble) if trouble else NoAnswer(DROPPED)


def _connect(made: socket.socket, address: Any, limit: Limit, seconds: float) -> None:  # noqa: ANN401 - a socket's
    """Raises OSError, and NoAnswer when it takes too long."""
    until = min(limit.silent_until(), time.monotonic() + seconds)
    made.setblocking(False)
    begun = made.connect_ex(address)
    watch = select.poll()
    watch.register(made.fileno(), select.POLLOUT)
    while begun in _UNDER_WAY and not watch.poll(limit.turn(until) * 1000):
        pass
    code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if begun in _UNDER_WAY else begun
    if code:
        raise OSError(code, os.strerror(code))


def _addresses(host: str, port: int, limit: Limit) -> _Addresses:
    """Where the host is."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        return ask(flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return beside(ask, limit)


def beside(ask: Callable[[], T], limit: Limit) -> T:
    """What the name service answers, asked in a thread: nothing else bounds it."""
    answers: SimpleQueue[Callable[[], T]] = SimpleQueue()
    Thread(target=_answer, args=(ask, answers), daemon=True, name="names").start()
    until = limit.silent_until()
    while True:
        try:
            return answers.get(timeout=limit.turn(until))()
        except Empty:
            continue


def _answer(ask: Callable[[], T], answers: SimpleQueue[Callable[[], T]]) -> None:
    try:
        found = ask()
    except (OSError, UnicodeError) as error:
        answers.put(partial(_refuse, error))
    else:
        answers.put(lambda: found)


def _refuse(error: Exception) -> NoReturn:
    unknown = socket.gaierror(socket.EAI_NONAME, "not a host name")
    raise no_answer(error if isinstance(error, OSError) else unknown) from error
