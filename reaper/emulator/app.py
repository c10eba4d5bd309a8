"""The ASGI application: the services, each with its own OpenAPI document, behind one front."""

import json
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import yaml
from fastapi import Depends, FastAPI, Request, Response, params
from starlette.applications import Starlette
from starlette.routing import Mount

from .access import key_with
from .account import KINDS
from .admin_api import add_admin
from .config import Generation
from .front import ADMIN, Front
from .logs_api import add_logs
from .problems import HANDLERS, answer_problems
from .sessions_api import add_sessions
from .tasks_api import add_tasks
from .users_api import add_users

if TYPE_CHECKING:
    from .world import World

SESSION_MANAGER = "/pro/session-manager/v1"
TASKS = "/pro-api/v2"
USERS = "/pro/user-manager/v1"
_VERSIONS: dict[Generation, str] = {1: "24.6.1.0", 2: "25.2.1.0"}


def create_app(world: "World") -> Front:
    return Front(_services(world.generation), world)


@cache
def _services(generation: Generation) -> Starlette:
    """What all accounts of a generation have in common; making it takes longer than a request."""
    admin = _service(generation, "Emulator")
    add_admin(admin.router)
    routes = [
        Mount(SESSION_MANAGER, _sessions(generation)),
        Mount(TASKS, _tasks(generation)),
        Mount(USERS, _users(generation)),
        Mount(ADMIN, admin),
    ]
    return Starlette(routes=routes, exception_handlers=HANDLERS)


def _sessions(generation: Generation) -> FastAPI:
    needed = [Depends(key_with("Session"))]
    app = _service(generation, "AIMMS PRO session-manager", needed)
    for kind in KINDS[generation]:
        add_logs(app.router, generation, kind)
    for kind in KINDS[generation]:
        add_sessions(app.router, generation, kind)
    _add_document(app, SESSION_MANAGER)
    return app


def _tasks(generation: Generation) -> FastAPI:
    app = _service(generation, "AIMMS PRO REST API: tasks", [Depends(key_with("Tasks"))])
    add_tasks(app.router)
    _add_document(app, TASKS)
    return app


def _users(generation: Generation) -> FastAPI:
    app = _service(generation, "AIMMS PRO user-manager")
    add_users(app.router)
    _add_document(app, USERS)
    return app


def _service(
    generation: Generation, title: str, dependencies: Sequence[params.Depends] = ()
) -> FastAPI:
    app = FastAPI(
        title=title,
        version=_VERSIONS[generation],
        dependencies=dependencies,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    answer_problems(app)
    return app


def _add_document(app: FastAPI, root: str) -> None:
    """Add the OpenAPI document, which needs no key and tells the endpoints relative to the service
    endpoint.
    """
    app.servers = [{"url": root}]
    as_json = cache(lambda: json.dumps(app.openapi()))
    as_yaml = cache(
        lambda: yaml.safe_dump(json.loads(as_json()), sort_keys=False, allow_unicode=True)
    )

    async def openapi_json(_: Request) -> Response:
        return Response(as_json(), media_type="application/json")

    async def openapi_yaml(_: Request) -> Response:
        return Response(as_yaml(), media_type="application/yaml")

    app.add_route("/openapi.json", openapi_json, methods=["GET"], include_in_schema=False)
    app.add_route("/openapi.yaml", openapi_yaml, methods=["GET"], include_in_schema=False)
