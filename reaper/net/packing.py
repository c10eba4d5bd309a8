"""The bytes of an answer, bounded before and after they are unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable

from reaper.net.faults import BadAnswer

ASKED_FOR = "gzip"
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS
_CORRUPT = "the answer's compression is corrupt"


def unpacked(parts: Iterable[bytes], encoding: str, most: int) -> bytes:
    """The whole body. Raises BadAnswer when it is longer, or packed otherwise than once by gzip."""
    unpack, finish = _unpacking(encoding.strip().lower())
    body, size = [], 0
    for part in parts:
        body.append(unpack(part, most - size + 1))
        size += len(body[-1])
        if size > most:
            raise BadAnswer(f"the answer is longer than {most:,} bytes")
    finish()
    return b"".join(body)


def first(parts: Iterable[bytes], most: int) -> bytes:
    """The first bytes as they came, of a body on which nothing depends."""
    body, size = [], 0
    for part in parts:
        body.append(part[: most - size])
        size += len(body[-1])
        if size >= most:
            break
    return b"".join(body)


def _unpacking(encoding: str) -> tuple[Callable[[bytes, int], bytes], Callable[[], None]]:
    if encoding in {"", "identity"}:
        return (lambda part, _: part), lambda: None
    if encoding not in {"gzip", "x-gzip"}:
        raise BadAnswer("the answer is compressed in a way that was not asked for")
    unpacker = zlib.decompressobj(_WITH_GZIP_HEADER)

    def unpack(part: bytes, most: int) -> bytes:
        try:
            return unpacker.decompress(part, most)
        except zlib.error:
            raise BadAnswer(_CORRUPT) from None

    def finish() -> None:
        if not unpacker.eof or unpacker.unused_data:
            raise BadAnswer(_CORRUPT)

    return unpack, finish
