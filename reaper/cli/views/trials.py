"""What became of the cases, for people (as pytest says it) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from reaper.cli.output import say
from reaper.usecases.policies import Coverage, Trials, Tried


def show_trials(done: Trials, *, each: bool, brief: bool) -> None:
    if each:
        _lines(done.trials)
    elif not brief:
        _dots(done.trials)
    for one in done.failed:
        _failure(one)
    if done.coverage is not None:
        _coverage(done.coverage)
    failed = len(done.failed)
    counts = [f"{failed} failed"] * bool(failed) + [f"{len(done.trials) - failed} passed"]
    say(f"{', '.join(counts)} in {done.seconds:.2f} s", fg="red" if failed else "green")


def _lines(done: Iterable[Tried]) -> None:
    for one in done:
        say(f"{one.place} ", nl=False)
        if one.trial.passed:
            say("passed", fg="green", nl=False)
        else:
            say("FAILED", fg="red", nl=False)
        say(f" {one.trial.case.name}")


def _dots(done: Iterable[Tried]) -> None:
    for file, trials in groupby(done, lambda one: one.file.located.file):
        say(f"{file} ", nl=False)
        for one in trials:
            _mark(passed=one.trial.passed)
        say("")


def _mark(*, passed: bool) -> None:
    say("." if passed else "F", fg="green" if passed else "red", nl=False)


def _failure(one: Tried) -> None:
    say("")
    say(f"FAILED {one.place}: {one.trial.case.name}", fg="red")
    for mismatch in one.trial.mismatches:
        say(f"  {one.at(*mismatch.way)}: expected {mismatch.expected}")
        say(f"    found    {mismatch.found}")
        for line in mismatch.evidence:
            say(f"      {line}")
    say("")


def _coverage(found: Coverage) -> None:
    tried = found.total - len(found.gaps)
    say(f"{tried} of {found.total} tried", fg="yellow" if found.gaps else "green")
    for gap in found.gaps:
        say(f"  {gap.place}: {gap.what}")


def trials_as_json(done: Trials) -> str:
    document: dict[str, Any] = {
        "passed": len(done.trials) - len(done.failed),
        "failed": len(done.failed),
        "seconds": round(done.seconds, 3),
        "cases": [_case(one) for one in done.trials],
    }
    if done.coverage is not None:
        gaps = [gap._asdict() for gap in done.coverage.gaps]
        document["coverage"] = {
            "total": done.coverage.total,
            "tried": done.coverage.total - len(gaps),
            "gaps": gaps,
        }
    return json.dumps(document, indent=2)


def _case(one: Tried) -> dict[str, Any]:
    file, line = one.place.rsplit(":", 1)
    return {
        "file": file,
        "line": int(line),
        "name": one.trial.case.name,
        "passed": one.trial.passed,
        "mismatches": [
            {
                "at": one.at(*m.way),
                "expected": m.expected,
                "found": m.found,
                "evidence": list(m.evidence),
            }
            for m in one.trial.mismatches
        ],
    }
