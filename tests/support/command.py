"""The console script in the process of a test: on its own, and what it printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reaper.cli import main
from support.quick_retries import quick_retries


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.out)

    @property
    def one_line(self) -> bool:
        """Whether all that was said of a trouble is one line for a person."""
        return self.err.count("\n") == 1 and "Traceback" not in self.err


Cli = Callable[..., Result]


def call(capture: pytest.CaptureFixture[str], *arguments: str) -> Result:
    """The console script's own function: what it prints, and the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["reaper", *arguments])
        capture.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
    out, err = capture.readouterr()
    return Result(int(left.value.code or 0), out, err)


@contextmanager
def alone(folder: Path, *, attempts: int = 4) -> Iterator[None]:
    """In this folder, where no setting of this machine reaches it.

    Requests are repeated as ever, without the pauses between.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        quick_retries(attempts=attempts),
    ):
        patch.chdir(folder)
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        for name in [name for name in os.environ if name.startswith("REAPER_")]:
            patch.delenv(name)
        yield
