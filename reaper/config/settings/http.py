"""Where the daemon answers over HTTP, and whom."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from reaper.config.settings.problems import Strict, wrong
from reaper.config.settings.urls import is_loopback
from reaper.core.model.duration import Duration

_LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", re.ASCII)
_HASH = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PORTS = 65_535


def _address(listen: str) -> str:
    match = _LISTEN.fullmatch(listen)
    if match is None or int(match[2]) > _PORTS:
        raise wrong(
            f"'{listen}' is not an address to listen on; write one like 127.0.0.1:8642 or [::1]:8642"
        )
    return listen


def _host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise wrong(
            f"'{name}' is not a host name; write one without scheme and port, like reaper.example.com"
        )
    return name.lower()


def _hash(written: str) -> str:
    if not _HASH.fullmatch(written):
        raise wrong(
            "this is not the hash of a token; `reaper token` makes a token and prints its hash"
        )
    return written


def _token_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise wrong(
            f"'{name}' is not a name for a token; "
            "use up to 64 letters, digits, dots, dashes and underscores"
        )
    return name


class Role(StrEnum):
    """What a token is for. Nothing over HTTP takes more than `view` so far."""

    VIEW = "view"
    OPERATE = "operate"


class TokenSettings(Strict):
    """A token that `reaper token` made, by its hash."""

    name: Annotated[str, AfterValidator(_token_name)] = Field(
        description="whose token it is; the log names it so"
    )
    hash: Annotated[str, AfterValidator(_hash)] = Field(
        description="the hash that `reaper token` printed"
    )
    role: Role = Field(
        Role.VIEW,
        description="`view` may read; `operate` may read, and change what HTTP can change",
    )
    expires: AwareDatetime | None = Field(
        None, description="when it is no longer valid, like 2027-01-31T00:00:00Z; none: never"
    )

    def has_ended(self, now: datetime) -> bool:
        return self.expires is not None and now >= self.expires


class HttpSettings(Strict):
    """The record over HTTP. Without an address to listen on there is none of it."""

    listen: Annotated[str, AfterValidator(_address)] | None = Field(
        None,
        description="address and port of the daemon's HTTP server, like 127.0.0.1:8642; none: no server",
    )
    tokens: tuple[TokenSettings, ...] = Field(
        (), description="the bearer tokens that are accepted; `reaper token` makes one"
    )
    token_hashes: tuple[Annotated[str, AfterValidator(_hash)], ...] = Field(
        (), description="hashes of tokens without a name, which may read and do not expire"
    )
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        (), description="allowed host names, besides localhost and IP addresses"
    )
    key_notice: Duration = Field(
        Duration.parse("14d"),
        description="how long before an API key expires the daemon stops being ready",
    )
    behind_tls: bool = Field(
        default=False,
        description="whether a proxy in front of it provides TLS and access control",
    )

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if (
            self.listen is None
            or is_loopback(f"http://{self.listen}")
            or self.bearers()
            or self.behind_tls
        ):
            return self
        raise wrong(
            f"anyone could read from {self.listen}: give tokens (`reaper token` makes one), "
            "say behind_tls: true, or listen on 127.0.0.1"
        )

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        for what in ("name", "hash"):
            values = [getattr(token, what) for token in self.tokens]
            twice = [value for value in values if values.count(value) > 1]
            if twice and what == "name":
                raise wrong(f"tokens: two are named '{twice[0]}'; give each its own name")
            if twice:
                raise wrong("tokens: two have the same hash; `reaper token` makes another token")
        return self

    def bearers(self) -> tuple[TokenSettings, ...]:
        """Every token; those without a name have one by their place."""
        nameless = (
            TokenSettings(name=f"token_hashes-{place}", hash=hash_)
            for place, hash_ in enumerate(self.token_hashes, 1)
        )
        return (*self.tokens, *nameless)
