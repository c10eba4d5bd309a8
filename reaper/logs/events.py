"""An event as structlog makes it: with its time and level, without secrets, in order."""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from structlog.stdlib import BoundLogger

from reaper.logs.redaction import redact

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import Processor

_FIRST = ("timestamp", "level", "event")
_STAMPED: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # as text, before redaction; nothing shows the variables of a frame
    structlog.processors.format_exc_info,
)


@cache
def structured(name: str) -> BoundLogger:
    """The logger of the standard library of this name, for events with fields."""
    bound: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            *_STAMPED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return bound


def formatter(*, console: bool) -> logging.Formatter:
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
