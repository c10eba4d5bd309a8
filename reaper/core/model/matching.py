"""Which sessions a person means: exact names, lists, globs and their negation, three-valued.

A difference that people do not read (`names.py`) never widens what is selected and never narrows
what is exempt.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from fnmatch import translate
from operator import attrgetter
from typing import Any

import re2

from reaper.core.model.names import contracted, folded, folded_glob, folded_regex, spellings
from reaper.core.model.session import Session

Match = str | list[str] | dict[str, "Match"]
"""`admin@ROOT`, `svc-*@*`, `/^svc-/`, `[a, b]` or `{not: ...}`.

The shape is checked in `selector.py`.
"""

_GLOB_CHARACTERS = frozenset("*?")
CASELESS = frozenset({"kind", "state"})
_REMEMBERED = 4_096

FIELDS: dict[str, Callable[[Session], str | None]] = {
    field: attrgetter(field)
    for field in (
        "kind",
        "state",
        "app",
        "app_version",
        "owner",
        "environment",
        "name",
        "description",
    )
}


class Answer(IntEnum):
    """Kleene's three values, ordered so that `all` is min and `any` is max."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    def negated(self) -> Answer:
        return _NEGATED[self]


_NEGATED = (Answer.YES, Answer.UNKNOWN, Answer.NO)

ValueTest = Callable[[str], bool]


def is_regex(pattern: str) -> bool:
    """Whether it is written between slashes: `/^svc-[0-9]+@/`."""
    # the two slashes
    return len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/")  # noqa: PLR2004


def regex(pattern: str, *, fold: bool) -> Callable[[str], object]:
    """What finds the pattern anywhere in a text, in time linear to it.

    Raises ValueError in RE2's words.
    """
    options = re2.Options()
    options.case_sensitive, options.log_errors = not fold, False
    try:
        search: Callable[[str], object] = re2.compile(pattern[1:-1], options).search
    except re2.error as error:
        message = error.args[0]
        raise ValueError(message.decode() if isinstance(message, bytes) else str(message)) from None
    return search


def is_glob(pattern: str) -> bool:
    return not is_regex(pattern) and not _GLOB_CHARACTERS.isdisjoint(pattern)


def matcher(match: Match, *, fold: bool, caseless: bool = False) -> ValueTest:
    """Compile a match to a test of one known value.

    With `fold` whatever reads alike matches, else only what is written alike. A negation turns
    `fold` around, unless the field is `caseless`.
    """
    if isinstance(match, dict):
        inner = matcher(match["not"], fold=caseless or not fold, caseless=caseless)
        return lambda value: not inner(value)
    if isinstance(match, list):
        tests = [matcher(one, fold=fold, caseless=caseless) for one in match]
        return lambda value: any(test(value) for test in tests)
    return _reads_alike(match) if fold else _written_alike(match)


def _written_alike(pattern: str) -> ValueTest:
    if is_regex(pattern):
        search = regex(pattern, fold=False)
        return lambda value: search(value) is not None
    return _glob(pattern, 0) if is_glob(pattern) else pattern.__eq__


def _reads_alike(pattern: str) -> ValueTest:
    if is_regex(pattern):
        return _regex_reads_alike(pattern)
    if is_glob(pattern):
        return _glob_reads_alike(pattern)
    plain = folded(pattern)
    return lambda value: folded(value) == plain


def star_reads_alike(pattern: str) -> ValueTest:
    """Whether a name, however it is spelt, is one that the pattern stands for, in which only `*` is
    special.
    """
    plain = folded_glob(pattern).strip().replace("[", "[[]").replace("?", "[?]")
    test = re.compile(translate(plain)).match
    return lambda value: test(folded(value)) is not None


def _glob_reads_alike(pattern: str) -> ValueTest:
    plain = folded_glob(pattern)
    tests = [_glob(pattern, re.IGNORECASE), _glob(plain, 0)]
    if "ss" in plain:
        tests.append(_glob(contracted(plain), 0))
    return lambda value: any(test(one) for one in spellings(value, pattern) for test in tests)


def _glob(pattern: str, flags: int) -> ValueTest:
    test = re.compile(
        translate(pattern.replace("[", "[[]")), flags
    ).match  # a bracket is part of a name
    return lambda value: test(value) is not None


def _regex_reads_alike(pattern: str) -> ValueTest:
    """As it stands with and without regard to case, and with its letters folded; whatever fits.

    Without regard to case a set that excludes letters excludes more, so neither of these is wider
    than the others.
    """
    searches = [regex(pattern, fold=False), regex(pattern, fold=True)]
    if (plain := folded_regex(pattern)) != pattern:
        with suppress(ValueError):  # a range of letters whose ends change their order
            searches.append(regex(plain, fold=True))
    return lambda value: any(
        search(one) for one in spellings(value, pattern) for search in searches
    )


class SessionTest:
    """Field matches that must all hold: unknown where a field is not known.

    Names come again in session after session of an owner or app, so an answer is remembered by the
    values it depends on, those of `fields`; `remembered` is bounded by starting over.
    """

    def __init__(self, matches: dict[str, Match], *, fold: bool) -> None:
        self.fields = tuple(matches)
        self._tests = [_of_field(field, match, fold=fold) for field, match in matches.items()]
        self._read = attrgetter(*matches) if matches else None
        self._several = len(matches) > 1
        self._remembered: dict[object, Answer] = {}

    def __call__(self, session: Session) -> Answer:
        if self._read is None:
            return Answer.YES
        values = self._read(session)
        answer = self._remembered.get(values)
        return self._work_out(values) if answer is None else answer

    def _work_out(self, values: Any) -> Answer:  # noqa: ANN401 - one value, or a tuple of several
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        answer = self._answer(values if self._several else (values,))
        self._remembered[values] = answer
        return answer

    def _answer(self, values: tuple[str | None, ...]) -> Answer:
        answer = Answer.YES
        for value, holds in zip(values, self._tests, strict=True):
            if value is None:
                answer = Answer.UNKNOWN
            elif not holds(value):
                return Answer.NO
        return answer


def _of_field(field: str, match: Match, *, fold: bool) -> ValueTest:
    caseless = field in CASELESS
    return matcher(match, fold=fold or caseless, caseless=caseless)
