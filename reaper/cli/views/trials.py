"""What became of the cases, for people (as pytest says it) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import click

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
    click.secho(
        f"{', '.join(counts)} in {done.seconds:.2f} s", fg="red" if failed else "green", bold=True
    )


def _lines(done: Iterable[Tried]) -> None:
    for one in done:
        word = (
            click.style("passed", fg="green")
            if one.trial.passed
            else click.style("FAILED", fg="red")
        )
        click.echo(f"{one.place} {word} {one.trial.case.name}")


def _dots(done: Iterable[Tried]) -> None:
    for file, trials in groupby(done, lambda one: one.file.located.file):
        marks = (
            click.style(".", fg="green") if t.trial.passed else click.style("F", fg="red")
            for t in trials
        )
        click.echo(f"{file} {''.join(marks)}")


def _failure(one: Tried) -> None:
    click.echo()
    click.secho(f"FAILED {one.place}: {one.trial.case.name}", fg="red", bold=True)
    for mismatch in one.trial.mismatches:
        click.echo(f"  {one.at(*mismatch.way)}: expected {mismatch.expected}")
        click.echo(f"    found    {mismatch.found}")
        for line in mismatch.evidence:
            click.echo(f"      {line}")
    click.echo()


def _coverage(coverage: Coverage) -> None:
    tried = coverage.total - len(coverage.gaps)
    click.secho(f"{tried} of {coverage.total} tried", fg="yellow" if coverage.gaps else "green")
    for gap in coverage.gaps:
        click.echo(f"  {gap.place}: {gap.what}")


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
