"""What the tests of the face share."""

from __future__ import annotations

from typing import Any

import httpx

Ask = httpx.Client

POLICIES = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
    exempt:
      - {owner: admin@ROOT, reason: operations}
  - name: old-tasks
    select: {kind: task}
    terminate_when: {age: 24h}
"""
IDLE = "11111111-1111-4111-8111-111111111111"

FLEET: tuple[dict[str, Any], ...] = (
    {"id": IDLE, "owner": "anna@Planning", "age": "9h", "idle": "5h"},
    {"owner": "ben@Supply", "age": "3h", "idle": "5m"},
    {"owner": "admin@ROOT", "age": "8h", "idle": "6h"},
    {"owner": "eva@Supply", "age": "5h", "log_entries": 0},
    {"owner": "carl@Supply", "kind": "task", "age": "30h"},
)


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a problem, which has the shape and the type that it ought to have."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert set(body) == {"type", "title", "status", "detail"}
    return str(body["detail"])
