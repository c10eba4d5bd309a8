"""docs/troubleshooting.md has every message that ends a command, as far as the code spells it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reaper import errors
from reaper.net import faults as net
from reaper.platforms.aimms import faults
from reaper.store import database

ROOT = Path(__file__).resolve().parents[3]
LEAST = 3  # words; fewer say too little to be looked for
RAISED = {
    name
    for name, kind in {**vars(errors), **vars(net)}.items()
    if isinstance(kind, type)
    and issubclass(kind, errors.ReaperError | net.NetError)
    and not issubclass(kind, errors.FileProblems)
} | {"UsageError", "BadParameter"}


def plain(text: str) -> str:
    return " ".join(re.sub("[`'\"]", "", text).split())


PAGE = plain((ROOT / "docs" / "troubleshooting.md").read_text("utf-8"))


def spelt(call: ast.Call) -> str:
    """The longest piece of the message that is a literal."""
    pieces = [
        node.value
        for argument in call.args
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return plain(max(pieces, key=len, default="")).strip(" :;,.)(")


def raised(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            name = node.func.attr if isinstance(node.func, ast.Attribute) else name
            if name in RAISED:
                yield spelt(node)


def messages() -> Iterator[str]:
    for file in sorted((ROOT / "reaper").rglob("*.py")):
        if "emulator" not in file.parts:
            yield from (text for text in raised(file) if len(text.split()) >= LEAST)


def templates() -> Iterator[str]:
    """What a failed request and a database in trouble are told with."""
    yield from (words for _, words in faults.CLIENT_ERRORS.values())
    yield from (words for _, words in net._REASONS)
    yield from (net.SLOW, net.DROPPED)
    yield from (advice for _, advice in database._ADVICE)


@pytest.mark.parametrize("message", sorted(set(messages())))
def test_every_message_is_explained(message: str) -> None:
    """What a message says can be found on the page."""
    assert message in PAGE


@pytest.mark.parametrize("template", sorted(set(templates())))
def test_every_failure_of_server_and_database_is_explained(template: str) -> None:
    """Each is on the page, with … in place of what differs."""
    assert plain(re.sub(r"\{\w+\}", "…", template)) in PAGE
