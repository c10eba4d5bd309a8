"""Where an account is and what opens it.

Checked before the first request, so that no request can leak the key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from reaper.errors import AccountError, ConfigurationError
from reaper.logs.redaction import one_line

if TYPE_CHECKING:
    from pydantic import SecretStr

SESSIONS = "/pro/session-manager/v1"
TASKS = "/pro-api/v2/tasks"
USERS = "/pro/user-manager/v1"
_LONGEST_ID = 200


def checked_url(account: str, url: str) -> str:
    """The address without a trailing slash.

    Raises ConfigurationError, which never repeats credentials.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{account}: the address is not valid: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            f"{account}: the address holds a user or password: leave only scheme and host"
        )
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{account}: {url!r} is not a valid address: write it as https://{account}.aimms.cloud"
        )
    return url.strip().rstrip("/")


def checked_key(account: str, key: SecretStr) -> SecretStr:
    """The key as it stands, if it can travel in a header.

    Raises ConfigurationError, which never repeats it.
    """
    text = key.get_secret_value()
    if not text:
        raise ConfigurationError(f"{account}: the key is empty: set it in the settings")
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        raise ConfigurationError(
            f"{account}: the key holds spaces or characters no key has: paste it again"
        )
    return key


_ID = re.compile(rf"(?!\.$)(?!.*\.\.)[A-Za-z0-9._~:@!$&'()*+,={{}}\[\]-]{{1,{_LONGEST_ID}}}")
"""A UUID with or without dashes, or any other name that every server reads as one and the same
segment of a path.

Some servers decode a path before they split it, cut `;...` off a segment, or turn one form of a
letter into another.
"""


def usable_id(value: object) -> bool:
    """Can the value stand for a session in a path, a log and a database?"""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def segment(session_id: str) -> str:
    """The id as one segment of a path, which it cannot leave.

    Raises AccountError for what cannot be an id.
    """
    if not usable_id(session_id):
        raise AccountError(
            f"{one_line(repr(session_id))} cannot be an id: nothing was sent; take one from the list"
        )
    return quote(session_id, safe="")
