"""A table that also fits a terminal of 80 columns."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reaper.foreign_text import visible

# columns that the wide column needs beside the others; with fewer it stands on a line of its own
_LEAST = 28
_SHORT = 8
_GAP = 2
_TIMES = ("AT", "STARTED", "UNTIL", "LAST")
_MINUTE = len("2026-11-23 10:00")
_WHOLE = ("SESSION", "RUN", "OWNER", "VERDICT", "EVENT", "OUTCOME", *_TIMES)
"""Columns that say which, whose, when and what: they are not cut while others can give way."""

Cells = list[Text]


class Sheet(Table):
    """A table that a narrow terminal shows in two lines a row: the wide column stands below the
    others, and so do columns that have no room.

    A cell that is no `Text` is somebody else's, and shown as it is.
    """

    def add_row(self, *cells: str | Text) -> None:  # type: ignore[override]
        super().add_row(*(c if isinstance(c, Text) else Text(visible(c)) for c in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = [
            [
                cell.copy() if isinstance(cell, Text) else Text(str(cell))
                for cell in (c.header, *c.cells)
            ]
            for c in self.columns
        ]
        narrow = [cells for cells, c in zip(columns, self.columns, strict=True) if c.no_wrap]
        if not narrow or _width(narrow) + _GAP + _LEAST <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        wide = [cells for cells, c in zip(columns, self.columns, strict=True) if not c.no_wrap]
        shown, moved = _fitted(narrow, options.max_width)
        yield from _lines(shown, moved + wide)


def _lines(shown: list[Cells], below: list[Cells]) -> RenderResult:
    for number in range(len(shown[0])):
        line = Text(" " * _GAP).join(cells[number] for cells in shown)
        line.rstrip()
        line.stylize("" if number else "bold")
        yield line
        parts = [cells[number] for cells in below if cells[number].plain]
        if number and parts:
            yield Padding(Text(" " * _GAP).join(parts), (0, 0, 0, 4))


def _fitted(columns: list[Cells], room: int) -> tuple[list[Cells], list[Cells]]:
    """The columns that stand beside one another in that room, and those that have none there.

    The seconds go first, then others give way down to a few letters, then they move, the last
    first; only where that is not enough is anything else cut.
    """
    for cells in columns:
        if _name(cells) in _TIMES:
            _cut(cells, _MINUTE, "crop")
    moved: list[Cells] = []
    while _least(columns) > room and (others := [c for c in columns if _name(c) not in _WHOLE]):
        moved.insert(0, others[-1])
        columns = [cells for cells in columns if cells is not others[-1]]
    give_way = (
        [c for c in columns if _name(c) not in _WHOLE] if _least(columns) <= room else columns
    )
    widths = {id(cells): _widest(cells) for cells in columns}
    while sum(widths.values()) + _GAP * (len(columns) - 1) > room:
        widest = max(give_way, key=lambda cells: widths[id(cells)])
        if widths[id(widest)] <= 1:
            break
        widths[id(widest)] -= 1
    for cells in columns:
        _cut(cells, widths[id(cells)], "ellipsis")
    return columns, moved


def _name(cells: Cells) -> str:
    """What the heading says, without a zone."""
    return cells[0].plain.partition(" ")[0]


def _widest(cells: Cells) -> int:
    return max(text.cell_len for text in cells)


def _width(columns: list[Cells]) -> int:
    return sum(map(_widest, columns)) + _GAP * (len(columns) - 1)


def _least(columns: list[Cells]) -> int:
    """How much room they need, where those that may be cut are."""
    widths = (
        _widest(cells) if _name(cells) in _WHOLE else min(_widest(cells), _SHORT)
        for cells in columns
    )
    return sum(widths) + _GAP * (len(columns) - 1)


def _cut(cells: Cells, width: int, overflow: str) -> None:
    for text in cells:
        text.truncate(width, overflow=overflow, pad=True)  # type: ignore[arg-type]
