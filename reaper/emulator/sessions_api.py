"""The endpoints of sessions: list, get, terminate, and in generation 2 delete."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from . import endings, faults
from .listing import page
from .parameters import NoQuery, SessionQuery
from .present import world_asked
from .problems import problem
from .schemas import SessionPage, SessionShape, refusals
from .session import SOLVE, Session

if TYPE_CHECKING:
    from .world import World

JSON = "application/json"
NoParameters = Annotated[NoQuery, Query()]


def add_sessions(router: APIRouter, generation: int, kind: str) -> None:
    """Add the endpoints of one kind, as the generation has them."""
    _add_list(router, kind)
    _add_get(router, kind)
    if generation == 1:
        _add_terminate(router, kind, "DELETE", "")
    else:
        _add_terminate(router, kind, "PATCH", "/terminate")
        _add_delete(router, kind)


def _add_list(router: APIRouter, kind: str) -> None:
    @router.get(
        f"/sessions/{kind}",
        operation_id=f"list_{kind}",
        response_model=SessionPage,
        responses=refusals(),
        summary=f"List {kind} sessions",
    )
    async def list_sessions(request: Request, query: Annotated[SessionQuery, Query()]) -> Response:
        world = world_asked()
        total, items = page(world, kind, query, world.keys[request.headers["apikey"]])
        world.page_answered()
        return Response(f'{{"total":{total},"items":[{",".join(items)}]}}', media_type=JSON)


def _add_get(router: APIRouter, kind: str) -> None:
    @router.get(
        f"/sessions/{kind}/{{session_id}}",
        operation_id=f"get_{kind}",
        response_model=SessionShape,
        responses=refusals(404),
        summary=f"One {kind} session",
    )
    async def get_session(session_id: str, _: NoParameters) -> Response:
        world = world_asked()
        with world.moment():
            return _answer(world, endings.reach(world, kind, session_id))


def _add_terminate(router: APIRouter, kind: str, method: str, suffix: str) -> None:
    @router.api_route(
        f"/sessions/{kind}/{{session_id}}{suffix}",
        methods=[method],
        operation_id=f"terminate_{kind}",
        response_model=SessionShape,
        responses=refusals(404, 409),
        summary=f"Terminate a {kind} session",
    )
    async def terminate_session(session_id: str, _: NoParameters) -> Response:
        world = world_asked()
        fault = world.faults.roll(faults.ON_TERMINATIONS, world.fault_rng)
        if fault == faults.DEAF:
            return _answer(world, endings.reach(world, kind, session_id))
        session = endings.terminate(world, kind, session_id)
        if fault == faults.LOST:
            return problem(500, "Something went wrong.")
        return _answer(world, session)


def _add_delete(router: APIRouter, kind: str) -> None:
    @router.delete(
        f"/sessions/{kind}/{{session_id}}",
        operation_id=f"delete_{kind}",
        status_code=204,
        response_class=Response,
        responses=refusals(404, 409),
        deprecated=kind != SOLVE,
        summary=f"Delete the record of a {kind} session that is over",
    )
    async def delete_session(session_id: str, _: NoParameters) -> Response:
        world = world_asked()
        endings.delete_record(world, kind, session_id)
        return Response(status_code=204)


def _answer(world: "World", session: Session) -> Response:
    return Response(session.json(world.now()), media_type=JSON)
