"""What happens, one line an event: for people on a terminal, JSON everywhere else.

The only room with structlog.

Whatever other libraries log goes the same way. Until `writing` is entered nothing is written at
all.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import structlog
from structlog.stdlib import BoundLogger

from reaper.logs.redaction import conceal, redact

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import Processor

__all__ = ["BoundLogger", "conceal", "logger", "writing"]

_FIRST = ("timestamp", "level", "event")
_STAMPED: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # as text, before redaction; nothing shows the variables of a frame
    structlog.processors.format_exc_info,
)
logging.getLogger("reaper").addHandler(logging.NullHandler())


def logger(name: str) -> BoundLogger:
    """The log of a room; an event is a few words, and everything else a field."""
    bound: BoundLogger = structlog.wrap_logger(
        logging.getLogger(f"reaper.{name}"),
        processors=[
            structlog.stdlib.filter_by_level,
            *_STAMPED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return bound


@contextmanager
def writing(level: str, form: str = "auto") -> Iterator[None]:
    """Write events of this level (debug, info, warning, error) and graver ones to standard error
    while it is open.

    `form` is `console`, `json`, or `auto`: a console where standard error is a terminal, else JSON.
    Other libraries are heard from `warning` on, with `debug` from `info` on: below that they tell
    what they send.
    """
    handler = _ToStandardError()
    handler.setFormatter(
        _formatter(console=form == "console" or (form == "auto" and sys.stderr.isatty()))
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


def _formatter(*, console: bool) -> logging.Formatter:
    render: Processor = structlog.processors.JSONRenderer()
    if console:
        render = structlog.dev.ConsoleRenderer(
            colors="NO_COLOR" not in os.environ and sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_STAMPED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            _ordered,
            render,
        ],
    )


def _ordered(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {**{key: event[key] for key in _FIRST}, **event}


class _ToStandardError(logging.StreamHandler[TextIO]):
    """To what standard error is when something is written, not when this was made."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr
