"""A tenant's own OpenAPI document as plain data, bounded in size, depth and pieces."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reaper.platforms.aimms.connection import Connection

LONGEST = 4 * 1024 * 1024  # bytes
DEEPEST = 100
MOST_EVENTS = 200_000  # of YAML; a document of an API has a tenth of that
_END = object()
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotReadable(Exception):
    """No document that can be trusted; says why."""


def fetch(connection: Connection, path: str) -> object:
    """The document at the path, in YAML or JSON as that ends. Raises AccountError, NotReadable."""
    body = connection.get(path, most=LONGEST)
    return load_yaml(body) if path.endswith(".yaml") else load_json(body)


def load_json(body: bytes) -> object:
    """Raises NotReadable."""
    try:
        return json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"it is not valid JSON: {_why(error)}") from None


def load_yaml(body: bytes) -> object:
    """Every scalar is a text; the document is made from one event after the other.

    Aliases, merge keys, deep nesting and endless fragments are refused: they can make of few bytes
    more than a machine holds. Raises NotReadable.
    """
    try:
        events = _events(body)
        content = _value(events)
        if next(events, None) is not None:
            raise NotReadable("it is not valid YAML: more than one document")
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise NotReadable(f"it is not valid YAML: {_why(error)}") from None
    return content


def load(body: bytes) -> object:
    """JSON where it looks like that, else YAML. Raises NotReadable."""
    if len(body) > LONGEST:
        raise NotReadable(f"it is larger than {LONGEST:,} bytes")
    return load_json(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else load_yaml(body)


def _why(error: Exception) -> str:
    """In words of ours: what a library says of a document may quote it."""
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else getattr(error, "lineno", None)
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"line {line}" if line else "it is broken, or not UTF-8"


class _Refused(ValueError):
    """Well-formed, and yet nothing to read on with; says why."""


def _events(body: bytes) -> Iterator[yaml.Event]:
    """What is in the only document."""
    depth = 0
    for number, event in enumerate(yaml.parse(body, Loader=_LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(
            event, yaml.CollectionEndEvent
        )
        aliased = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)
        if depth > DEEPEST or aliased or number > MOST_EVENTS:
            raise _Refused("it is nested too deeply, in too many pieces, or with aliases")
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _value(events: Iterator[yaml.Event]) -> object:
    event = next(events, None)
    if isinstance(event, yaml.MappingStartEvent):
        return _once(_pairs(events))
    if isinstance(event, yaml.SequenceStartEvent):
        return list(iter(partial(_value, events), _END))
    if isinstance(event, yaml.CollectionEndEvent):
        return _END
    return event.value if isinstance(event, yaml.ScalarEvent) else None


def _pairs(events: Iterator[yaml.Event]) -> Iterator[tuple[str, object]]:
    while (key := _value(events)) is not _END:
        if not isinstance(key, str) or key == "<<":
            raise _Refused("a key is not text, or merges")
        yield key, _value(events)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping; raises where a key comes twice, for then nobody knows which one is meant."""
    pairs = list(pairs)
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _Refused("a key comes twice")
    return mapping
