"""What is well-formed in a policy and never, or hardly ever, meant."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reaper.config.policies.load import load_policies
from reaper.errors import FileProblems, Problem

TODAY = date(2026, 11, 23)
USUAL = {"name": "p", "mode": "observe", "select": "{kind: webui}", "terminate_when": "{age: 24h}"}


def problems(tmp_path: Path, policy: dict[str, str]) -> tuple[list[Problem], list[Problem]]:
    """The errors and the warnings of a file with this one policy, whose keys are written in this
    order.
    """
    written = {**USUAL, **policy}
    lines = [f"    {key}: {value}" for key, value in written.items()]
    path = tmp_path / "p.yaml"
    path.write_text("\n".join(["policies:", "  -", *lines, ""]), "utf-8")
    try:
        return [], list(load_policies(path, TODAY).warnings)
    except FileProblems as error:
        return error.problems, []


@pytest.mark.parametrize(
    ("policy", "code", "words"),
    [
        ({"select": "{kind: webui, state: queued}"}, "never", "(webui: running)"),
        (
            {"select": "{kind: solve, state: solving}"},
            "never",
            "(solve: queued, launching, running)",
        ),
        (
            {"select": "{kind: [webui, solve], state: assigned}"},
            "never",
            "is ever in such a state",
        ),
        ({"select": "{state: {not: '*'}}"}, "never", "no session of this kind"),
        (
            {"select": "{owner: anna@Planning, environment: Supply}"},
            "never",
            "is in Planning; leave 'environment' out",
        ),
        (
            {"terminate_when": "{all: [{idle: 2h}, {not: {age: 1h}}]}"},
            "contradiction",
            "can never be met",
        ),
        (
            {"terminate_when": "{all: [{age: 2h}, {not: {age: 2h}}]}"},
            "contradiction",
            "can never be met",
        ),
        (
            {"select": "all", "terminate_when": "{all: [{queued: 1h}, {running_for: 1h}]}"},
            "contradiction",
            "can never",
        ),
        (
            {"terminate_when": "{not: {any: [{age: 2h}, {not: {age: 2h}}]}}"},
            "contradiction",
            "can never be met",
        ),
    ],
    ids=str,
)
def test_what_can_never_hold_is_an_error(
    tmp_path: Path, policy: dict[str, str], code: str, words: str
) -> None:
    """A policy that could never end anything is not what its author means."""
    (problem,), _ = problems(tmp_path, policy)
    assert (problem.code, words in problem.message) == (code, True), problem


@pytest.mark.parametrize(
    ("policy", "code", "words"),
    [
        (
            {"exempt": "[{app: x, reason: y, until: 2026-11-22}]"},
            "exemption-over",
            "ended on 2026-11-22",
        ),
        ({"exempt": "[{app: x, reason: y}, {app: x, reason: y}]"}, "exemption-twice", "keep one"),
        (
            {"exempt": "[{kind: task, reason: y}]"},
            "exemption-idle",
            "selects no session of that kind",
        ),
        (
            {"select": "{owner: a@B}", "exempt": "[{owner: c@D, reason: y}]"},
            "exemption-idle",
            "only the owner a@B",
        ),
        ({"until": "2026-11-22"}, "over", "this policy ended on 2026-11-22"),
        ({"limits": "{sessions: 0}"}, "limit-zero", "with the limit 0"),
        (
            {"terminate_when": "{any: [{age: 24h}, {age: 2d}]}"},
            "needless",
            "this part of 'any' changes nothing",
        ),
        (
            {"terminate_when": "{all: [{idle: 2h}, {age: 1h}]}"},
            "needless",
            "this part of 'all' changes nothing",
        ),
        (
            {"terminate_when": "{any: [{age: 2h}, {not: {age: 2h}}]}"},
            "always",
            "every session meets this rule",
        ),
        ({"terminate_when": "{age: 1000d}"}, "long", "this is 1000 days"),
        ({"terminate_when": "{age: 366d}"}, "long", "this is 366 days"),
        (
            {"mode": "enforce", "terminate_when": "{idle: 9m59s}"},
            "short",
            "people who only pause to think",
        ),
        (
            {"select": "all", "terminate_when": "{idle: {over: 2h, kinds: [webui, task, solve]}}"},
            "silent",
            "usually computing",
        ),
        ({"terminate_when": "{owner_sessions: {over: 0}}"}, "quota-zero", "write at least 1"),
        (
            {"terminate_when": "{seats: {high: 3, low: 0, floor: 1h}}"},
            "quota-zero",
            "frees every seat",
        ),
        ({"terminate_when": "{queued: 1h}"}, "idle-rule", "never waits in the queue"),
        ({"terminate_when": "{orphan: 1h}"}, "idle-rule", "never an orphan"),
        (
            {"select": "{app: Pl\u0430nner}"},
            "unseen",
            "3 of 'Pl\u0430nner' is U+0430 CYRILLIC SMALL LETTER A among Latin",
        ),
        (
            {"exempt": "[{owner: {not: [a@B, 'an\u200bna@*']}, reason: y}]"},
            "unseen",
            "character 3 of 'an<U+200B>na@*' is invisible (U+200B ZERO WIDTH SPACE)",
        ),
    ],
    ids=str,
)
def test_what_is_doubtful_is_a_warning(
    tmp_path: Path, policy: dict[str, str], code: str, words: str
) -> None:
    """It loads, and its author is asked."""
    errors, (warning, *others) = problems(tmp_path, policy)
    assert (errors, others) == ([], [])
    assert (warning.code, words in warning.message) == (code, True), warning


@pytest.mark.parametrize(
    "policy",
    [
        {"terminate_when": "{any: [{idle: 2h}, {age: 24h}]}"},
        {"terminate_when": "{all: [{idle: 2h}, {age: 24h}]}"},
        {"terminate_when": "{all: [{idle: 2h}, {not: {owner_sessions: {over: 3}}}]}"},
        {
            "select": "all",
            "terminate_when": "{any: [{queued: 1h}, {running_for: 1d}, {gb_hours: 5}]}",
        },
        {"terminate_when": "{age: 365d}"},
        {"mode": "enforce", "terminate_when": "{idle: 10m}"},
        {"select": "{kind: '*', state: running}"},
        {"select": "{owner: anna@Planning, environment: 'Plan*'}"},
        {"select": "{owner: anna@b.org@ROOT, environment: ROOT}"},
        {"select": "{owner: j\u00fcrgen@ROOT, app: '\u041f\u043b\u0430\u043d*'}"},
        {"exempt": "[{app: x, reason: y, until: 2026-11-23}]"},
        {"limits": "{sessions: 1}"},
    ],
    ids=str,
)
def test_what_is_meant_is_let_be(tmp_path: Path, policy: dict[str, str]) -> None:
    """No problem is made of what people do mean."""
    assert problems(tmp_path, policy) == ([], [])
