"""Noticing that somebody wrote the files that the program goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path

from reaper import files

_SUFFIXES = frozenset({".yaml", ".yml"})


class FileWatch:
    """Files, and folders with the YAML files in them, that are compared with how they were.

    What is written is compared itself, for a time and a size can stay while the text changes. A
    file that cannot be read is left to whoever loads it.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._digests = _digests(self._paths)

    def changed(self) -> bool:
        """Whether something else is written there than when this was last asked."""
        before, self._digests = self._digests, _digests(self._paths)
        return self._digests != before

    def follow(self, paths: Iterable[Path]) -> None:
        """Watch these from now on.

        What changed of the same ones meanwhile is still to be noticed.
        """
        if (others := tuple(paths)) != self._paths:
            self._paths = others
            self._digests = _digests(others)


def yaml_files(folder: Path) -> list[Path]:
    """The *.yaml and *.yml directly in it, by name; hidden ones are left out. Raises OSError."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()
    ]


def _digests(paths: Iterable[Path]) -> Mapping[Path, bytes]:
    """What identifies the text of each; of what is no file, only that it is there counts."""
    digests = {}
    for file in chain.from_iterable(map(_with_contents, paths)):
        with suppress(OSError):  # gone, or not ours to read: a change all the same
            digests[file] = (
                hashlib.sha256(files.read_bytes(file)).digest() if file.is_file() else b""
            )
    return digests


def _with_contents(path: Path) -> Iterator[Path]:
    yield path
    with suppress(OSError):
        if path.is_dir():
            yield from yaml_files(path)
