"""The Tasks API: list, get, interrupt and delete, by the ids of the task sessions."""

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from . import endings, faults
from .parameters import TaskQuery
from .refusals import Missing, Unsupported
from .schemas import SetStatus, TaskPage, TaskShape, refusals
from .session import TASK, Session, timestamp

if TYPE_CHECKING:
    from .world import World

JSON = "application/json"
_INTERRUPTS: dict[str, endings.Interrupt] = {
    "interrupt-solve": endings.INTERRUPT_SOLVE,
    "interrupt-execution": endings.INTERRUPT_EXECUTION,
}


class Group(BaseModel):
    """Which of a recurring group; nothing recurs in the emulator, so all tasks have the index 0."""

    model_config = ConfigDict(extra="forbid")

    group_index: int = Field(0, alias="groupIndex")


GroupIndex = Annotated[Group, Query()]


def add_tasks(router: APIRouter, world: "World") -> None:
    _add_list(router, world)
    _add_get(router, world)
    _add_interrupt(router, world)
    _add_delete(router, world)


def _add_list(router: APIRouter, world: "World") -> None:
    @router.get(
        "/tasks", operation_id="list_tasks", response_model=TaskPage, responses=refusals(), summary="List tasks"
    )
    async def list_tasks(query: Annotated[TaskQuery, Query()]) -> Response:
        with world.moment():
            found = [task for task in reversed(world.of_kind(TASK)) if _matches(task, query)]
            end = query.offset + min(query.limit, world.page_cap)
            batch = [_task(world, task) for task in found[query.offset : end]]
        return _json({"total_tasks": len(found), "current_batch": batch})


def _matches(task: Session, query: TaskQuery) -> bool:
    created = task.created_at.date()
    return (
        task.app_name == query.app_name
        and query.app_version in (None, task.app_version)
        and (query.before or date.max) > created
        and (query.after or date.min) <= created
    )


def _add_get(router: APIRouter, world: "World") -> None:
    @router.get(
        "/tasks/{id}", operation_id="get_task", response_model=TaskShape, responses=refusals(404), summary="One task"
    )
    async def get_task(id: str, group: GroupIndex) -> Response:  # noqa: A002 - the vendor's name of the parameter
        with world.moment():
            return _json(_task(world, _find(world, id, group)))


def _add_interrupt(router: APIRouter, world: "World") -> None:
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
        task = _find(world, id, group)
        how = _INTERRUPTS.get((order or SetStatus()).setstatus)
        if how is None:
            raise Unsupported("The only setstatus are interrupt-solve and interrupt-execution.")
        if world.faults.roll(faults.ON_INTERRUPTS, world.fault_rng) is None:
            endings.interrupt(world, task.id, how)
        return Response()


def _add_delete(router: APIRouter, world: "World") -> None:
    @router.delete(
        "/tasks/{id}",
        operation_id="delete_task",
        response_class=Response,
        responses=refusals(404, 409),
        summary="Remove a queued or completed task",
    )
    async def delete_task(id: str, group: GroupIndex) -> Response:  # noqa: A002 - the vendor's name of the parameter
        endings.delete_task(world, _find(world, id, group).id)
        return Response()


def _find(world: "World", task_id: str, group: Group) -> Session:
    task = world.find(TASK, task_id)
    if group.group_index != 0:
        raise Missing(f"The task {task_id} has no group index {group.group_index}.")
    return task


def _task(world: "World", task: Session) -> dict[str, Any]:
    now = world.now()
    assigned = task.created_at + timedelta(seconds=task.queue_time) if task.started_at else None
    return {
        "id": task.id, "groupIndex": 0, "appName": task.app_name, "appVersion": task.app_version,
        "serviceName": task.service_name, "state": task.state, "scheduleFor": None, "scheduleInterval": None,
        "createdAt": timestamp(task.created_at), "assignedAt": timestamp(assigned),
        "runningAt": timestamp(task.started_at), "endedAt": timestamp(task.over_at),
        "queueTime": task.waited(now), "runTime": task.run_time(now), "returnCode": task.return_code,
        "errorMessage": task.message or None, "userName": task.user_name, "userEnvironment": task.environment_name,
    }  # fmt: skip


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content), media_type=JSON)
