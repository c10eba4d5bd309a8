"""What became of the cases, for people (as pytest says it) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import click

from reaper.policy_cases import CaseFile, Trial, try_case


class Tried(NamedTuple):
    """A case that was tried, and where it stands."""

    file: CaseFile
    number: int
    trial: Trial

    @property
    def place(self) -> str:
        return self.at()

    def at(self, *way: int | str) -> str:
        """Where the case, or something within it, stands."""
        return f"{self.file.located.file}:{self.file.line('cases', self.number, *way)}"


def tried(files: Iterable[CaseFile], texts: Sequence[str]) -> list[Tried]:
    """Try every case with one of the texts in its name or its file's, in any case; all when there is no text."""
    return [
        Tried(file, number, try_case(case, file.judged_by.policies))
        for file in files
        for number, case in enumerate(file.document.cases)
        if not texts or any(text.lower() in f"{file.located.file} {case.name}".lower() for text in texts)
    ]


def show_trials(done: Sequence[Tried], seconds: float, *, each: bool, brief: bool) -> None:
    if each:
        _lines(done)
    elif not brief:
        _dots(done)
    failed = [one for one in done if not one.trial.passed]
    for one in failed:
        _failure(one)
    counts = [f"{len(failed)} failed"] * bool(failed) + [f"{len(done) - len(failed)} passed"]
    click.secho(f"{', '.join(counts)} in {seconds:.2f} s", fg="red" if failed else "green", bold=True)


def _lines(done: Iterable[Tried]) -> None:
    for one in done:
        word = click.style("passed", fg="green") if one.trial.passed else click.style("FAILED", fg="red")
        click.echo(f"{one.place} {word} {one.trial.case.name}")


def _dots(done: Iterable[Tried]) -> None:
    for file, trials in groupby(done, lambda one: one.file.located.file):
        marks = (click.style(".", fg="green") if t.trial.passed else click.style("F", fg="red") for t in trials)
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


def trials_as_json(done: Sequence[Tried], seconds: float) -> str:
    failed = sum(1 for one in done if not one.trial.passed)
    told = {"passed": len(done) - failed, "failed": failed, "seconds": round(seconds, 3)}
    return json.dumps({**told, "cases": [_case(one) for one in done]}, indent=2)


def _case(one: Tried) -> dict[str, Any]:
    file, line = one.place.rsplit(":", 1)
    return {
        "file": file,
        "line": int(line),
        "name": one.trial.case.name,
        "passed": one.trial.passed,
        "mismatches": [
            {"at": one.at(*m.way), "expected": m.expected, "found": m.found, "evidence": list(m.evidence)}
            for m in one.trial.mismatches
        ],
    }
