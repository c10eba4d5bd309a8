"""A list that lives while it is read: read completely, or reported as incomplete.

Each page is asked for so that it overlaps the one before by one entry. When it does not begin with
the entry the last one ended with, something in between came or went, and the reading starts over.
What the server was asked for (filter, order, page size) proves nothing, nor does the total it
names: only what was received counts. So the end of a list is where a further page brings nothing
but that overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reaper.core.model.kinds import OVER_STATES
from reaper.core.model.session import Phase, Session, Unreadable
from reaper.errors import AccountError, Unauthorized
from reaper.platforms.aimms.faults import BadRequest
from reaper.platforms.aimms.wire import Page, read_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reaper.platforms.aimms.connection import Connection

LARGEST_PAGE = 1000
ATTEMPTS = 3
_NEWEST = 100
MOST_ENTRIES = 50_000  # of one look; far beyond any tenant, so that an endless list ends
MOST_PAGES = 1_000  # of one list, however few entries a server gives at a time

_OVER = ",".join(
    spelling for state in sorted(OVER_STATES) for spelling in (state, state.capitalize())
)
_SORT = {"sort": "created_at,id"}
_LIMIT = {"limit": LARGEST_PAGE}


@dataclass(frozen=True, slots=True)
class Listing:
    """What one kind's list showed; `doubt` says why it is incomplete."""

    sessions: tuple[Session, ...]
    unreadable: tuple[Unreadable, ...]
    doubt: str | None


class _Moved(Exception):
    """Entries came or went between two pages."""


class _Endless(Exception):
    """Reading again would bring nothing better."""


def read_list(
    connection: Connection,
    path: str,
    kind: str,
    filters: Mapping[str, str] | None = None,
    *,
    over: bool | None = False,
) -> Listing:
    """Every session of the kind that is not over, or with `over` every one that is.

    With None both, unfiltered.

    Raises AccountError when not even a first page came.
    """
    if over is None:
        return _whole(_Pages(connection, path, kind, {}), kind)
    wishes = {"state_in" if over else "state_not_in": _OVER, **(filters or {})}
    whole = _whole(_Pages(connection, path, kind, wishes), kind)
    return replace(
        whole, sessions=tuple(s for s in whole.sessions if (s.phase is Phase.OVER) is over)
    )


def shows_one(connection: Connection, path: str, kind: str) -> bool:
    """Whether the newest entries show one that is not over, with no filter that the server might
    not know.

    Raises AccountError.
    """
    newest: dict[str, str | int] = {"sort": "-created_at", "limit": _NEWEST}
    page = read_page(connection.get(path, newest), kind, connection.faults.unintelligible)
    return any(
        type(entry) is not Session or entry.phase is not Phase.OVER for entry in page.entries
    )


def _whole(pages: _Pages, kind: str) -> Listing:
    everything: dict[str, Session | Unreadable] = {}
    moved = ""
    for _ in range(ATTEMPTS):
        reading = _Reading()
        try:
            _read_through(pages, reading)
            return _listing(reading.entries.values(), None)
        except _Moved as event:
            moved = str(event)
            everything |= reading.entries
        except _Endless as event:
            return _listing((everything | reading.entries).values(), f"{kind}: {event}")
        except AccountError as error:
            if isinstance(error, Unauthorized) or not (everything or reading.entries):
                raise
            return _listing(
                (everything | reading.entries).values(), f"{kind}: the list broke off: {error}"
            )
    total = "an unknown number" if reading.total is None else f"{reading.total:,}"
    progress = f"{len(everything):,} of {total} seen"
    doubt = (
        f"{kind}: the list moved while it was read, {ATTEMPTS} times ({progress}); at last {moved}"
    )
    return _listing(everything.values(), doubt)


@dataclass(slots=True)
class _Reading:
    """One attempt: what was received so far, in order."""

    entries: dict[str, Session | Unreadable] = field(default_factory=dict)
    received: int = 0
    pages: int = 0
    total: int | None = None
    last: str | None = None

    @property
    def overlap(self) -> int:
        """By how many entries the next page is to overlap.

        Of a list of one, the overlap would be all there is.
        """
        return 0 if self.received == 0 or self.received == self.total == 1 else 1

    @property
    def next_offset(self) -> int:
        return self.received - self.overlap

    def take(self, page: Page) -> int:
        """Add a page and say how many of its entries were new."""
        overlap, start = self.overlap, self.next_offset
        keys = [entry.id or f"?{place} {entry}" for place, entry in enumerate(page.entries, start)]
        self.total = page.total
        if overlap and keys[:1] != [self.last]:
            self.entries.update(zip(keys, page.entries, strict=True))
            raise _Moved(
                f"the page from {self.received} on did not begin where the one before had ended"
            )
        self.last = keys[-1] if keys else self.last
        self._add(keys[overlap:], page.entries[overlap:])
        return len(keys) - overlap

    def _add(self, keys: list[str], entries: list[Session | Unreadable]) -> None:
        """Raises _Moved when a session comes twice; of entries without an id each is its own."""
        before = len(self.entries)
        self.entries.update(zip(keys, entries, strict=True))
        self.received += len(keys)
        if len(self.entries) != before + len(keys):
            raise _Moved("a session came twice")


def _read_through(pages: _Pages, reading: _Reading) -> None:
    """Read until a page brings nothing new.

    Raises _Moved or _Endless where the total says otherwise.
    """
    while reading.take(pages.at(reading.next_offset)):
        reading.pages += 1
        if reading.received > MOST_ENTRIES or reading.pages > MOST_PAGES:
            raise _Endless(f"the list does not end ({reading.received:,} received)")
    if reading.total is None:
        raise _Endless(f"the answer names no usable total ({reading.received:,} received)")
    if reading.received != reading.total:
        raise _Moved(f"{reading.received:,} came though the total is {reading.total:,}")


def _listing(entries: Iterable[Session | Unreadable], doubt: str | None) -> Listing:
    result = tuple(entries)
    return Listing(
        tuple(entry for entry in result if type(entry) is Session),
        tuple(entry for entry in result if type(entry) is Unreadable),
        doubt,
    )


class _Pages:
    """The pages of one list, asked for as finely as this server allows."""

    def __init__(
        self, connection: Connection, path: str, kind: str, fine: Mapping[str, str]
    ) -> None:
        self._connection, self._path, self._kind = connection, path, kind
        self._wishes: list[dict[str, str | int]] = [
            {**fine, **_SORT, **_LIMIT},
            {**_SORT, **_LIMIT},
            {**fine, **_SORT},
            _SORT,  # type: ignore[list-item]
            {},
        ]

    def at(self, offset: int) -> Page:
        """The page from the offset on; a wish that the server refuses is not uttered again."""
        while True:
            params = {**self._wishes[0], "offset": offset}
            try:
                body = self._connection.get(self._path, params)
            except BadRequest:
                if len(self._wishes) == 1:
                    raise
                self._wishes.pop(0)
            else:
                return read_page(body, self._kind, self._connection.faults.unintelligible)
