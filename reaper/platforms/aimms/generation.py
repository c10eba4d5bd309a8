"""Which generation of the session-manager a tenant runs, told by the tenant's own OpenAPI document.

The same verb means two things: DELETE terminates in generation 1 and destroys the record in
generation 2. So the older generation is concluded only from its own positive shape: every path that
it is known to have, nothing that only the newer one has, in a document of this very service of
which the paths were read to their end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from reaper.errors import AccountError, Unauthorized, Unreachable
from reaper.platforms.aimms.address import SESSIONS
from reaper.platforms.aimms.document import NotReadable, fetch
from reaper.platforms.aimms.kinds import TASK, WEBUI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reaper.platforms.aimms.connection import Connection

    Generation = Literal[1, 2]

_NEWER = re.compile(r"terminate|/sessions/[^/]+/[^/]+/logs(/|$)|/sessions/(logs/)?solve(/|$)")
_TERMINATE = re.compile(r"/sessions/[^/]+/[^/]+/terminate$")
_SESSION = re.compile(r"/sessions/(?!logs/)[^/]+/[^/]+$")
_BELOW_ONE = re.compile(r"/sessions/(?!logs/)[^/]+/[^/]+/")
_ONE = r"\{{[^/{{}}]+\}}"  # written for str.format
_KIND = f"({{kind}}|{_ONE})"
_OLDER = (("get", f"/sessions/{_KIND}"), ("get", f"/sessions/{_KIND}/{_ONE}"), ("delete", f"/sessions/{_KIND}/{_ONE}"),
          ("get", f"/sessions/logs/{_KIND}/{_ONE}"))  # fmt: skip
"""What generation 1 has for each of its kinds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the tenant's document shows.

    A generation, or at least that something of the newer one is there.
    """

    generation: Generation | None = None
    newer: bool = False

    def contradicts(self, setting: Generation) -> bool:
        """Whether it cannot be the document of a tenant of the generation that the
        settings tell.
        """
        if setting == 1:
            return self.newer or self.generation not in {None, 1}
        return self.generation not in {None, setting}


NOTHING = Shown()


def look(connection: Connection) -> Shown:
    """What the document shows, the one in JSON first.

    Raises Unauthorized and Unreachable, for then nothing else can be had either.
    """
    result = NOTHING
    for path in (f"{SESSIONS}/openapi.json", f"{SESSIONS}/openapi.yaml"):
        shown = _shown(_document(connection, path), whole=path.endswith("json"))
        if shown.generation is not None:
            return shown if not result.newer or shown.generation != 1 else result
        result = result if result.newer else shown
    return result


def _document(connection: Connection, path: str) -> object:
    try:
        return fetch(connection, path)
    except (Unauthorized, Unreachable):
        raise
    except (AccountError, NotReadable):
        return None


def _shown(document: object, *, whole: bool) -> Shown:
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(paths, dict) or not _is_ours(document):
        return NOTHING
    verbs_of = {_relative(path): verbs for path, verbs in paths.items()}
    newer = any(_NEWER.search(path) for path in verbs_of)
    if any(_TERMINATE.search(path) for path in verbs_of):
        return Shown(2, newer=True)
    read_to_the_end = whole or any(one == "paths" for one, _ in pairwise(document))
    return Shown(1 if read_to_the_end and not newer and _is_older(verbs_of) else None, newer)


def _is_ours(document: Mapping[str, Any]) -> bool:
    """Whether the document says what it is, and that it is the session-manager's."""
    info, servers = document.get("info"), document.get("servers")
    title = info.get("title") if isinstance(info, dict) else None
    version = document.get("openapi") or document.get("swagger")
    if not isinstance(title, str) or not isinstance(version, str):
        return False
    roots = (
        [_root(str(one.get("url"))) for one in servers if isinstance(one, dict)]
        if isinstance(servers, list)
        else []
    )
    named = "sessionmanager" in re.sub(r"[^a-z]", "", title.casefold())
    return {"", SESSIONS}.issuperset(roots) and (named or SESSIONS in roots)


def _root(url: str) -> str | None:
    """The path of a server's address; None of what is not an address."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return None


def _relative(path: str) -> str:
    """The path below the service, in lower case.

    No server is known to tell the two apart for sure.
    """
    return path.casefold().removeprefix(SESSIONS).rstrip("/")


def _is_older(paths: Mapping[str, object]) -> bool:
    """Whether everything is there that generation 1 has, for each of its kinds, and nothing can be
    done with a session that generation 1 cannot do.
    """
    if any(_has_more(path, verbs) for path, verbs in paths.items()):
        return False
    return all(
        any(re.fullmatch(shape.format(kind=kind), path) and isinstance(verbs, dict) and verb in verbs
            for path, verbs in paths.items())
        for kind in (WEBUI, TASK)
        for verb, shape in _OLDER
    )  # fmt: skip


def _has_more(path: str, verbs: object) -> bool:
    """Whether a session can be changed at this path by more than a DELETE, or by one that is to go
    out of use.
    """
    if _BELOW_ONE.search(path):
        return True
    if not _SESSION.search(path) or not isinstance(verbs, dict):
        return False
    ends = verbs.get("delete")
    outdated = isinstance(ends, dict) and str(ends.get("deprecated")).lower() == "true"
    return outdated or not {"patch", "post", "put"}.isdisjoint(map(str.lower, verbs))
