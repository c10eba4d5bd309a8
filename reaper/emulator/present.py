"""Which account is asked: the endpoints are made once for all accounts of a generation."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World

_WORLD: ContextVar["World"] = ContextVar("world")


def enter(world: "World") -> None:
    """Answer this request, and whatever it starts, by this account."""
    _WORLD.set(world)


def world_asked() -> "World":
    """The account that the request under way is about."""
    return _WORLD.get()
