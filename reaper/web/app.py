"""Everything at its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from reaper import __version__
from reaper.clock import SYSTEM_CLOCK
from reaper.web.access import Access
from reaper.web.api import Store, api
from reaper.web.budget import Budget
from reaper.web.health import health
from reaper.web.metrics import metrics
from reaper.web.problems import answer_problems
from reaper.web.responses import Json
from reaper.web.tokens import Tokens

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from reaper.config.settings.http import HttpSettings
    from reaper.ports import Clock
    from reaper.web.status import StatusReader


def create_app(
    store: Store,
    settings: HttpSettings,
    status_reader: StatusReader,
    clock: Clock = SYSTEM_CLOCK,
) -> ASGIApp:
    """The whole face, behind its guard."""
    app = FastAPI(
        title="reaper",
        summary="What was decided and done about the sessions of AIMMS PRO Cloud accounts, and why",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=Json,
    )
    answer_problems(app)
    for router in (health(status_reader), metrics(status_reader), api(store, status_reader)):
        app.include_router(router)
    return Access(Budget(app), settings, Tokens(settings, clock))
