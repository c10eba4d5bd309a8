"""Names as people read them.

Case, normal form, invisible characters and surrounding space make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from unicodedata import name, normalize

_UNSEEN: Final = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Controls and format characters, and whatever else Unicode says is to be drawn as nothing."""

_WHITE = re.compile(r"\s+")
_BESIDE_AT = re.compile(" ?@ ?")
_MARKED_I = re.compile("i[\u0300-\u036f]+")


@lru_cache(2**14)
def folded(text: str) -> str:
    """The one form of all spellings that read alike.

    White space around a name, or its `@`, is no part of it.
    """
    return _BESIDE_AT.sub("@", _piece(text)).strip()


def _piece(text: str) -> str:
    """The same for a part of a name, at whose ends white space still counts."""
    if text.isascii() and text.isprintable():
        return _WHITE.sub(" ", text.lower())
    bare = _UNSEEN.sub("", normalize("NFKD", _UNSEEN.sub("", text)))
    plain = normalize("NFKD", bare.casefold()).replace("\u0131", "i")
    undotted = _MARKED_I.sub(lambda match: match[0].replace("\u0307", ""), plain)
    return _WHITE.sub(" ", normalize("NFKC", undotted))


def contracted(text: str) -> str:
    """The same reading with a `ß` in place of `ss`, where one character is asked for."""
    return text.replace("ss", "ß")


def spellings(text: str, pattern: str) -> Iterator[str]:
    """The forms of a text that a pattern may be meant for, the text itself first.

    White space around a name may be there or not, which matters where the pattern mentions any.
    """
    plain = folded(text)
    yield text
    yield plain
    if "ss" in plain:
        yield contracted(plain)
    if _MENTIONS_WHITE.search(pattern):
        yield from (f"{plain} ", f" {plain}", f" {plain} ")


_MENTIONS_WHITE = re.compile(r"\s|\\s|\\x20|\[:(space|blank):\]|\\p\{?Z")


def folded_glob(pattern: str) -> str:
    """The pattern with its literal parts folded."""
    pieces = re.split(r"([*?])", pattern)
    return _BESIDE_AT.sub("@", "".join(one if one in ("*", "?") else _piece(one) for one in pieces))


_LETTER = rf"(?P<literal>.(?:[\u0300-\u036f]|{_UNSEEN.pattern})*)"
_TOKEN = re.compile(
    r"(?P<quoted>\\Q.*?(?:\\E|\Z))"
    r"|\\x(?:\{(?P<long>[0-9A-Fa-f]{1,6})\}|(?P<short>[0-9A-Fa-f]{2}))"
    r"|(?P<set>\[\^?\]?(?:\[:\^?\w+:\]|\\[pP]\{\^?\w+\}|\\.|[^\]\\])*\])"
    r"|(?P<as_it_is>\\[pP](?:\{\^?\w+\}|\w)|\\.|\(\?P?<\w+>|\(\?[imsU-]*[:)]|\{\d*,?\d*\}|[.^$*+?()|{}\[\]])"
    r"|(?P<white>\s+)"
    rf"|{_LETTER}",
    re.DOTALL,
)
_IN_SET = re.compile(
    rf"\[:\^?\w+:\]|\\[pP](?:\{{\^?\w+\}}|\w)|\\x\{{\w+\}}|\\.|{_LETTER}", re.DOTALL
)


def folded_regex(pattern: str) -> str:
    """The regular expression with its literals folded, and no escape.

    A big S there is no small one.
    """
    return _BESIDE_AT.sub("@", _TOKEN.sub(_folded_token, pattern))


def _folded_token(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "quoted":
            return _literally(_piece(match[0].removeprefix(r"\Q").removesuffix(r"\E")))
        case "long" | "short":
            code = int(match["long"] or match["short"], 16)
            return _one(_piece(chr(code))) if code <= _LAST else match[0]
        case "set":
            return _folded_set(match[0])
        case "white":
            return " "
        case "literal":
            return _one(_piece(match[0]))
        case _:
            return match[0]


_LAST = 0x10FFFF


def _folded_set(written: str) -> str:
    """The set, and beside it whatever one of its characters becomes that is several."""
    begin = "[^" if written.startswith("[^") else "["
    several: list[str] = []

    def one(match: re.Match[str]) -> str:
        if match["literal"] is None:
            return match[0]
        plain = _piece(match[0])
        if len(plain) > 1:
            several.append(_literally(plain))
        return plain if len(plain) == 1 and plain not in r"\]^[" else match[0]

    rest = f"{begin}{_IN_SET.sub(one, written[len(begin) : -1])}]"
    return f"(?:{'|'.join([rest, *several])})" if several and begin == "[" else rest


def _one(plain: str) -> str:
    """A text that a quantifier behind it counts as one."""
    return _literally(plain) if len(plain) == 1 else f"(?:{_literally(plain)})"


def _literally(text: str) -> str:
    return "".join(f"\\{one}" if one in r"\.^$|?*+()[]{}" else one for one in text)


_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
"""Scripts with letters that look like those of another one."""

_WORD = re.compile(r"[^\W\d_]+")


def oddities(text: str) -> Iterator[str]:
    """What a person who reads the name cannot see in it, one sentence each."""
    place, why = next(_unplain(text), (0, ""))
    if place:
        yield f"character {place} of '{_visibly(text)}' is {why} ({_called(text[place - 1])})"
    composed = normalize("NFC", text)
    for word in _WORD.finditer(composed):
        yield from _foreign(composed, word)


def _unplain(text: str) -> Iterator[tuple[int, str]]:
    """Each place, counted from 1, at which there is less to see than is written."""
    for place, character in enumerate(text, 1):
        if _UNSEEN.match(character):
            yield place, "invisible"
        elif character != " " and character.isspace():
            yield place, "no plain space"


def _visibly(text: str) -> str:
    return _UNSEEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def _foreign(text: str, word: re.Match[str]) -> Iterator[str]:
    """The letters of the script that is in the minority in a word."""
    scripts = [_script(letter) for letter in word[0]]
    mixed = sorted(_ALIKE.intersection(scripts), key=lambda one: (-scripts.count(one), one))
    for script in mixed[1:]:
        place = scripts.index(script)
        where = f"character {word.start() + place + 1} of '{_visibly(text)}'"
        yield f"{where} is {_called(word[0][place])} among {mixed[0].capitalize()} letters"


def _script(letter: str) -> str:
    return name(letter, "").removeprefix("FULLWIDTH ").partition(" ")[0]


def _called(character: str) -> str:
    return f"U+{ord(character):04X} {name(character, '')}".strip()
