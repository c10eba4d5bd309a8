"""Every error in the one body that the contract has: errorCode, errorId, message."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ExceptionHandler

from .refusals import Refusal


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    error_id = HTTPStatus(status).phrase.replace(" ", "")
    body = {"errorCode": status, "errorId": error_id, "message": message}
    return JSONResponse(body, status_code=status, headers=headers)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for nothing else
    headers = (
        {"Allow": _allowed(request)} if error.status == HTTPStatus.METHOD_NOT_ALLOWED else None
    )
    return problem(error.status, str(error), headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    words = (
        f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
        for found in error.errors()
    )
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(words))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem(
            error.status_code,
            f"{request.method} is not possible here.",
            {"Allow": _allowed(request)},
        )
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(error.status_code, f"There is nothing at {request.url.path}.")
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error.detail))


async def _broken(_: Request, error: Exception) -> JSONResponse:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"The emulator itself is broken: {error!r}")


def _allowed(request: Request) -> str:
    """All methods of the path; Starlette alone would name those of its first route."""
    found = {
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }
    return ", ".join(sorted(found))


HANDLERS: dict[type[Exception], ExceptionHandler] = {
    Refusal: _refused,
    RequestValidationError: _invalid,
    HTTPException: _http,
    Exception: _broken,
}


def answer_problems(app: FastAPI) -> None:
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
