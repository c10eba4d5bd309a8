"""The one way out to standard output and standard error.

What a person reads goes through `say` (or the tables of `views/render.py`): text from outside is
shown there, never interpreted. What a program reads goes through `emit`. Within `guarded` neither
an encoding, a reader that has gone nor a full disk breaks off what the command is about.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

from reaper.errors import SOME_FAILED
from reaper.foreign_text import visible

_STDOUT, _STDERR = 1, 2


def say(text: object, *, err: bool = False, nl: bool = True, fg: str | None = None) -> None:
    """One line for a person, whatever it holds; in bold and colour where `fg` names one."""
    click.secho(visible(str(text)), err=err, nl=nl, fg=fg, bold=True if fg else None)


def emit(text: str) -> None:
    """Text for a program, as it is, and the end of its last line."""
    stream((text, "\n"))


def stream(chunks: Iterable[str]) -> None:
    """Text for a program, chunk by chunk, as long as somebody reads; it ends its lines itself."""
    for chunk in chunks:
        if isinstance(sys.stdout, Outlet) and sys.stdout.trouble is not None:
            return
        sys.stdout.write(chunk)


class Outlet(io.TextIOBase):
    r"""A stream that takes everything, and remembers what kept it from passing that on.

    What its encoding does not have is written out, like \xe9.
    """

    def __init__(self, target: TextIO) -> None:
        self._target = target
        self.trouble: OSError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._target, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self._target.isatty()

    def fileno(self) -> int:
        return self._target.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str | bytes) -> int:
        if isinstance(text, bytes):  # click answers a shell's completion so
            text = text.decode()
        with self._remembering():
            try:
                self._target.write(text)
            except UnicodeEncodeError:
                spelt = text.encode(self.encoding, "backslashreplace")
                self._target.write(spelt.decode(self.encoding))
        return len(text)

    def flush(self) -> None:
        with self._remembering():
            self._target.flush()

    def give_up(self) -> None:
        """Let what is still held back go nowhere, so that the interpreter can end in peace."""
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._target.fileno())

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.trouble = self.trouble or error


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever becomes of the output, the command goes on to its end and keeps its exit code.

    Output that was lost although somebody wants it is told, and never ends in exit code 0.
    """
    before = sys.stdout, sys.stderr
    _open_missing()
    out = Outlet(sys.stdout or os.fdopen(_STDOUT, "w", closefd=False))
    err = Outlet(sys.stderr or os.fdopen(_STDERR, "w", closefd=False))
    sys.stdout, sys.stderr = out, err
    try:
        yield
    except SystemExit as left:
        out.flush()
        code = left.code if out.trouble is None else _code_of_lost(out.trouble, left.code)
        raise SystemExit(code) from None
    finally:
        for one in (out, err):
            one.flush()
            if one.trouble is not None:
                one.give_up()
        sys.stdout, sys.stderr = before


def _code_of_lost(trouble: OSError, code: str | int | None) -> str | int | None:
    """A reader that has gone has read enough; anything else must not pass for success."""
    if trouble.errno == errno.EPIPE:
        return code
    why = trouble.strerror or type(trouble).__name__
    say(
        f"reaper: standard output could not be written: {why}; make room, or print it elsewhere "
        "(what a run did is on record: `reaper runs`)",
        err=True,
    )
    return code or SOME_FAILED


def _open_missing() -> None:
    """A standard stream that was closed before the start leads nowhere, and to no other file."""
    while (spare := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(spare)
