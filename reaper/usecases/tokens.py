"""Bearer tokens: random, shown once, and kept as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

_BYTES = 32  # too many to guess, so that a plain hash is as good as a slow one
_MARK = "reaper_"  # by which a token is known for one where it should not be


def new_token() -> str:
    return _MARK + secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """What the settings keep of a token."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def is_known(token: str, hashes: Iterable[str]) -> bool:
    """Whether the token is one of these; how long that takes tells nothing of them."""
    given = hash_of(token)
    return sum(hmac.compare_digest(given, hash_) for hash_ in hashes) > 0
