"""The accounts that are looked after: where each is, by which key, and when."""

from __future__ import annotations

import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from reaper.config.settings import secret
from reaper.config.settings.problems import Strict, wrong
from reaper.config.settings.schedule import Cron
from reaper.config.settings.urls import bad_port, is_loopback
from reaper.core.model.duration import Duration

PREFIX = "REAPER_"
EMULATED_CLOCK = f"{PREFIX}EMULATED_CLOCK"
"""The variable that names the address of an emulator on this machine whose time is to be kept.

It may run faster.
"""

_LATE = 3  # passes without a complete run
_LATE_AT_LEAST = timedelta(minutes=5)

DurationText = Annotated[Duration, NoDecode]
"""A text like 5m in the environment too, not JSON."""


def _root(url: str) -> str:
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise wrong(
            "an address holds no user or password; the key goes to api_key_env or api_key_file"
        )
    if (port := bad_port(url)) is not None:
        raise wrong(f"'{url}' has no valid port: '{port}' is not a number from 1 to 65535")
    whole = parts.hostname and not re.search(r"\s", url)
    if parts.scheme not in ("http", "https") or not whole or parts.query or parts.fragment:
        raise wrong(
            f"'{url}' is not a valid address; write the tenant's base URL, like https://acme.aimms.cloud"
        )
    if parts.path.strip("/"):
        raise wrong(
            f"'{url}' has a path; write the tenant's base URL alone: {parts.scheme}://{parts.netloc}"
        )
    if parts.scheme == "http" and not is_loopback(url):
        raise wrong(f"'{url}' would send the API key unencrypted; write https://{parts.netloc}")
    return url.rstrip("/")


class AccountSettings(Strict):
    """One AIMMS PRO Cloud account. Exactly one of the three ways to give the API key is used."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", description="its name in this configuration"
    )
    url: Annotated[str, AfterValidator(_root)] = Field(
        description="the tenant's base URL, like https://acme.aimms.cloud"
    )
    generation: Literal["auto", 1, 2] = Field(
        "auto", description="of the session-manager API; auto asks its OpenAPI"
    )
    api_key: SecretStr | None = Field(
        None, description="the key itself; prefer api_key_env or api_key_file"
    )
    api_key_env: str | None = Field(None, description="the environment variable that holds the key")
    api_key_file: Path | None = Field(
        None, description="the file that holds the key, relative to the settings file"
    )
    interval: DurationText | None = Field(
        None, description="time between two runs over this account"
    )
    schedule: Cron | None = Field(
        None, description="when runs over this account are due, instead of an interval"
    )
    api_key_expires: date | None = Field(
        None, description="the day on which the key expires, as the portal says"
    )
    ready_within: Duration | None = Field(
        None,
        description="maximum age of its last complete run, and maximum gap between consecutive runs; "
        "default: three times the interval, at least 5m",
    )

    def overdue_after(self, pace: Cron | timedelta, now: datetime) -> timedelta:
        """How old its last complete run may be where passes are due at this pace."""
        if self.ready_within:
            return self.ready_within.delta
        if isinstance(pace, timedelta):
            return max(_LATE * pace, _LATE_AT_LEAST)
        return pace.longest_gap(now) + pace.patience

    @model_validator(mode="before")
    @classmethod
    def _no_clock(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was written
        if isinstance(given, dict) and "clock" in given:
            raise wrong(
                "'clock' is no longer a setting: to keep the time of an emulator that runs "
                "faster, "
                f"set the variable {EMULATED_CLOCK} as `reaper emulate` prints it"
            )
        return given

    @model_validator(mode="after")
    def _one_pace(self) -> Self:
        if self.interval and self.schedule:
            raise wrong(
                f"account '{self.name}': 'interval' and 'schedule' are two ways "
                "to say when; keep one"
            )
        return self

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        secret.one_way(self, "api_key", f"account '{self.name}'")
        return self

    @property
    def keeps_emulated_time(self) -> bool:
        """Whether the server's time is kept instead of this machine's.

        Never that of a real account.
        """
        return is_loopback(self.url) and os.environ.get(EMULATED_CLOCK, "").rstrip("/") == self.url

    def key(self) -> SecretStr:
        """The API key. Raises ConfigurationError when the variable or file does not have it."""
        return secret.read(self, "api_key", f"account '{self.name}'", "API key")
