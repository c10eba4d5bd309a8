"""The endpoints of logs, under both of their addresses, and the download of generation 2."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from . import endings
from .log import Line, Window
from .parameters import LogFilter, LogQuery
from .present import world_asked
from .refusals import Impossible
from .schemas import LogPage, refusals
from .session import timestamp

if TYPE_CHECKING:
    from .world import World

_LINES_A_CHUNK = 1000
SessionId = Annotated[str, Path()]


def add_logs(router: APIRouter, generation: int, kind: str) -> None:
    """The old address alone in generation 1.

    In generation 2 it still answers, but is deprecated.
    """
    newer = generation > 1
    if newer:
        _add_page(router, kind, f"/sessions/{kind}/{{session_id}}/logs", "logs")
        _add_download(router, kind)
    _add_page(router, kind, f"/sessions/logs/{kind}/{{session_id}}", "old_logs", deprecated=newer)


def _add_page(
    router: APIRouter, kind: str, path: str, name: str, *, deprecated: bool = False
) -> None:
    @router.get(
        path,
        operation_id=f"{name}_{kind}",
        response_model=LogPage,
        responses=refusals(404, 409),
        deprecated=deprecated,
        summary=f"The log of a {kind} session; there is none while it is queued (409)",
    )
    async def read_log(session_id: SessionId, query: Annotated[LogQuery, Query()]) -> Response:
        world = world_asked()
        return Response(_page(world, kind, session_id, query), media_type="application/json")


def _add_download(router: APIRouter, kind: str) -> None:
    @router.get(
        f"/sessions/{kind}/{{session_id}}/logs/download",
        operation_id=f"download_logs_{kind}",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **refusals(404, 409),
        },
        summary=f"The whole log of a {kind} session as text, `index timestamp message` a line",
    )
    async def download_log(session_id: SessionId, query: Annotated[LogFilter, Query()]) -> Response:
        world = world_asked()
        with world.moment() as now:
            window = _window(world, kind, session_id, query, now)
            lines = list(map(window.log.line, window.containing(query.contains)))
        return StreamingResponse(_chunks(lines), media_type="text/plain")


def _window(world: "World", kind: str, session_id: str, query: LogFilter, now: datetime) -> Window:
    session = endings.reach(world, kind, session_id)
    if session.state.lower() == "queued":
        raise Impossible(f"The {kind} session {session_id} is queued: it has no log yet.")
    return session.log.window(now, query.begin, query.end)


def _page(world: "World", kind: str, session_id: str, query: LogQuery) -> str:
    with world.moment() as now:
        window = _window(world, kind, session_id, query, now)
        places = window.containing(query.contains)
        ordered = places[::-1] if query.sort == "-index" else places
        end = query.offset + min(query.limit, world.page_cap)
        items = [_json(window.log.line(place)) for place in ordered[query.offset : end]]
    return f'{{"total":{len(places)},"items":[{",".join(items)}]}}'


def _json(line: Line) -> str:
    return f'{{"index":{line.number},"timestamp":"{timestamp(line.at)}","message":{json.dumps(line.message)}}}'


def _chunks(lines: list[Line]) -> Iterator[str]:
    rest = iter(lines)
    while chunk := list(islice(rest, _LINES_A_CHUNK)):
        yield "".join(f"{line.number} {timestamp(line.at)} {line.message}\n" for line in chunk)
