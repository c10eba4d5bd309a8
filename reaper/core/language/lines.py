"""Patterns of log lines that are no activity: in RE2's syntax, and none that would ignore what
people do.
"""

from __future__ import annotations

from collections.abc import Callable

from reaper.core.model.matching import regex

_LineTest = Callable[[str], object]

_NOTHING = ("", "\N{OBJECT REPLACEMENT CHARACTER}")
_PEOPLE = ("page 'Demand' opened", "procedure Solve started", "case saved: 17", "INFO x")


def ignoring(pattern: str) -> _LineTest:
    """What finds the pattern anywhere in a line, in any case and in time linear to the line.

    Raises ValueError, in words, for what is not a regular expression or can hardly be meant.
    """
    try:
        test = regex(f"/{pattern}/", fold=True)
    except ValueError as error:
        raise ValueError(
            f"'{pattern}' is not a regular expression in RE2 syntax: {error}"
        ) from None
    if any(map(test, _NOTHING)) or all(map(test, _PEOPLE)):
        raise ValueError(f"'{pattern}' would ignore every line; write what only heartbeats contain")
    return test
