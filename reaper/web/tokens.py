"""Which token a request has, and what is said to one that has none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from reaper.config.settings.http import Role
from reaper.logs import logger
from reaper.usecases.tokens import find, hash_of
from reaper.web.guesses import LOCKED_FOR, MOST, Guesses

if TYPE_CHECKING:
    from reaper.config.settings.http import HttpSettings, TokenSettings
    from reaper.ports import Clock

_log = logger("web")
_AGAIN = 3_600.0  # seconds after which the use of a token by the same peer is logged again
_USES = 1_024
_BEARER = {"WWW-Authenticate": 'Bearer realm="reaper"'}


@dataclass(frozen=True)
class Reader:
    """Who asks: the name of a token, and what it may do."""

    name: str
    role: Role


ANYBODY = Reader("anybody", Role.VIEW)
"""Where no token is set."""


@dataclass(frozen=True)
class Refused(Exception):
    status: HTTPStatus
    why: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Tokens:
    """Tells readers by their tokens, and logs who used which."""

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self._tokens, self._clock = settings.bearers(), clock
        self._guesses = Guesses(clock)
        self._logged: dict[tuple[str, str], float] = {}

    def reader(self, peer: str, authorization: str) -> Reader:
        """Raises Refused."""
        if not self._tokens:
            return ANYBODY
        scheme, _, sent = authorization.partition(" ")
        if scheme.lower() != "bearer" or not sent.strip():
            why = "a valid token is required: `Authorization: Bearer …`"
            raise Refused(HTTPStatus.UNAUTHORIZED, why, _BEARER)
        token = self._token(peer, sent.strip())
        self._log_use(token, peer)
        return Reader(token.name, token.role)

    def _token(self, peer: str, sent: str) -> TokenSettings:
        self._refuse_while_locked(peer, hash_of(sent))
        token = find(sent, self._tokens)
        if token is None:
            self._count_guess(peer)
            why = "this token is not known: `Authorization: Bearer …` takes one of http.tokens"
            raise Refused(HTTPStatus.UNAUTHORIZED, why, _BEARER)
        if token.has_ended(self._clock.now()):
            _log.warning("token has expired", token_name=token.name, peer=peer)
            why = f"this token expired at {token.expires}; `reaper token` makes another"
            raise Refused(HTTPStatus.UNAUTHORIZED, why, _BEARER)
        self._guesses.right(peer, token.hash)
        return token

    def _refuse_while_locked(self, peer: str, hash_: str) -> None:
        seconds = self._guesses.locked_for(peer, hash_)
        if seconds:
            why = "too many wrong tokens came from this address; try again later"
            headers = {"Retry-After": str(math.ceil(seconds))}
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, why, headers)

    def _count_guess(self, peer: str) -> None:
        wrong = self._guesses.wrong(peer)
        if wrong == 1:
            _log.warning("wrong token", peer=peer)
        elif wrong == MOST:
            _log.warning("too many wrong tokens", peer=peer, locked_seconds=LOCKED_FOR)

    def _log_use(self, token: TokenSettings, peer: str) -> None:
        """The first use, and the first of each hour: a scraper asks four times a minute."""
        now, use = self._clock.monotonic(), (token.name, peer)
        if now - self._logged.get(use, -math.inf) < _AGAIN:
            return
        if len(self._logged) >= _USES:
            self._logged.clear()
        self._logged[use] = now
        _log.info("token used", token_name=token.name, role=token.role.value, peer=peer)
