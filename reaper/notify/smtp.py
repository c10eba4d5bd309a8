"""smtplib over a connection that keeps within a limit, from the name service to the last word."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from types import TracebackType
from typing import Any, Self

from reaper.net.faults import NetError
from reaper.net.limits import Limit
from reaper.net.machine import mail_tls
from reaper.net.wire import Wire, beside

_READY = 220
_PART = 4096


class BoundedSmtp(smtplib.SMTP):
    """One talk with a mail server; `secure` is TLS from the start.

    Raises NetError for what the limit does not bear, and smtplib's errors for what the server says.
    """

    def __init__(self, host: str, port: int, limit: Limit, *, secure: bool) -> None:
        super().__init__(local_hostname=_own_name(limit))
        self._host, self._limit, self._secure = host, limit, secure
        with contextlib.ExitStack() as in_vain:
            in_vain.callback(self.close)
            code, said = self.connect(host, port)
            if code != _READY:
                raise smtplib.SMTPConnectError(code, said)
            in_vain.pop_all()

    def secure_from_now_on(self) -> None:
        """STARTTLS; smtplib forgets what it was told before."""
        upgrade: Any = _Upgrade()
        self.starttls(context=upgrade)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:  # noqa: ANN401, ARG002
        wire = Wire(host, port, self._limit)
        if self._secure:
            wire.start_tls(mail_tls(), host)
        return _Talk(wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        """What was sent is sent, however the server takes the goodbye."""
        try:
            if kind is None:
                self._limit.hurry()
                with contextlib.suppress(NetError, smtplib.SMTPException):
                    self.quit()
        finally:
            self.close()


class _Talk:
    """What smtplib asks of a socket."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.close = wire, wire.close

    def sendall(self, data: bytes) -> None:
        self.wire.send(data)

    def makefile(self, _mode: str) -> _Lines:
        return _Lines(self.wire)


class _Lines:
    """What smtplib asks of a file to read."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._kept = wire, b""

    def readline(self, longest: int) -> bytes:
        while b"\n" not in self._kept and len(self._kept) < longest:
            part = self._wire.receive(_PART)
            if not part:
                break
            self._kept += part
        end = min(self._kept.find(b"\n") + 1 or len(self._kept), longest)
        line, self._kept = self._kept[:end], self._kept[end:]
        return line

    def close(self) -> None:
        """The wire is closed by itself."""


class _Upgrade:
    """What smtplib asks of a TLS context."""

    def wrap_socket(self, talk: _Talk, server_hostname: str) -> _Talk:
        talk.wire.start_tls(mail_tls(), server_hostname)
        return talk


def _own_name(limit: Limit) -> str:
    """By which this machine greets: its full name, or an address where it has none."""
    name = beside(socket.getfqdn, limit)
    return name if "." in name else "[127.0.0.1]"
