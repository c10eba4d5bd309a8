"""Which generation of the session-manager a tenant runs, told by the tenant's own OpenAPI document.

The same verb means two things: DELETE terminates in generation 1 and destroys the record in generation 2. So the
older generation is concluded only from a document that shows nothing of the newer one.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

import yaml

from reaper.client.address import SESSIONS
from reaper.errors import AccountError, Unauthorized, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reaper.client.connection import Connection

    Generation = Literal[1, 2]

DEEPEST = 100
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ONE_SESSION = re.compile(r"/sessions/.*\{[^/]+\}/?$")
_NEWER_LOGS = re.compile(r"/sessions/.*\}/logs(/|$)")


def detect(connection: Connection) -> Generation | None:
    """The generation; None when no document can be had or it looks like neither.

    Raises Unauthorized and Unreachable, for then nothing else can be had either.
    """
    for path, load in ((f"{SESSIONS}/openapi.json", json.loads), (f"{SESSIONS}/openapi.yaml", _load_yaml)):
        found = _generation(_document(connection, path, load))
        if found is not None:
            return found
    return None


def _document(connection: Connection, path: str, load: Callable[[bytes], object]) -> object:
    try:
        return load(connection.get(path))
    except (Unauthorized, Unreachable):
        raise
    except (AccountError, ValueError, RecursionError, yaml.YAMLError):
        return None


def _load_yaml(body: bytes) -> object:
    """The document, unless it is nested so deeply that the loader in C would bring the whole process down."""
    depth = 0
    for event in yaml.parse(body, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError("nested too deeply")
    return yaml.load(body, Loader=_LOADER)  # noqa: S506 - the safe loader, in C where it was built


def _generation(document: object) -> Generation | None:
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict):
        return None
    if any(isinstance(path, str) and path.rstrip("/").endswith("/terminate") for path in paths):
        return 2
    return 1 if _looks_older(paths) else None


def _looks_older(paths: Mapping[object, object]) -> bool:
    """A session can be deleted, and nothing stands there that only the newer generation has."""
    known = {path: verbs for path, verbs in paths.items() if isinstance(path, str)}
    newer = any("terminate" in path or _NEWER_LOGS.search(path) for path in known)
    return not newer and any(
        _ONE_SESSION.search(path) and isinstance(verbs, dict) and "delete" in verbs for path, verbs in known.items()
    )
