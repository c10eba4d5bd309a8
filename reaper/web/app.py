"""Everything at its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from reaper import __version__
from reaper.web.api import Store, api
from reaper.web.guard import Guard
from reaper.web.problems import answer_problems

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from reaper.http_settings import HttpSettings


def create_app(store: Store, settings: HttpSettings) -> ASGIApp:
    """The whole face, behind its guard."""
    app = FastAPI(
        title="reaper",
        summary="What was decided and done about the sessions of AIMMS PRO Cloud accounts, and why",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    answer_problems(app)
    app.include_router(api(store))
    return Guard(app, settings)
