"""Keeping secrets out of the log.

By type, by the name they stand under, by what they look like, and by value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

from pydantic import SecretBytes, SecretStr

from reaper.foreign_text import visible

HIDDEN = "***"
_SHORTEST = 6  # characters; a shorter key would hide half of what is written, and protects nothing
_LONGEST = 1_000
"""Characters of a value in the log: a syslog cuts a long line, and its rest would be a line."""

_OF_LINES = frozenset({"exception", "stack"})

_NAMES = frozenset(
    {"apikey", "authorization", "cookie", "passwd", "password", "pwd", "secret", "token"}
)
_NAMED = re.compile(
    r"""(\b(?:api[-_]?key|passwd|password|pwd|secret|token)\b ["']? \s*[:=,]\s* b?)
        ("[^"]*" | '[^']*' | [^\s"',;&)}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_AUTHORIZED = re.compile(
    r"""(\bauthorization\b ["']? \s*[:=,]\s* b?["']? (?:\w+\s+)? | \bbearer\s+) [\w.~+/=-]+""",
    re.IGNORECASE | re.VERBOSE,
)
_IN_ADDRESS = re.compile(r"(\w://[^\s/:@]*:)[^\s/]+(?=@)")

_known: list[str] = []
_LONGEST_LINE = 200
_AT_A_GLANCE = 16  # so many times what is shown is looked at, for spaces are folded


def conceal(secret: SecretStr) -> None:
    """Let no log and no message show this value, wherever it turns up and however it is quoted."""
    value = secret.get_secret_value()
    if len(value) < _SHORTEST or value in _known:
        return
    quoted = {value, quote(value, safe=""), repr(value)[1:-1], json.dumps(value)[1:-1]}
    # the longest first: one key may begin like another
    _known[:] = sorted({*_known, *quoted}, key=len, reverse=True)


def concealed(text: str) -> str:
    """The text without any of the values that are known to be secret."""
    for value in _known:
        text = text.replace(value, HIDDEN)
    return text


def one_line(text: str, longest: int = _LONGEST_LINE) -> str:
    """Text from elsewhere as one printable line.

    What is secret is taken out before anything is cut off: half a key is one, too.
    """
    line = visible(concealed(text)[: _AT_A_GLANCE * longest], keep="\t\r\n")
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor of structlog, the last before an event is rendered.

    No secret passes, and no control character.

    Only what is made of lines, like a traceback, keeps them.
    """
    return {
        key: _named(key, value, keep="\n" if key in _OF_LINES else "")
        for key, value in event.items()
    }


def without_secrets(text: str) -> str:
    text = concealed(text)
    for pattern in (_IN_ADDRESS, _AUTHORIZED, _NAMED):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def _named(name: str, value: object, keep: str = "") -> object:
    secret = name.lower().replace("_", "").replace("-", "") in _NAMES
    return HIDDEN if secret and value is not None else _shown(value, keep)


def _shown(value: object, keep: str = "") -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case SecretStr() | SecretBytes():
            return HIDDEN
        case Mapping():
            return {str(name): _named(str(name), item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_shown(item) for item in value]
        case _:
            text = visible(without_secrets(str(value)).strip(), keep)
            return text if keep or len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
