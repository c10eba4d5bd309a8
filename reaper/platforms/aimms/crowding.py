"""How much an answer may hold.

What is small on the wire may be large once it is read: `[{},{},...]` grows to a thousandfold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Refuse = Callable[[str, bytes], Exception]

MOST_PARTS = 20_000  # objects and lists; of a page of a thousand sessions there is one each
_MOST_VALUES = 400_000
_SMALL = 32 * 1024  # bytes that cannot hold too much


def refuse_crowds(body: bytes, refuse: Refuse) -> None:
    """Raises what `refuse` makes when the body holds more than any page that was asked for."""
    if len(body) <= _SMALL or not _crowded(body):
        return
    texts = body.count(b'"') // 2  # a log line may well hold brackets, but they count for nothing
    if texts <= _MOST_VALUES and not _crowded(_outside_texts(body)):
        return
    raise refuse(
        f"the answer holds more than {MOST_PARTS:,} entries, or {_MOST_VALUES:,} values; "
        "none of them was read",
        body,
    )


def _crowded(body: bytes) -> bool:
    if body.count(b"{") + body.count(b"[") > MOST_PARTS:
        return True
    return len(body) > _MOST_VALUES and body.count(b",") > _MOST_VALUES


def _outside_texts(body: bytes) -> bytes:
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(plain.split(b'"')[::2])
