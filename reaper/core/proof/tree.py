"""The Merkle tree of RFC 6962: its root over any number of leaves, and the path to one leaf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256


def leaf_hash(document: bytes) -> bytes:
    return sha256(b"\0" + document).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes; that of nothing is the hash of nothing."""
    if not leaves:
        return sha256().digest()
    *_, (top,) = _levels(leaves)
    return top


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What leads from the leaf at that index to the root: each level's neighbour, lowest first."""
    path = []
    for level in _levels(leaves):
        if (neighbour := index ^ 1) < len(level):
            path.append(level[neighbour])
        index >>= 1
    return path


def _levels(leaves: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """From the leaves up to the root; one without a neighbour goes up as it is."""
    level = leaves
    while len(level) > 1:
        yield level
        above = [
            sha256(b"\1" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = [*above, level[-1]] if len(level) % 2 else above
    yield level
