"""API keys that a server has rejected: the vendor blocks whoever goes on trying one."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from reaper.config.settings.accounts import AccountSettings
from reaper.daemon.status import DaemonStatus
from reaper.errors import ConfigurationError


class Credentials(NamedTuple):
    """A key and where it is sent."""

    url: str
    key: str


def credentials(account: AccountSettings) -> Credentials | None:
    """What the account is asked with now; None where its key cannot be had."""
    try:
        return Credentials(account.url, account.key().get_secret_value())
    except ConfigurationError:
        return None


class RejectedKeys:
    """The accounts that are not asked until their key changes, or a person has it tried again.

    Threads share this.
    """

    def __init__(self, status: DaemonStatus) -> None:
        self._status = status
        self._lock = Lock()
        self._rejected: dict[str, Credentials] = {}

    def reject(self, account: str, used: Credentials, why: str) -> None:
        """The server does not know this key: it is not tried again."""
        with self._lock:
            self._rejected[account] = used
        self._status.suspend(account, why)

    def __contains__(self, account: str) -> bool:
        with self._lock:
            return account in self._rejected

    def renewed(self, accounts: Iterable[AccountSettings]) -> list[str]:
        """Those whose key has changed since; they may be asked again.

        One that cannot be had at the moment has not changed: it is perhaps being written.
        """
        by_name = {account.name: account for account in accounts}
        return self._release(
            name
            for name, used in self._copy().items()
            if name not in by_name or credentials(by_name[name]) not in (None, used)
        )

    def forgive(self) -> list[str]:
        """All of them, for a person has said so; they may be asked again."""
        return self._release(self._copy())

    def _copy(self) -> dict[str, Credentials]:
        with self._lock:
            return dict(self._rejected)

    def _release(self, accounts: Iterable[str]) -> list[str]:
        released = list(accounts)
        with self._lock:
            for account in released:
                self._rejected.pop(account, None)
        for account in released:
            self._status.end_suspension(account)
        return released
