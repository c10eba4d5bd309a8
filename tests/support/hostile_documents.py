"""The OpenAPI documents that a tenant can show.

Of both generations, and of services that are none of it.
"""

from __future__ import annotations

from typing import Any

import yaml

BASE = "/pro/session-manager/v1"
Document = dict[str, Any]


def document(generation: int) -> Document:
    """The session-manager's own, with what both generations share first, as the vendor's pages list
    it.
    """
    paths: dict[str, Any] = {}
    kinds = ("webui", "task") if generation == 1 else ("webui", "task", "solve")
    for kind in kinds:
        paths[f"/sessions/{kind}"] = {"get": _operation(f"list_{kind}")}
    for kind in kinds:
        paths[f"/sessions/logs/{kind}/{{session_id}}"] = {"get": _operation(f"log_{kind}")}
    for kind in kinds:
        both = {"get": _operation(f"get_{kind}"), "delete": _operation(f"delete_{kind}")}
        paths[f"/sessions/{kind}/{{session_id}}"] = both
    for kind in kinds if generation == 2 else ():
        paths[f"/sessions/{kind}/{{session_id}}/logs"] = {"get": _operation(f"own_log_{kind}")}
        paths[f"/sessions/{kind}/{{session_id}}/terminate"] = {
            "patch": _operation(f"terminate_{kind}")
        }
    version = "24.5.0.0" if generation == 1 else "25.2.1.0"
    info = {"title": "AIMMS PRO session-manager", "version": version}
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": BASE}],
        "paths": paths,
        "components": {},
    }


def _operation(name: str) -> Document:
    return {"operationId": name, "responses": {"200": {"description": "done"}}}


def renamed(found: Document, old: str, new: str) -> Document:
    """The same document with other words in its paths."""
    return {
        **found,
        "paths": {path.replace(old, new): verbs for path, verbs in found["paths"].items()},
    }


def of_another_service() -> Document:
    """The user-manager's: it, too, has sessions that can be deleted."""
    paths = {
        "/user": {"get": _operation("users")},
        "/sessions/{session_id}": {"get": _operation("login"), "delete": _operation("logout")},
    }
    info = {"title": "AIMMS PRO user-manager", "version": "1.0"}
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": "/pro/user-manager/v1"}],
        "paths": paths,
    }


def as_yaml(found: Document) -> str:
    return yaml.safe_dump(found, sort_keys=False)
