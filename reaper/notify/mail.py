"""Notices by e-mail; the only room with smtplib."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from threading import Event

from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice
from reaper.errors import ConfigurationError
from reaper.foreign_text import visible
from reaper.logs import conceal
from reaper.logs.redaction import one_line
from reaper.net.faults import NetError
from reaper.net.limits import Bounds, Horizon, Limit
from reaper.notify.smtp import BoundedSmtp
from reaper.ports import Secret

_TLS_FROM_THE_START = 465
_ALL_OF_IT = 6  # a delivery may take so many times the timeout, of how many answers it is made
_LONGEST_TALK = 256 * 1024  # bytes of a server's answers
MOST_BYTES = 1024 * 1024
"""Of a message as sent; servers take ten times as much, people do not."""


@dataclass(frozen=True)
class Mail:
    """Sends one message to all recipients.

    With `starttls` the server must speak TLS, with a certificate that this machine trusts; on port
    465 it does from the start. `password` gives the password when it is asked for. `timeout` is in
    seconds, for each silence of the server; `stop` breaks a delivery off.
    """

    target: str
    host: str
    port: int
    sender: str
    to: Sequence[str]
    timeout: float
    starttls: bool = True
    user: str | None = None
    password: Secret | None = None
    stop: Event | None = None

    def fits(self, notice: Notice) -> bool:
        return len(bytes(self._message(notice))) <= MOST_BYTES

    def tell(self, notice: Notice) -> Delivery:
        try:
            refused = self._send(notice)
        except (ConfigurationError, NetError) as error:
            return Delivery(self.target, notice, DeliveryStatus.NOT_TOLD, str(error))
        except (OSError, ValueError, smtplib.SMTPException) as error:
            return Delivery(self.target, notice, DeliveryStatus.NOT_TOLD, _told(error))
        detail = f"refused for {', '.join(refused)}" if refused else ""
        return Delivery(self.target, notice, DeliveryStatus.TOLD, detail)

    def _send(self, notice: Notice) -> list[str]:
        """Who of the recipients was refused, where others were not."""
        password = self.password() if self.password is not None else None
        limit = Limit(Horizon(stop=self.stop))
        limit.begin(Bounds(_ALL_OF_IT * self.timeout, self.timeout, _LONGEST_TALK))
        secure = self.port == _TLS_FROM_THE_START
        with BoundedSmtp(self.host, self.port, limit, secure=secure) as server:
            if self.starttls and not secure:
                server.secure_from_now_on()
            if self.user is not None and password is not None:
                conceal(password)
                server.login(self.user, password.get_secret_value())
            return sorted(server.send_message(self._message(notice)))

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["Subject"], message["From"], message["To"] = (
            visible(notice.subject),
            self.sender,
            ", ".join(self.to),
        )
        message["Date"], message["Auto-Submitted"] = format_datetime(notice.at), "auto-generated"
        message.set_content(notice.text)
        return message


def _told(error: Exception) -> str:
    """The trouble in one line; the server's own words, as far as they are its words."""
    match error:
        case smtplib.SMTPResponseException(smtp_code=-1):
            return "what answers there is not a mail server"
        case smtplib.SMTPResponseException():
            return f"the server answered {error.smtp_code} {_text(error.smtp_error)}"
        case smtplib.SMTPRecipientsRefused():
            return f"refused for {', '.join(sorted(error.recipients))}"
        case smtplib.SMTPNotSupportedError():
            return f"the server cannot do what is asked: {error}"
        case _:
            return f"no answer ({error.__class__.__name__})"


def _text(said: bytes | str) -> str:
    return one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
