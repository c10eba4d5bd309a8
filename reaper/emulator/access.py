"""Who may: keys in the header `apiKey`, with scopes and expiry."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader

from .config import Key, Scope
from .present import world_asked
from .refusals import Forbidden, Unauthorized

_HEADER = APIKeyHeader(
    name="apiKey", auto_error=False, description="A key of the account, with the scope."
)


def key_with(scope: Scope) -> Callable[..., Awaitable[Key]]:
    """A dependency that gives a living key with the scope, and refuses whoever has none."""

    async def check(given: Annotated[str | None, Security(_HEADER)] = None) -> Key:
        world = world_asked()
        key = world.keys.get(given or "")
        if key is None:
            raise Unauthorized("A valid API key is needed in the header apiKey.")
        if key.expired(world.now()):
            raise Unauthorized("The API key has expired.")
        if scope not in key.scopes:
            raise Forbidden(f"The API key lacks the scope {scope}.")
        return key

    return check
