"""OpenAPI documents as the tenants of both generations have them."""

from __future__ import annotations

from typing import Any


def a_document(generation: int) -> dict[str, Any]:
    """The OpenAPI document of a tenant, as far as a generation shows in it."""
    paths: dict[str, Any] = {}
    for kind in ("webui", "task") if generation == 1 else ("webui", "task", "solve"):
        one = f"/sessions/{kind}/{{session-id}}"
        paths |= {f"/sessions/{kind}": {"get": {}}, one: {"get": {}, "delete": {}}}
        paths[f"/sessions/logs/{kind}/{{session-id}}"] = {"get": {}}
        if generation == 2:
            paths |= {f"{one}/logs": {"get": {}}, f"{one}/terminate": {"patch": {}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "AIMMS PRO session-manager", "version": "1"},
        "paths": paths,
        "components": {},
    }
