"""Canonical JSON, and the digests of rows and of leaves."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise TypeError(f"{type(value).__name__} has no canonical form")


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_written
).encode


def canonical(value: object) -> bytes:
    """As JSON in UTF-8: keys in order, no space; moments in UTC with microseconds."""
    return _encode(value).encode("utf-8", "surrogatepass")


def row_digest(row: dict[str, Any], personal: Mapping[str, Any], key: str) -> bytes:
    """The digest of a row, in which what is personal stands as a digest under a key.

    Without the key nobody can try who it was.
    """
    if not personal:
        return sha256(canonical(row)).digest()
    keyed = hmac.digest(key.encode(), canonical(personal), "sha256").hex()
    return sha256(canonical(row | {"personal": keyed})).digest()


def set_digest(rows: Iterable[bytes]) -> str:
    """The digest of rows in whatever order they were read."""
    return sha256(b"".join(sorted(rows))).hexdigest()


@dataclass(frozen=True)
class Leaf:
    """What the tree holds of one thing that happened: of what `kind`, which, and its rows."""

    kind: str
    subject: int
    rows: int
    digest: str

    @property
    def document(self) -> dict[str, Any]:
        return asdict(self)

    def canonical(self) -> bytes:
        return canonical(self.document)

    def fits(self, rows: Iterable[bytes]) -> bool:
        """Whether these are its rows, by their digests."""
        found = list(rows)
        return len(found) == self.rows and set_digest(found) == self.digest
