"""What a kind of session is like is asked of its traits; what it is called stands in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import reaper
from reaper.core.model.action import Action
from reaper.core.model.kinds import (
    COMPUTING,
    INTERACTIVE,
    KINDS,
    TRAITS,
    UNKNOWN_KIND,
    KindTraits,
    traits_of,
)
from reaper.core.model.session import Phase, phase_of
from reaper.platforms.aimms import kinds as aimms

HOUSE = Path(reaper.__file__).parent
MAY_NAME_THEM = ("core/model/kinds.py", "platforms/aimms/", "emulator/")
DOCUMENTATION = {"examples", "description", "help", "_POLICY"}
"""Arguments and tables that show a person what to write."""


def shown(node: ast.AST) -> bool:
    """Whether it is documentation: a docstring, the text or an example of a field."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.keyword(arg=name):
            return name in DOCUMENTATION
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in DOCUMENTATION
        case _:
            return False


def field_names(node: ast.AST) -> set[int]:
    """The keys of a table that has other keys than kinds: they are names of fields."""
    if not isinstance(node, ast.Dict):
        return set()
    names = {key.value for key in node.keys if isinstance(key, ast.Constant)}
    return set() if names <= set(KINDS) else {id(key) for key in node.keys}


def named_in(node: ast.AST, skip: frozenset[int] = frozenset()) -> Iterator[str]:
    """Each kind that the code names, as a literal, in a message or by a constant."""
    if shown(node) or id(node) in skip:
        return
    match node:
        case ast.Constant(value=str(text)) if text in KINDS or "webui" in text.lower():
            yield f"{node.lineno}: {text!r}"
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            if name in {kind.upper() for kind in KINDS}:
                yield f"{getattr(node, 'lineno', '?')}: {name}"
    inner = skip | field_names(node)
    for child in ast.iter_child_nodes(node):
        yield from named_in(child, inner)


def test_nothing_but_the_table_the_platform_and_the_emulator_names_a_kind() -> None:
    """Whoever adds a kind writes one row of the table, and no module asks for one by its name."""
    found = [
        f"{place}:{one}"
        for path in sorted(HOUSE.rglob("*.py"))
        if not (place := path.relative_to(HOUSE).as_posix()).startswith(MAY_NAME_THEM)
        for one in named_in(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, "\n".join(["kinds are named here; ask for a trait:", *found])


@pytest.mark.parametrize(
    "code",
    [
        "x = session.kind == 'task'",
        "from somewhere import SOLVE",
        "x = kinds.WEBUI",
        "x = f'a webui session {y}'",
        "x = {'webui': 1, 'task': 2}",
        "x: Literal['solve']",
    ],
)
def test_a_kind_that_is_named_is_found(code: str) -> None:
    """The search above sees a literal, a constant, a message, a table and a type."""
    assert list(named_in(ast.parse(code)))


def test_the_platform_and_the_table_name_the_same_kinds() -> None:
    """The names in AIMMS' paths are those of the table, in its order."""
    assert aimms.KINDS == KINDS


@pytest.mark.parametrize("traits", TRAITS.values(), ids=TRAITS)
def test_each_kind_is_interactive_or_computing_and_its_states_mean_something(
    traits: KindTraits,
) -> None:
    """No kind is both or neither, and a state of a kind has the phase that the kind gives it."""
    assert traits.interactive != traits.computing
    assert {phase_of(state) for state in traits.waiting} <= {Phase.WAITING}
    assert {phase_of(state) for state in traits.running} == {Phase.RUNNING}
    assert {phase_of(state) for state in traits.over} == {Phase.OVER}
    assert traits.scheduled <= set(traits.waiting)


@pytest.mark.parametrize("traits", TRAITS.values(), ids=TRAITS)
def test_only_what_runs_tasks_can_be_interrupted(traits: KindTraits) -> None:
    """An interrupt is for a task; ending is never a gentle step."""
    assert bool(traits.gentle_steps) == traits.runs_tasks
    assert all(step.interrupts for step in traits.gentle_steps)
    assert Action.TERMINATE not in traits.gentle_steps


def test_a_kind_that_nobody_knows_has_no_traits() -> None:
    """It is neither interactive nor computing, and no spelling of a known one makes it that."""
    assert traits_of("external") is traits_of("") is traits_of("WebUI") is UNKNOWN_KIND
    assert KindTraits() == UNKNOWN_KIND
    assert not any((UNKNOWN_KIND.interactive, UNKNOWN_KIND.computing, UNKNOWN_KIND.alive))
    assert not {"external"} & (INTERACTIVE | COMPUTING)
