"""Checkpoints of the C2SP form: the head of a tree in three lines, signed as a note.

See https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from reaper.core.proof.tree import root

_DASH = "\N{EM DASH} "
_ROOT_BYTES = 32


@dataclass(frozen=True)
class Checkpoint:
    """The head of the tree that `origin` keeps: how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def of(cls, origin: str, leaves: Sequence[bytes]) -> Checkpoint:
        return cls(origin, len(leaves), root(leaves))

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class SignedNote:
    """A text with the signatures under it, by the name of the key; each begins with its key's
    hash.
    """

    text: str
    signatures: tuple[tuple[str, bytes], ...]

    def __str__(self) -> str:
        lines = [f"{_DASH}{name} {b64encode(one).decode()}\n" for name, one in self.signatures]
        return f"{self.text}\n{''.join(lines)}"

    @classmethod
    def parse(cls, note: str) -> SignedNote:
        """Raises ValueError."""
        text, gap, lines = note.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise ValueError("it is not a signed note")
        return cls(f"{text}\n", tuple(_signature(line) for line in lines.splitlines()))

    @property
    def checkpoint(self) -> Checkpoint:
        """Raises ValueError."""
        origin, size, encoded, *_ = [*self.text.split("\n"), "", "", ""]
        if not origin or not (size.isascii() and size.isdigit()):
            raise ValueError("it is not a checkpoint")
        found = _decoded(encoded)
        if len(found) != _ROOT_BYTES:
            raise ValueError("its root is not one of SHA-256")
        return Checkpoint(origin, int(size), found)


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name:
        raise ValueError("a signature is not understood")
    return name, _decoded(encoded)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not valid base64") from None
