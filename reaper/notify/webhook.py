"""Notices to a webhook.

One POST, sent once, with a text for a chat room and fields for programs.
"""

from __future__ import annotations

import json
from contextlib import closing
from threading import Event
from typing import Any

from pydantic import SecretStr

from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice
from reaper.errors import ConfigurationError
from reaper.foreign_text import chat_text
from reaper.logs import conceal
from reaper.net.client import Answer, Client
from reaper.net.faults import NetError
from reaper.net.limits import Bounds, Horizon
from reaper.ports import Secret

_ALL_OF_IT = 3  # a delivery may take so many times the timeout, however slowly the answer drips
MOST_BYTES = 24 * 1024
"""Of a message as sent: Teams takes 28 KB, other chat services more."""


class Webhook:
    """Posts JSON: `text`, as Slack and Teams take it, and `account`, `at` and `sessions`.

    `url` gives the address, which is a secret, when it is asked for. `timeout` is in seconds, for
    each silence of the server; `stop` breaks a delivery off. A redirect is not followed.
    """

    def __init__(self, target: str, url: Secret, timeout: float, stop: Event | None = None) -> None:
        self.target = target
        self._url, self._timeout, self._stop = url, timeout, stop

    def fits(self, notice: Notice) -> bool:
        return len(json.dumps(_message(notice))) <= MOST_BYTES

    def tell(self, notice: Notice) -> Delivery:
        try:
            answer = self._post(self._url(), notice)
        except (ConfigurationError, NetError) as error:
            return Delivery(self.target, notice, DeliveryStatus.NOT_TOLD, str(error))
        if answer.success:
            return Delivery(self.target, notice, DeliveryStatus.TOLD)
        why = ", a redirect, which is not followed" if answer.redirect else ""
        detail = f"it answered {answer.status}{why}"
        return Delivery(self.target, notice, DeliveryStatus.NOT_TOLD, detail)

    def _post(self, url: SecretStr, notice: Notice) -> Answer:
        """The status is all that matters; what else it answers is of no use, and may be endless."""
        conceal(url)
        bounds = Bounds(_ALL_OF_IT * self._timeout, self._timeout)
        with closing(Client(Horizon(stop=self._stop))) as client:
            return client.exchange("POST", url.get_secret_value(), bounds, json=_message(notice))


def _message(notice: Notice) -> dict[str, Any]:
    return {"text": chat_text(notice.text), **notice.fields}
