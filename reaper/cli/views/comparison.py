"""What two sets of policies would do differently, for people and as JSON; docs/policy-diff.md
describes the shape.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from reaper.cli.display import moment
from reaper.cli.views.render import Screen, console, identity, short, table
from reaper.core.explaining.comparison import Difference, Rewritten
from reaper.core.explaining.disposition import Disposition, DispositionKind, dispositions
from reaper.core.model.action import Action
from reaper.usecases.compare import ComparedAccount, Comparison

_WORDS: dict[str, str] = {
    Action.TERMINATE: "would end",
    Action.DELETE: "would be deleted",
    Action.INTERRUPT_SOLVE: "its solve would be stopped",
    Action.INTERRUPT_EXECUTION: "would be interrupted",
    DispositionKind.WAITS: "would wait",
    DispositionKind.CAME_BACK: "came back",
    DispositionKind.TOLD: "people would be notified",
    DispositionKind.OBSERVED: "observed",
    DispositionKind.UNKNOWN: "unknown",
    DispositionKind.EXEMPT: "exempt",
    DispositionKind.LEFT_ALONE: "left alone",
}


def show_comparison(comparison: Comparison) -> None:
    out = console()
    out.line("{}", "; ".join(_texts(comparison.texts)) or "the policies are the same")
    for one in comparison.accounts:
        _show(out, one)


def _texts(texts: Rewritten) -> Iterator[str]:
    changed = [f"{name} ({', '.join(keys)})" for name, keys in texts.changed.items()]
    changed += ["protect"] if texts.protect else []
    for what, named in (("added", texts.added), ("removed", texts.removed), ("changed", changed)):
        if named:
            yield f"{what}: {', '.join(named)}"


def _show(out: Screen, one: ComparedAccount) -> None:
    observation, sessions = one.new[0], one.sessions
    summary = f"{len(sessions)} treated differently" if sessions else "no differences"
    out.line(
        "[bold]{}[/]: {} sessions, {}",
        observation.account,
        len(observation.snapshot.fleet),
        summary,
    )
    for doubt in observation.doubts:
        out.line("  [yellow]a run now would observe only:[/] {}", doubt)
    if sessions:
        rows = table("SESSION", "KIND", "OWNER", "OLD", "NEW", "REASON")
        for session, old, new in sorted(sessions, key=_order):
            by = f" by {', '.join(old.policies)}" if old.what == new.what else ""
            who = (
                short(session.id),
                session.kind,
                session.owner or "?",
                f"{_word(old)}{by}",
                _word(new),
            )
            rows.add_row(*who, new.reason(old.policies))
        out.rows(rows)
        out.line("  {}", ", ".join(_counts(one)))
    for which, halts in zip(("old", "new"), one.halts, strict=True):
        for halt in halts:
            out.line("  [bold red]a limit would halt the {} policies only:[/] {}", which, halt)


_ACTIONS = list(_WORDS)


def _order(one: Difference) -> tuple[int, int]:
    """What the new policies would do most about comes first."""
    return _ACTIONS.index(one.new.what), _ACTIONS.index(one.old.what)


def _word(disposition: Disposition) -> str:
    return f"{_WORDS[disposition.what]}{f' until {moment(disposition.due)[:16]}' if disposition.due else ''}"


def _counts(one: ComparedAccount) -> Iterator[str]:
    """How many sessions are treated so, of the treatments of which that number changes."""
    old, new = (
        Counter(t.what for t in dispositions(*judged).values()) for judged in (one.old, one.new)
    )
    yield from (
        f"{_WORDS[what]}: {old[what]} -> {new[what]}"
        for what in _ACTIONS[:-1]
        if old[what] != new[what]
    )


def comparison_as_json(comparison: Comparison) -> str:
    accounts = [_account(one) for one in comparison.accounts]
    return json.dumps({"policies": comparison.texts._asdict(), "accounts": accounts}, indent=2)


def _account(one: ComparedAccount) -> dict[str, Any]:
    observation = one.new[0]
    return {
        "account": observation.account,
        "at": observation.now.isoformat(),
        "sessions": len(observation.snapshot.fleet),
        "doubts": list(observation.doubts),
        "halted": {"old": list(one.old[1].halted), "new": list(one.new[1].halted)},
        "differences": [
            {
                **identity(session),
                "app": session.app,
                "old": _disposition(old, new),
                "new": _disposition(new, old),
            }
            for session, old, new in one.sessions
        ],
    }


def _disposition(disposition: Disposition, other: Disposition) -> dict[str, Any]:
    return {
        "what": disposition.what,
        "policies": list(disposition.policies),
        "reason": disposition.reason(other.policies),
        "due": disposition.due.isoformat() if disposition.due else None,
    }
