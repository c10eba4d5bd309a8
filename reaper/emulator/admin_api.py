"""The way behind the scenes for tests in other processes.

No part of the contract, no key needed.
"""

import re
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from .faults import Faults
from .present import world_asked
from .refusals import BadParameter
from .session import timestamp

_LONGEST = 366 * 86400.0
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def add_admin(router: APIRouter) -> None:
    @router.post("/advance")
    async def advance(seconds: Annotated[float, Query(ge=0, le=_LONGEST)]) -> dict[str, Any]:
        world = world_asked()
        world.advance(timedelta(seconds=seconds))
        return {"now": timestamp(world.now())}

    @router.post("/touch")
    async def touch(id: str) -> dict[str, Any]:  # noqa: A002 - named as everywhere else on the wire
        world = world_asked()
        world.touch(id)
        return {"now": timestamp(world.now())}

    @router.post("/begin-task")
    async def begin_task(session: str, id: str, groupIndex: int = 0) -> dict[str, Any]:  # noqa: A002, N803 - as above
        world = world_asked()
        world.begin_task(session, id, groupIndex)
        return {"now": timestamp(world.now())}

    @router.post("/faults")
    async def set_faults(spec: str = "") -> dict[str, Any]:
        world = world_asked()
        try:
            world.faults = Faults.parse(spec)
        except ValueError as error:
            raise BadParameter(str(error)) from error
        return {"faults": spec}

    @router.get("/requests")
    async def count_requests() -> dict[str, Any]:
        world = world_asked()
        calls = Counter(
            f"{record.method} {_ID.sub('{id}', record.path)} {record.status}"
            for record in world.requests
        )
        ended = [{"id": session_id, "at": timestamp(at)} for session_id, at in world.terminated]
        return {"total": len(world.requests), "calls": dict(calls), "terminated": ended}
