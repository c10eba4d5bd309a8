"""What was found of accounts and of the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.text import Text

from reaper.cli.views.render import console, marked, table
from reaper.usecases.doctor import Check

_MARKS = {True: Text("ok", "green"), False: Text("bad", "bold red"), None: Text("?", "yellow")}


def show_checks(everything: Mapping[str, Sequence[Check]]) -> None:
    out = console()
    for name, checks in everything.items():
        rows = table("", "CHECK", "FOUND", wide="FOUND")
        for check in checks:
            found = marked("{}\n{}", check.detail, check.advice) if check.advice else check.detail
            rows.add_row(_MARKS[check.ok], check.name, found)
        out.line("[bold]{}[/]", name)
        out.rows(rows)


def checks_as_json(everything: Mapping[str, Sequence[Check]]) -> str:
    document = {name: [asdict(check) for check in checks] for name, checks in everything.items()}
    return json.dumps(document, indent=2)
