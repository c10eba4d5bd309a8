"""Reading a file.

Strict YAML 1.2, bounded in size, depth and expansion, with the place of every value.
"""

from __future__ import annotations

import errno
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yaml.error import MarkedYAMLError
from yaml.events import CollectionEndEvent, CollectionStartEvent, Event
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError
from yamlcore import CoreLoader

from reaper import files
from reaper.config.located_yaml.grammar import in_words, mark_of
from reaper.core.language.selector import Way
from reaper.errors import FileProblems, Problem

_MAX_BYTES = 1 << 20
_MAX_DEPTH = 50
_MAX_VALUES = 100_000

_TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Located:
    """A file's value together with where each part of it was written."""

    file: str
    text: str = field(repr=False)
    value: object
    root: Node = field(repr=False)

    def mark(self, path: Way) -> tuple[int, int]:
        """Line and column, from 1, of the value at the path.

        Path elements that are not in the file are skipped.
        """
        return _place(self.node(path))

    def key_mark(self, path: Way) -> tuple[int, int]:
        """Line and column of the key that the path ends with.

        Of its parent where that key is not in the file.
        """
        parent = self.node(path[:-1])
        keys = (
            (key for key, _ in parent.value if key.value == path[-1])
            if isinstance(parent, MappingNode)
            else ()
        )
        return _place(next(iter(keys), parent))

    def problem(
        self, path: Way, message: str, *, at_key: bool = False, code: str = "wrong-value"
    ) -> Problem:
        line, column = self.key_mark(path) if at_key else self.mark(path)
        return Problem(self.file, line, column, message.replace("\n", "\\n"), code)

    def written(self, path: Way) -> str:
        """The text of the scalar at the path as it was written, without quotes.

        Empty for anything else.
        """
        node = self.node(path)
        return node.value if isinstance(node, ScalarNode) else ""

    def source(self, path: Way) -> str:
        """The part of the file that holds the value at the path, as its author wrote it, indented
        from the left.
        """
        node = self.node(path)
        start, end = node.start_mark.index, _end(node)
        if isinstance(node, CollectionNode) and not node.flow_style:
            line_end = self.text.find("\n", end)
            end = len(self.text) if line_end < 0 else line_end
        written = " " * node.start_mark.column + self.text[start:end].rstrip()
        return textwrap.dedent(written) + "\n"

    def node(self, path: Way) -> Node:
        node = self.root
        for element in path:
            node = child(node, element) or node
        return node


def child(node: Node, element: int | str) -> Node | None:
    """What stands under a key or at a position, None where there is no such thing."""
    match node:
        case MappingNode():
            return next((value for key, value in node.value if key.value == element), None)
        case SequenceNode() if isinstance(element, int) and 0 <= element < len(node.value):
            found: Node = node.value[element]
            return found
        case _:
            return None


def load(path: Path) -> Located:
    """Read a file. Raises FileProblems with everything that is wrong with it as YAML."""
    return parse(_decoded(path), str(path))


def parse(text: str, file: str) -> Located:
    """Read a text as if it stood in a file of that name. Raises FileProblems like `load`."""
    if len(text.encode("utf-8", "replace")) > _MAX_BYTES:
        raise FileProblems([_too_large(file)])
    try:
        loader = _Strict(text, file)
    except ReaderError as error:
        raise FileProblems([_unprintable(text, file, error.position)]) from None
    root = _composed(loader, file)
    value = _Construction(loader).of(root)
    if loader.problems:
        raise FileProblems(list(dict.fromkeys(loader.problems)))
    return Located(file, text, value, root)


def _composed(loader: _Strict, file: str) -> Node:
    try:
        root: Node | None = loader.get_single_node()
    except MarkedYAMLError as error:
        raise FileProblems(
            [*loader.problems, Problem(file, *mark_of(error), in_words(error), "yaml")]
        ) from None
    if root is None:
        raise FileProblems(
            [
                Problem(
                    file,
                    1,
                    1,
                    "the file is empty, or contains only comments; write at least one key",
                )
            ]
        )
    return root


def _decoded(path: Path) -> str:
    file = str(path)
    try:
        raw = files.read_bytes(path, _MAX_BYTES)
    except FileNotFoundError:
        why = (
            "this symbolic link is broken; remove it"
            if path.is_symlink()
            else "there is no such file; check the path"
        )
        raise FileProblems([Problem(file, 0, 0, why)]) from None
    except OSError as error:
        problem = Problem(file, 0, 0, f"cannot be read: {error.strerror}")
        told = _too_large(file) if error.errno == errno.EFBIG else problem
        raise FileProblems([told]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        line, column = _position(before)
        raise FileProblems(
            [Problem(file, line, column, "this is not UTF-8; save the file as UTF-8")]
        ) from None


def _too_large(file: str) -> Problem:
    return Problem(file, 0, 0, "the file is over 1 MiB; split it into several")


def _unprintable(text: str, file: str, position: int) -> Problem:
    line, column = _position(text[:position])
    return Problem(
        file,
        line,
        column,
        f"a control character (U+{ord(text[position]):04X}) is not allowed here; remove it",
    )


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _place(at: Node | Event) -> tuple[int, int]:
    return (at.start_mark.line + 1, at.start_mark.column + 1) if at.start_mark else (0, 0)


def _end(node: Node) -> int:
    """Where a node's text ends; the parser's own end of a block runs on to the next token."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return max(map(_end, last)) if isinstance(last, tuple) else _end(last)
    end: int = node.end_mark.index
    return end


class _Strict(CoreLoader):  # type: ignore[misc]  # yamlcore has no types
    """Refuses tags, and nesting that no person writes, while it composes."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.problems: list[Problem] = []
        self._file = file
        self._depth = 0

    def get_event(self) -> Event:
        event: Event = super().get_event()
        if getattr(event, "tag", None) is not None:
            self.complain(
                event, "tags (!...) are not allowed; a text that starts with '!' must be quoted"
            )
        self._depth += isinstance(event, CollectionStartEvent) - isinstance(
            event, CollectionEndEvent
        )
        if self._depth > _MAX_DEPTH:
            self.complain(event, f"this is nested more than {_MAX_DEPTH} levels deep; flatten it")
            raise FileProblems(self.problems)
        return event

    def complain(self, at: Event | Node, message: str) -> None:
        self.problems.append(Problem(self._file, *_place(at), message, "yaml"))


class _Construction:
    """Turns nodes into plain values, and finds every key that stands twice or is no text."""

    def __init__(self, loader: _Strict) -> None:
        self._loader = loader
        self._left = _MAX_VALUES
        self._open: list[Node] = []

    def of(self, node: Node) -> object:
        self._left -= 1
        if self._left < 0 or len(self._open) > _MAX_DEPTH or node in self._open:
            self._loader.complain(
                node,
                "the aliases (*...) make this endless, or nest it too deeply; write it out",
            )
            raise FileProblems(self._loader.problems)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self._open.append(node)
        value = (
            dict(self._pairs(node))
            if isinstance(node, MappingNode)
            else [self.of(one) for one in node.value]
        )
        self._open.pop()
        return value

    def _pairs(self, node: MappingNode) -> Iterator[tuple[str, object]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or key.tag != _TEXT:
                self._loader.complain(key, _no_key(key))
            elif key.value in first:
                again = (
                    f"the key '{key.value}' is written twice in this mapping, first in line "
                    f"{first[key.value]}; keep one"
                )
                self._loader.complain(key, again)
            elif key.value == "<<" and key.style is None:
                self._loader.complain(
                    key, "'<<' does not merge, as YAML 1.2 has no merge keys; write the keys out"
                )
            else:
                first[key.value] = key.start_mark.line + 1
                yield str(self.of(key)), self.of(value)

    def _scalar(self, node: ScalarNode) -> Any:  # noqa: ANN401 - text, number, bool or nothing
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            self._loader.complain(
                node, "this escape (\\u...) is only half of a character; write the character itself"
            )
        if node.tag == _TEXT or self._loader.problems:
            return node.value
        try:
            return self._loader.construct_object(node)
        except ValueError:
            self._loader.complain(node, "this number is too long; a text must be quoted")
            return None


def _no_key(key: Node) -> str:
    if isinstance(key, ScalarNode):
        return (
            f"a key must be text; write '{key.value}': in quotes"
            if key.value
            else "a key is missing before ':'"
        )
    return (
        "a key must be text, not a list or mapping; a text that starts with [ or { must be quoted"
    )
