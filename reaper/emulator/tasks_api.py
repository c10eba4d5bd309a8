"""The Tasks API: list, get, interrupt and delete, by the ids of the tasks."""

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from . import endings, faults
from .parameters import GroupQuery, TaskQuery
from .present import world_asked
from .refusals import Unsupported
from .schemas import SetStatus, TaskPage, TaskShape, refusals
from .session import OMIT
from .task import Task

if TYPE_CHECKING:
    from .world import World

JSON = "application/json"
_INTERRUPTS: dict[str, endings.Interrupt] = {
    "interrupt-solve": endings.INTERRUPT_SOLVE,
    "interrupt-execution": endings.INTERRUPT_EXECUTION,
}


GroupIndex = Annotated[GroupQuery, Query()]


def add_tasks(router: APIRouter) -> None:
    _add_list(router)
    _add_get(router)
    _add_interrupt(router)
    _add_delete(router)


def _add_list(router: APIRouter) -> None:
    @router.get(
        "/tasks",
        operation_id="list_tasks",
        response_model=TaskPage,
        responses=refusals(),
        summary="List tasks",
    )
    async def list_tasks(query: Annotated[TaskQuery, Query()]) -> Response:
        world = world_asked()
        with world.moment():
            found = [task for task in world.tasks if _matches(task, query)]
            end = query.offset + min(query.limit, world.page_cap)
            batch = [_task(world, task) for task in found[query.offset : end]]
        return _json({"total_tasks": len(found), "current_batch": batch})


def _matches(task: Task, query: TaskQuery) -> bool:
    created = task.created.date()
    return (
        task.session.app_name == query.app_name
        and query.app_version in (None, task.session.app_version)
        and (query.before or date.max) > created
        and (query.after or date.min) <= created
    )


def _add_get(router: APIRouter) -> None:
    @router.get(
        "/tasks/{id}",
        operation_id="get_task",
        response_model=TaskShape,
        responses=refusals(404),
        summary="One task",
    )
    # the vendor's name of the parameter
    async def get_task(id: str, group: GroupIndex) -> Response:  # noqa: A002
        world = world_asked()
        with world.moment():
            return _json(_task(world, _find(world, id, group)))


def _add_interrupt(router: APIRouter) -> None:
    @router.put(
        "/tasks/{id}",
        operation_id="interrupt_task",
        response_class=Response,
        responses=refusals(404, 405, 409),
        summary="Interrupt the solve or the execution of a task",
    )
    async def interrupt_task(
        id: str,  # noqa: A002 - the vendor's name of the parameter
        group: GroupIndex,
        order: Annotated[SetStatus | None, Body()] = None,
    ) -> Response:
        world = world_asked()
        task = _find(world, id, group)
        how = _INTERRUPTS.get((order or SetStatus()).setstatus)
        if how is None:
            raise Unsupported("The only setstatus are interrupt-solve and interrupt-execution.")
        if world.faults.roll(faults.ON_INTERRUPTS, world.fault_rng) is None:
            endings.interrupt(world, task, how)
        return Response()


def _add_delete(router: APIRouter) -> None:
    @router.delete(
        "/tasks/{id}",
        operation_id="delete_task",
        response_class=Response,
        responses=refusals(404, 409),
        summary="Remove a queued or completed task",
    )
    # the vendor's name of the parameter
    async def delete_task(id: str, group: GroupIndex) -> Response:  # noqa: A002
        world = world_asked()
        endings.delete_task(world, _find(world, id, group))
        return Response()


def _find(world: "World", task_id: str, group: GroupQuery) -> Task:
    return world.find_task(task_id, group.group_index)


def _task(world: "World", task: Task) -> dict[str, Any]:
    sent = task.json(world.now(), names_session=world.task_session_ids)
    return {name: value for name, value in sent.items() if value is not OMIT}


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content), media_type=JSON)
