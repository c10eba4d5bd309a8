"""Pages and how to go on from one to the next.

A cursor says where the last page ended, and nothing more.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from fastapi import HTTPException
from pydantic import BaseModel, Field

from reaper.store import Position

Item = TypeVar("Item")
_LARGEST = 2**31 - 1


class Placed(Protocol):
    """An entry that knows its place in the order."""

    @property
    def position(self) -> Position: ...


class Page(BaseModel, Generic[Item]):
    """Some entries, and how to ask for those behind them."""

    items: list[Item]
    next: str | None = Field(
        description="The `cursor` of the next page; null when this is the last."
    )


def page(entries: Sequence[Placed], limit: int) -> dict[str, Any]:
    """A `Page` of so many entries.

    One more than that was looked for, to see whether there is more.
    """
    items = entries[:limit]
    return {"items": items, "next": written(items[-1].position) if len(entries) > limit else None}


def written(position: Position) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )


def read(cursor: str | None, shape: tuple[type, ...]) -> Position | None:
    """The position that a cursor says, in a list whose positions have this shape.

    Raises HTTPException.
    """
    if cursor is None:
        return None
    try:
        decoded = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, RecursionError):
        raise _unknown() from None
    if (
        not isinstance(decoded, list)
        or tuple(map(type, decoded)) != shape
        or not all(map(_sane, decoded))
    ):
        raise _unknown()
    return tuple(decoded)


def _sane(part: int | str) -> bool:
    """Whether a database takes it."""
    if isinstance(part, str):
        return "\0" not in part and part == part.encode(errors="replace").decode()
    return 0 <= part <= _LARGEST


def _unknown() -> HTTPException:
    return HTTPException(
        422, "cursor: not a valid cursor of this list; use `next` of the previous page unchanged"
    )
