"""Bearer tokens: random, shown once, and kept as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from reaper.config.settings.http import TokenSettings
from reaper.errors import ConfigurationError

_BYTES = 32  # too many to guess, so that a plain hash is as good as a slow one
_MARK = "reaper_"  # by which a token is known for one where it should not be


@dataclass(frozen=True)
class NewToken:
    """A token, and its entry in `http.tokens` as a line of YAML."""

    token: str
    entry: str


def make_token(name: str | None, role: str, expires: datetime) -> NewToken:
    """Raises ConfigurationError for a name that none can have."""
    token = new_token()
    hash_ = hash_of(token)
    named = name or f"token-{hash_[-8:]}"
    whole = expires.replace(microsecond=0)
    try:
        made = TokenSettings.model_validate(
            {"name": named, "hash": hash_, "role": role, "expires": whole}
        )
    except ValidationError as error:
        raise ConfigurationError(f"--name: {error.errors()[0]['msg']}") from None
    until = f"{made.expires:%Y-%m-%dT%H:%M:%SZ}"
    entry = f'{{name: "{made.name}", role: {made.role}, expires: {until}, hash: "{made.hash}"}}'
    return NewToken(token, entry)


def new_token() -> str:
    return _MARK + secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """What the settings keep of a token."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def find(token: str, known: Iterable[TokenSettings]) -> TokenSettings | None:
    """Which of these the token is, if any; how long that takes tells nothing of them."""
    given = hash_of(token)
    matches = [one for one in known if hmac.compare_digest(given, one.hash)]
    return matches[0] if matches else None
