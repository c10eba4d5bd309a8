"""Slips of a hand in policies that were right.

Each is told in a person's words, at a place that is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reaper.config.policies.load import load_policies, ready_made
from reaper.core.language.rules import RULES
from reaper.errors import FileProblems, Problem

EVERYTHING = """\
protect:
  - {app: Planner, reason: year-end close, until: 2026-12-31}
policies:
  - name: everything
    description: All that a policy can say.
    mode: notify
    select: {kind: [webui, task], owner: {not: [svc-*@*, /^x@/]}, app_version: "1.10"}
    terminate_when:
      all:
        - seats: {high: 40, low: 36, floor: 30m}
        - not: {idle: {over: 12h, kinds: [webui, task]}}
        - any: [{gb_hours: 200}, {owner_sessions: {over: 3, keep: newest}}]
    exempt:
      - {environment: Training, reason: courses}
    from: 2026-12-21
    until: 2027-01-03
    only_during: {windows: [weekends UTC, daily 22:00-06:00], except: [2026-12-24], holidays: NL}
    after: {observations: 3, for: 15m}
    steps: [{interrupt_solve: 2m}, {interrupt_execution: 2m}, terminate]
    limits: {sessions: 3, percent: 5}
"""
TEXTS = [EVERYTHING, *(path.read_text("utf-8") for path in sorted(ready_made().glob("*.yaml")))]
JARGON = re.compile(
    r"\b(Input|Value error|validation|pydantic|NoneType|tuple|dict|instance|Traceback|float|str|int)\b"
)
WORDS = [
    *[
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "9" * 30,
        "2h",
        "0s",
        "''",
        "all",
        "webui",
        "anna",
        "a@B",
        "/(/",
        "*",
    ],
    *[
        "[]",
        "{}",
        "[x]",
        "{x: y}",
        "{not: }",
        "[[2h]]",
        "{not: [a@B, {not: x}]}",
        "Mon-Fri",
        "weekends UTC",
    ],
    *["<<", "&a x", "2026-02-30"],
    *[f"{{{rule}: 2h}}" for rule in RULES],
    *[f"{{{rule}: [{{age: 2h}}, {{}}]}}" for rule in ("any", "all", "not")],
]
VALUE = re.compile(
    r"(?<=: )(?:\{[^{}]*\}|\[[^\[\]]*\]|[^\s#{}\[\],][^\n#{}\[\],]*)|(?<=\[)[^\n{}\[\],]+"
)
KEY = re.compile(r"[a-z_]+(?=:)")

Slip = Callable[[str], str]


def replaced(pattern: re.Pattern[str], number: int, word: str) -> Slip:
    """Another word at the numbered place of those that fit."""

    def slip(text: str) -> str:
        places = list(pattern.finditer(text))
        if not places:
            return text
        at = places[number % len(places)]
        return f"{text[: at.start()]}{word}{text[at.end() :]}"

    return slip


def line_gone(number: int) -> Slip:
    def slip(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(line for n, line in enumerate(lines) if n != number % len(lines))

    return slip


def line_moved(number: int, by: int) -> Slip:
    def slip(text: str) -> str:
        lines = text.splitlines(keepends=True)
        at = number % len(lines)
        lines[at] = " " * by + lines[at] if by > 0 else lines[at][-by:]
        return "".join(lines)

    return slip


NUMBERS = st.integers(0, 200)
KEYS = st.sampled_from(sorted({"x", *KEY.findall("".join(TEXTS))}))
SLIPS = st.one_of(
    st.builds(replaced, st.just(VALUE), NUMBERS, st.sampled_from(WORDS)),
    st.builds(replaced, st.just(KEY), NUMBERS, KEYS),
    st.builds(line_gone, NUMBERS),
    st.builds(line_moved, NUMBERS, st.integers(-3, 3)),
)


@pytest.fixture(scope="module")
def file() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder) / "policies.yaml"


@settings(deadline=None)  # the first that asks for holidays imports them
@given(
    text=st.one_of(st.just(EVERYTHING), st.sampled_from(TEXTS)),
    slips=st.lists(SLIPS, min_size=1, max_size=3),
)
def test_a_slip_of_the_hand(file: Path, text: str, slips: list[Slip]) -> None:
    """Whatever is mistyped, it loads or is told.

    One line for each, a place in the file, no word of the machinery.
    """
    for slip in slips:
        text = slip(text)
    file.write_text(text, "utf-8")
    for problem in told(file):
        assert problem.line <= text.count("\n") + 1
        assert "\n" not in problem.message
        assert not JARGON.search(re.sub(r"'[^']*'", "", problem.message)), problem


def told(file: Path) -> list[Problem]:
    try:
        return list(load_policies(file, date(2026, 11, 23)).warnings)
    except FileProblems as refused:
        return list(refused.problems)
