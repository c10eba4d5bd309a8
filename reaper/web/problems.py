"""Every error in one shape, that of RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from reaper.errors import StoreError
from reaper.logs import logger
from reaper.web.responses import Json

if TYPE_CHECKING:
    from starlette.types import ExceptionHandler

MEDIA_TYPE = "application/problem+json"
_log = logger("web")


class Problem(BaseModel):
    """Why there is no answer."""

    type: str = Field("about:blank", description="No further information; see `title`.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What was wrong, in plain text.")


RESPONSES: dict[int | str, dict[str, object]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
    }
    for status in (401, 404, 405, 421, 422, 429, 503)
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Json:
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Json(body.model_dump(), status_code=status, headers=headers, media_type=MEDIA_TYPE)


async def _invalid(_: Request, error: Exception) -> Json:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    words = (
        f"{'.'.join(str(part) for part in found['loc'][1:])}: {found['msg']}"
        for found in error.errors()
    )
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(words))


async def _http(request: Request, error: Exception) -> Json:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    detail = error.detail
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not allowed; this API is read-only"
    elif detail == HTTPStatus.NOT_FOUND.phrase:
        detail = f"there is nothing at {request.url.path}"
    return problem(error.status_code, detail, error.headers)


async def _no_database(_: Request, error: Exception) -> Json:
    _log.warning("request failed", because=str(error))
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the database is unavailable; see /readyz and the log",
    )


async def _broken(_: Request, __: Exception) -> Json:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; see the log of the reaper")


HANDLERS: dict[type[Exception], ExceptionHandler] = {
    RequestValidationError: _invalid,
    HTTPException: _http,
    StoreError: _no_database,
    Exception: _broken,  # the server logs it
}


def answer_problems(app: FastAPI) -> None:
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
