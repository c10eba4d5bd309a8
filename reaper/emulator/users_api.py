"""The user-manager, as far as a key can ask about itself: its expiry, its scopes and its user."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from .access import key_with
from .config import Key
from .parameters import NoQuery
from .present import world_asked
from .schemas import KeyShape, UserShape, refusals
from .session import timestamp

NoParameters = Annotated[NoQuery, Query()]
OwnKey = Annotated[Key, Depends(key_with("APIKey"))]


def add_users(router: APIRouter) -> None:
    @router.get(
        "/user/@current/api-key",
        operation_id="get_own_key",
        responses=refusals(),
        summary="The key that asks",
    )
    async def get_own_key(key: OwnKey, _: NoParameters) -> KeyShape:
        expires = None if key.expires is None else timestamp(key.expires)
        return KeyShape(name="reaper", expiration_date=expires, scopes=sorted(key.scopes))

    @router.get(
        "/user/@current/info",
        operation_id="get_own_user",
        responses=refusals(),
        summary="The user whose key it is",
    )
    async def get_own_user(key: OwnKey, _: NoParameters) -> UserShape:
        user, _at, environment = key.user.partition("@")
        return UserShape(
            account_name=world_asked().config.account,
            environment_name=environment,
            user_name=user,
            email="",
            full_name="",
            groups=["admin"] if key.administrator else ["everyone"],
        )
