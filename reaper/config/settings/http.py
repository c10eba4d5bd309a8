"""Where the daemon answers over HTTP, and whom."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from reaper.config.settings.problems import wrong
from reaper.config.settings.urls import is_loopback
from reaper.core.model.duration import Duration

_LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", re.ASCII)
_HASH = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
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


class HttpSettings(BaseModel):
    """The record over HTTP. Without an address to listen on there is none of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[str, AfterValidator(_address)] | None = Field(
        None,
        description="address and port of the daemon's HTTP server, like 127.0.0.1:8642; none: no server",
    )
    token_hashes: tuple[Annotated[str, AfterValidator(_hash)], ...] = Field(
        (), description="hashes of the bearer tokens that may read; `reaper token` makes one"
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
            or self.token_hashes
            or self.behind_tls
        ):
            return self
        raise wrong(
            f"anyone could read from {self.listen}: give token_hashes (`reaper token` "
            "makes one), "
            "say behind_tls: true, or listen on 127.0.0.1"
        )
