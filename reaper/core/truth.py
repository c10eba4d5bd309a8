"""Whether a rule can be met at all, and which of its parts matter: tried at every point where one of them turns.

Only what rules say of one session by itself is known here. A quota, seats and the like may hold or not at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice, product
from operator import and_, or_
from typing import Any

from reaper.core.language import Age, AllOf, AnyOf, GbHours, Idle, Leaf, Not, Queued, Rule, RunningFor, leaves

World = Mapping[str, Any]
"""A session as the rules see it: seconds by measure, whether it waits, and how the other rules answer."""

_MOST = 20_000  # worlds; a rule with more turning points is not looked through


def always_or_never(rule: Rule) -> bool | None:
    """True when the rule is met in every world, False when in none, None when it depends."""
    table = _Table(rule)
    if not table.all:
        return None
    return {table.all: True, 0: False}.get(table.where(rule))


def needless(rule: Rule) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Each part of an `any` or `all` without which the rule would say the same, with its way and in words."""
    table = _Table(rule)
    return _needless(rule, table) if table.all else iter(())


def _needless(rule: Rule, table: _Table) -> Iterator[tuple[tuple[int | str, ...], str]]:
    match rule:
        case AnyOf(any=parts):
            yield from _needless_part("any", parts, or_, table)
        case AllOf(all=parts):
            yield from _needless_part("all", parts, and_, table)
        case Not(not_=inner):
            yield from ((("not", *way), message) for way, message in _needless(inner, table))
        case _:
            return


def _needless_part(
    key: str, parts: Sequence[Rule], join: Callable[[int, int], int], table: _Table
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    where = [table.where(part) for part in parts]
    for number, part in enumerate(parts):
        rest = [*where[:number], *where[number + 1 :]]
        if rest and reduce(join, where) == reduce(join, rest):
            yield (key, number), f"this part of '{key}' changes nothing beside the others; take it out"
            return
        yield from (((key, number, *way), message) for way, message in _needless(part, table))


class _Table:
    """In which worlds a rule and its parts hold: a set of worlds is a number with a bit for each of them."""

    def __init__(self, rule: Rule) -> None:
        self._worlds = list(_worlds(rule))
        self.all = (1 << len(self._worlds)) - 1
        """Every world; 0 when there are too many to look through."""

    def where(self, rule: Rule) -> int:
        match rule:
            case AnyOf():
                return reduce(or_, map(self.where, rule.any))
            case AllOf():
                return reduce(and_, map(self.where, rule.all))
            case Not():
                return self.all ^ self.where(rule.not_)
            case _:
                test = _test(rule)
                return sum(1 << number for number, world in enumerate(self._worlds) if test(world))


def _worlds(rule: Rule) -> Iterator[World]:
    """Every possible session around the points where a part of the rule turns; none when there are too many."""
    found = list(leaves(rule))
    times = sorted({0, *(seconds for leaf in found if (seconds := _turns(leaf)) is not None)})
    around = sorted({moment for turn in times for moment in (turn - 1, turn) if moment >= 0})
    measures = {name for leaf in found if (name := _measure(leaf)) is not None and name != "waits"} | {"age"}
    others = {_name(leaf) for leaf in found if _measure(leaf) is None}
    axes: dict[str, list[Any]] = {**dict.fromkeys(sorted(measures), around), "waits": [False, True]}
    axes |= {other: [False, True] for other in sorted(others)}
    combined = list(islice(product(*axes.values()), _MOST + 1))
    if len(combined) <= _MOST:
        yield from filter(_possible, (dict(zip(axes, values, strict=True)) for values in combined))


def _possible(world: World) -> bool:
    """No session is idle or runs for longer than it is old; one that waits does not run."""
    return all(world.get(name, 0) <= world["age"] for name in ("idle", "running_for"))


def _measure(leaf: Leaf) -> str | None:
    match leaf:
        case Idle():
            return "idle"
        case Age():
            return "age"
        case RunningFor():
            return "running_for"
        case Queued():
            return "waits"
        case _:
            return None


def _turns(leaf: Leaf) -> int | None:
    match leaf:
        case Idle():
            return leaf.over.seconds
        case Age():
            return leaf.age.seconds
        case RunningFor():
            return leaf.running_for.seconds
        case Queued():
            return leaf.queued.seconds
        case _:
            return None


def _name(leaf: Leaf) -> str:
    return f"gb_hours {leaf.gb_hours}" if isinstance(leaf, GbHours) else leaf.model_dump_json()


def _test(leaf: Leaf) -> Callable[[World], bool]:
    match leaf:
        case Idle(over=over):
            return lambda world: bool(world["idle"] >= over.seconds)
        case Age(age=over):
            return lambda world: bool(world["age"] >= over.seconds)
        case RunningFor(running_for=over):
            return lambda world: bool(not world["waits"] and world["running_for"] >= over.seconds)
        case Queued(queued=over):
            return lambda world: bool(world["waits"] and world["age"] >= over.seconds)
        case _:
            name = _name(leaf)
            return lambda world: bool(world[name])
