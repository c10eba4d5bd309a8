"""Whether a rule can be met at all, and which of its parts matter.

Tried at every point where one of them turns.

Only what rules say of one session by itself is known here. A quota, seats and the like may hold or
not at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from math import prod
from operator import and_, or_
from typing import Any

from reaper.core.language.leaf_rule import LeafRule
from reaper.core.language.rules import AllOf, Always, AnyOf, Not, Rule, leaves
from reaper.core.language.selector import Way

_MOST = 100_000  # worlds; a rule with more turning points is not looked through


def constant_value(rule: Rule) -> bool | None:
    """True when the rule is met in every world, False when in none, None when it depends."""
    table = _Table(rule)
    if not table.all:
        return None
    return {table.all: True, 0: False}.get(table.where(rule))


def needless(rule: Rule) -> Iterator[tuple[Way, str]]:
    """Each part of an `any` or `all` without which the rule would say the same, with its way and in
    words.
    """
    table = _Table(rule)
    return _needless(rule, table) if table.all else iter(())


def _needless(rule: Rule, table: _Table) -> Iterator[tuple[Way, str]]:
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
) -> Iterator[tuple[Way, str]]:
    where = [table.where(part) for part in parts]
    for number, part in enumerate(parts):
        rest = [*where[:number], *where[number + 1 :]]
        if rest and reduce(join, where) == reduce(join, rest):
            yield (
                (key, number),
                f"this part of '{key}' changes nothing beside the others; remove it",
            )
            return
        yield from (((key, number, *way), message) for way, message in _needless(part, table))


class _Table:
    """In which worlds a rule and its parts hold.

    A set of worlds is a number with a bit for each of them.

    The worlds are every combination of one value from each axis. So the set in which an axis has
    certain values is a pattern that comes again and again, and no world is ever looked at by
    itself.
    """

    def __init__(self, rule: Rule) -> None:
        self._axes = _axes(rule)
        self._count = prod(map(len, self._axes.values()))
        self.all = self._possible() if self._count <= _MOST else 0
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
                return self.all & self._where_leaf(rule)

    def _where_leaf(self, rule: LeafRule) -> int:
        if isinstance(rule, Always):
            return self.all
        if rule.measure is None:
            return self._when(_name(rule), bool)
        (turn,) = rule.thresholds()
        reached = self._when(rule.measure, lambda value: value >= turn)
        return reached if rule.waits is None else reached & self._when("waits", rule.waits.__eq__)

    def _possible(self) -> int:
        """No session is idle or runs for longer than it is old."""
        bits = (1 << self._count) - 1
        for name in {"idle", "running_for"} & self._axes.keys():
            bits &= reduce(
                or_,
                (
                    self._when("age", old.__eq__) & self._when(name, old.__ge__)
                    for old in self._axes["age"]
                ),
            )
        return bits

    def _when(self, axis: str, test: Callable[[Any], bool]) -> int:
        """The worlds in which the axis has one of the values that pass the test."""
        bits, width = 1, 1
        for name, values in self._axes.items():
            fits = [name != axis or test(value) for value in values]
            bits = sum(bits << number * width for number, fit in enumerate(fits) if fit)
            width *= len(values)
        return bits


def _axes(rule: Rule) -> dict[str, list[Any]]:
    """Seconds on either side of each point where a part of the rule turns, and how the other rules
    answer.
    """
    rules = list(leaves(rule))
    turns = {int(turn) for leaf in rules if leaf.measure for turn in leaf.thresholds()}
    around = sorted({moment for turn in turns | {0} for moment in (turn - 1, turn) if moment >= 0})
    measures = {leaf.measure for leaf in rules if leaf.measure is not None} | {"age"}
    others = {_name(leaf) for leaf in rules if leaf.measure is None}
    axes: dict[str, list[Any]] = {**dict.fromkeys(sorted(measures), around), "waits": [False, True]}
    return axes | {other: [False, True] for other in sorted(others)}


def _name(leaf: LeafRule) -> str:
    return leaf.model_dump_json()
