"""What is wrong or doubtful about policies, and what those that are right may do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reaper.cli.output import emit, say
from reaper.cli.views.problems import Finding, as_github, as_json, as_sarif, findings, shown
from reaper.core.language.policy import Policy, PolicySet
from reaper.usecases.live import LiveMatches
from reaper.usecases.policies import Checked

_WRITERS = {"json": as_json, "sarif": as_sarif, "github": as_github}


def show_checked(checked: Checked, output: str) -> None:
    """What was found, on standard output; on a terminal problems go to standard error."""
    problems = findings(checked.errors, checked.warnings, strict=checked.strict)
    if output in _WRITERS:
        emit(_WRITERS[output](problems))
        return
    for problem, level in problems:
        for line in shown(problem, "" if level == "error" else "warning: "):
            say(line, err=True)
    if checked.policies is not None and not _errors(problems):
        _show_policies(checked.policies, checked.at, checked.live)
    if problems:
        counts = [
            _count(_errors(problems), "error"),
            _count(len(problems) - _errors(problems), "warning"),
        ]
        say(", ".join(one for one in counts if not one.startswith("0")), err=True)
    for doubt in (*checked.doubts, *(checked.live.by_hand if checked.live else ())):
        say(f"warning: {doubt}", err=True)


def _errors(problems: Sequence[Finding]) -> int:
    return sum(one.level == "error" for one in problems)


def _show_policies(policies: PolicySet, now: datetime, live: LiveMatches | None) -> None:
    for policy in policies.policies:
        matches = [f"matches {live.policies[policy.name]} now"] if live else []
        say(f"{policy.name}: {', '.join([*_summary(policy, now), *matches])}")
    protect = f", {len(policies.protect)} protected from all policies" if policies.protect else ""
    say(f"{_count(len(policies.policies), 'policy', 'policies')} OK{protect}")


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def _summary(policy: Policy, now: datetime) -> Iterator[str]:
    """What it may do, when, and to whom not."""
    yield policy.mode
    if policy.exempt:
        yield f"{len(policy.exempt)} exempt"
    if (why := policy.dormant(now)) is not None:
        yield f"not in force: {why}"
    elif policy.only_during is not None:
        yield f"during {policy.only_during}: {policy.only_during.state_at(now)}"
