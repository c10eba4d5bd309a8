"""What was written, shown to a person, and the word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_PART = 3  # letters; fewer are in too many words


def closest(word: object, candidates: Iterable[str], least: float = 0.6) -> str | None:
    """The known word that is spelt most alike, or the only one that the word begins with or is a
    part of.
    """
    by_plain = {_plain(one): one for one in candidates}
    written = _plain(word)
    if close := get_close_matches(written, by_plain, 1, least):
        return by_plain[close[0]]
    parts = [one for one in by_plain if min(len(one), len(written)) >= _PART]
    matches = [one for one in parts if written in one or written.startswith(one)]
    return by_plain[matches[0]] if len(matches) == 1 else None


def did_you_mean(word: object, candidates: Iterable[str], least: float = 0.6) -> str:
    """`; did you mean 'idle'?`, or nothing where no known word comes close."""
    near = closest(word, candidates, least)
    return f"; did you mean '{near}'?" if near else ""


def quoted(value: object) -> str:
    """What was written, as one speaks of it: `'idle'`, `a list`."""
    return (
        "a list"
        if isinstance(value, list)
        else "a mapping"
        if isinstance(value, dict)
        else f"'{value}'"
    )


def _plain(word: object) -> str:
    return str(word).replace("-", "_").lower()
