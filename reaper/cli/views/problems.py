"""Problems of files as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import combining, east_asian_width

from reaper import __version__, files
from reaper.errors import Problem
from reaper.foreign_text import visible

_WIDTH = 100
_NO_PLACE = 1


class Finding(NamedTuple):
    """A problem, and whether it is an `error` or a `warning`."""

    problem: Problem
    level: str


def findings(
    errors: Iterable[Problem], warnings: Iterable[Problem], *, strict: bool = False
) -> list[Finding]:
    """All of them in file order; with `strict` every warning is an error."""
    problems = [Finding(one, "error") for one in errors]
    problems += [Finding(one, "error" if strict else "warning") for one in warnings]
    return sorted(problems, key=lambda one: one.problem)


def shown(problem: Problem, prefix: str = "") -> list[str]:
    """`file:line:column: what`, then the line itself with a caret below the place."""
    line = _line(problem)
    return [f"{prefix}{problem}", *([] if line is None else _pointed(line, problem.column))]


def _line(problem: Problem) -> str | None:
    if not problem.line:
        return None
    try:
        lines = files.read_bytes(Path(problem.file)).decode("utf-8-sig", "replace").split("\n")
    except OSError:
        return None
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    return line.rstrip("\r") if line.strip() else None


def _pointed(line: str, column: int) -> list[str]:
    start = max(0, column - 1 - _WIDTH // 2) if len(line) > _WIDTH else 0
    part = "".join(c if c.isprintable() else " " for c in line[start : start + _WIDTH])
    lead = "..." if start else ""
    before = lead + part[: column - 1 - start]
    tail = "..." if start + _WIDTH < len(line) else ""
    return [f"    {lead}{part.rstrip()}{tail}", f"    {' ' * _cells(before)}^"]


def _cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def as_json(found: Sequence[Finding]) -> str:
    """`{"problems": [{"file", "line", "column", "level", "code", "message"}]}`; line and column 0:
    the whole file.
    """
    problems = [
        {
            "file": p.file,
            "line": p.line,
            "column": p.column,
            "level": level,
            "code": p.code,
            "message": p.message,
        }
        for p, level in found
    ]
    return json.dumps({"problems": problems}, indent=2)


def as_github(problems: Sequence[Finding]) -> str:
    """Workflow commands that GitHub shows beside the changed lines."""
    return "\n".join(
        f"::{level} "
        f"file={_property(p.file)},line={p.line or _NO_PLACE},col={p.column or _NO_PLACE},"
        f"title={_property(f'reaper: {p.code}')}::{_data(p.message)}"
        for p, level in problems
    )


def _data(text: str) -> str:
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(problems: Sequence[Finding]) -> str:
    """SARIF 2.1.0, as code scanning takes it."""
    rules = sorted({one.problem.code for one in problems})
    driver = {
        "name": "reaper",
        "version": __version__,
        "rules": [
            {"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in rules
        ],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "results": [_result(one) for one in problems],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2)


def _result(one: Finding) -> dict[str, Any]:
    problem = one.problem
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(problem.file)}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": problem.column}
    return {
        "ruleId": problem.code,
        "level": one.level,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    """Relative to the working folder where the file lies in it."""
    path = Path(file).absolute()
    return (
        path.relative_to(Path.cwd()).as_posix()
        if path.is_relative_to(Path.cwd())
        else path.as_uri()
    )
