"""Whether a rule can be met at all, and which of its parts matter: tried at every point where one of them turns.

Only what rules say of one session by itself is known here. A quota, seats and the like may hold or not at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from reaper.core.language import Age, AllOf, AnyOf, GbHours, Idle, Leaf, Not, Queued, Rule, RunningFor, leaves

World = Mapping[str, Any]
"""A session as the rules see it: seconds by measure, whether it waits, and how the other rules answer."""

_MOST = 20_000  # worlds; a rule with more turning points is not looked through


def always_or_never(rule: Rule) -> bool | None:
    """True when the rule is met in every world, False when in none, None when it depends."""
    found = {_holds(rule, world) for world in _worlds(rule)}
    return found.pop() if len(found) == 1 else None


def needless(rule: Rule) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Each part of an `any` or `all` without which the rule would say the same, with its way and in words."""
    match rule:
        case AnyOf(any=parts):
            yield from _needless("any", parts, lambda rest: AnyOf(any=list(rest)))
        case AllOf(all=parts):
            yield from _needless("all", parts, lambda rest: AllOf(all=list(rest)))
        case Not(not_=inner):
            yield from ((("not", *way), message) for way, message in needless(inner))
        case _:
            return


def _needless(
    key: str, parts: Sequence[Rule], join: Callable[[Sequence[Rule]], Rule]
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    for number, part in enumerate(parts):
        rest = [*parts[:number], *parts[number + 1 :]]
        if rest and _same(join(parts), join(rest)):
            yield (key, number), f"this part of '{key}' changes nothing beside the others; take it out"
            return
        yield from (((key, number, *way), message) for way, message in needless(part))


def _same(one: Rule, other: Rule) -> bool:
    worlds = list(_worlds(one))
    return bool(worlds) and all(_holds(one, world) == _holds(other, world) for world in worlds)


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


def _holds(rule: Rule | Leaf, world: World) -> bool:  # noqa: PLR0911 - one case a rule
    match rule:
        case AnyOf():
            return any(_holds(one, world) for one in rule.any)
        case AllOf():
            return all(_holds(one, world) for one in rule.all)
        case Not():
            return not _holds(rule.not_, world)
        case Idle():
            return bool(world["idle"] >= rule.over.seconds)
        case Age():
            return bool(world["age"] >= rule.age.seconds)
        case RunningFor():
            return bool(not world["waits"] and world["running_for"] >= rule.running_for.seconds)
        case Queued():
            return bool(world["waits"] and world["age"] >= rule.queued.seconds)
        case _:
            return bool(world[_name(rule)])
