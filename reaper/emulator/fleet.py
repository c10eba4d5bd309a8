"""A fleet from the seed: what an account looks like on some weekday."""

import math
import random
from datetime import timedelta
from typing import Any

from . import people
from .account import Account
from .session import SOLVE, TASK, WEBUI

_SHARES = {1: {WEBUI: 85, TASK: 15}, 2: {WEBUI: 75, TASK: 12, SOLVE: 13}}
_OLDEST = timedelta(days=4)
_YOUNGEST = timedelta(minutes=5)
_LONGEST_IDLE = timedelta(hours=20)
_SHORTEST_IDLE = timedelta(seconds=5)
_OVER_STATE = {
    WEBUI: ("Terminated",),
    TASK: ("completed", "completed", "failed"),
    SOLVE: ("finished", "terminated"),
}
_MESSAGES = {
    "failed": "Execution error in procedure MainExecution",
    "terminated": "Terminated by user",
}


def populate(world: Account, count: int) -> None:
    """Add that many sessions of about a third as many owners."""
    rng = world.rng
    owners = people.crew(rng, max(1, count // 3)) if count else []
    services = people.service_accounts(rng)
    shares = _SHARES[world.generation]
    for kind in rng.choices(list(shares), list(shares.values()), k=count):
        owner = rng.choice(services if kind == TASK and rng.random() < 0.6 else owners)  # noqa: PLR2004 - a share
        world.add_session(**_session(rng, kind, owner))


def _session(rng: random.Random, kind: str, owner: str) -> dict[str, Any]:
    app, version = people.application(rng)
    common = {"kind": kind, "owner": owner, "app": app, "app_version": version}
    if kind == TASK:
        common["service"] = rng.choice(people.TASK_SERVICES)
    return common | _situation(rng, kind)


def _situation(rng: random.Random, kind: str) -> dict[str, Any]:
    """Where in its life the session stands."""
    age = log_uniform(rng, _YOUNGEST, _OLDEST)
    fate = rng.random()
    if kind != WEBUI and fate < 0.15:  # noqa: PLR2004 - a share
        return {"state": "queued", "age": min(age, timedelta(minutes=rng.randint(5, 40)))}
    idle = log_uniform(rng, _SHORTEST_IDLE, min(age, _LONGEST_IDLE))
    running: dict[str, Any] = {
        "age": age,
        "idle": idle,
        "heartbeat": _heartbeat(rng),
        "log_entries": rng.randint(2, 9),
    }
    if fate > 0.87:  # noqa: PLR2004 - a share
        state = rng.choice(_OVER_STATE[kind])
        return running | {"state": state, "message": _MESSAGES.get(state, "")}
    return running | {"solving": kind == TASK and rng.random() < 0.5}  # noqa: PLR2004 - a share


def _heartbeat(rng: random.Random) -> timedelta:
    return timedelta(seconds=rng.choice((30, 60, 60, 60, 300)))


def log_uniform(rng: random.Random, low: timedelta, high: timedelta) -> timedelta:
    """Minutes are as likely as hours, and hours as days."""
    return timedelta(
        seconds=math.exp(rng.uniform(math.log(low.total_seconds()), math.log(high.total_seconds())))
    )
