"""Notices to a webhook.

One POST, sent once, with a text for a chat room and fields for programs.
"""

from __future__ import annotations

import httpx
from pydantic import SecretStr

from reaper.config.settings.urls import is_loopback
from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice
from reaper.errors import ConfigurationError
from reaper.foreign_text import chat_text
from reaper.ports import Secret


class Webhook:
    """Posts JSON: `text`, as Slack and Teams take it, and `account`, `at` and `sessions`.

    `url` gives the address, which is a secret, when it is asked for. `timeout` is in seconds, for
    each part of the exchange. A redirect is not followed.
    """

    def __init__(self, target: str, url: Secret, timeout: float) -> None:
        self.target = target
        self._url, self._timeout = url, timeout

    def tell(self, notice: Notice) -> Delivery:
        try:
            status = self._post(self._url(), notice)
        except ConfigurationError as error:
            return Delivery(self.target, notice, DeliveryStatus.NOT_TOLD, str(error))
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
            return Delivery(
                self.target, notice, DeliveryStatus.NOT_TOLD, f"no answer ({type(error).__name__})"
            )
        if httpx.codes.is_success(status):
            return Delivery(self.target, notice, DeliveryStatus.TOLD)
        why = ", a redirect, which is not followed" if httpx.codes.is_redirect(status) else ""
        return Delivery(self.target, notice, DeliveryStatus.NOT_TOLD, f"it answered {status}{why}")

    def _post(self, url: SecretStr, notice: Notice) -> int:
        """The status alone: what else it answers is of no use, and may be endless."""
        address = url.get_secret_value()
        message = {"text": chat_text(notice.text), **notice.fields}
        with (
            httpx.Client(
                timeout=self._timeout, follow_redirects=False, trust_env=not is_loopback(address)
            ) as client,
            client.stream("POST", address, json=message) as response,
        ):
            return response.status_code
