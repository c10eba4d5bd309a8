"""What happens, one line an event: for people on a terminal, JSON everywhere else.

The only room with structlog, which is loaded when the first event is written: most commands log
nothing, and it takes a tenth of their start.

Whatever other libraries log goes the same way. Until `writing` is entered nothing is written at
all.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from reaper.logs.redaction import conceal

__all__ = ["Log", "conceal", "logger", "writing"]

logging.getLogger("reaper").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Log:
    """The log of a room; an event is a few words, and everything else a field."""

    name: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def bind(self, **fields: object) -> Log:
        return Log(self.name, {**self.fields, **fields})

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """An error, with the exception that is being handled."""
        self._write(logging.ERROR, event, {"exc_info": True, **fields})

    def _write(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        if logging.getLogger(self.name).isEnabledFor(level):
            from reaper.logs.events import structured

            structured(self.name).log(level, event, **{**self.fields, **fields})


def logger(name: str) -> Log:
    return Log(f"reaper.{name}")


@contextmanager
def writing(level: str, form: str = "auto") -> Iterator[None]:
    """Write events of this level (debug, info, warning, error) and graver ones to standard error
    while it is open.

    `form` is `console`, `json`, or `auto`: a console where standard error is a terminal, else JSON.
    Other libraries are heard from `warning` on, with `debug` from `info` on: below that they tell
    what they send.
    """
    from reaper.logs.events import formatter

    handler = _ToStandardError()
    handler.setFormatter(
        formatter(console=form == "console" or (form == "auto" and sys.stderr.isatty()))
    )
    root, ours = logging.getLogger(), logging.getLogger("reaper")
    before = root.level, ours.level
    root.addHandler(handler)
    ours.setLevel(level.upper())
    root.setLevel({"debug": "INFO", "error": "ERROR"}.get(level, "WARNING"))
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.removeHandler(handler)
        root.setLevel(before[0])
        ours.setLevel(before[1])


class _ToStandardError(logging.StreamHandler[TextIO]):
    """To what standard error is when something is written, not when this was made."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr
