"""What was found of accounts and of the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from reaper.cli.views.render import console, escape, table
from reaper.usecases.doctor import Check

_MARKS = {True: "[green]ok[/]", False: "[bold red]bad[/]", None: "[yellow]?[/]"}


def show_checks(everything: Mapping[str, Sequence[Check]]) -> None:
    out = console()
    for name, checks in everything.items():
        rows = table("", "CHECK", "FOUND", wide="FOUND")
        for check in checks:
            advice = f"\n{check.advice}" if check.advice else ""
            rows.add_row(_MARKS[check.ok], escape(check.name), escape(check.detail + advice))
        out.print(f"[bold]{escape(name)}[/]")
        out.print(rows)


def checks_as_json(everything: Mapping[str, Sequence[Check]]) -> str:
    document = {name: [asdict(check) for check in checks] for name, checks in everything.items()}
    return json.dumps(document, indent=2)
