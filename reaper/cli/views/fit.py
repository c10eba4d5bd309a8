"""How a tenant's OpenAPI document fits: a report that can be mailed as it stands."""

from __future__ import annotations

import json
from dataclasses import asdict

from reaper import __version__
from reaper.cli.views.render import console
from reaper.usecases.openapi import Fit, Kind

_TITLES = {
    Kind.MISSING: "Missing in the document:",
    Kind.DIFFERENT: "Different from what reaper relies on:",
    Kind.NEW: "New, not used by reaper:",
    Kind.GAP: "Not described, so not compared:",
}


def show_fit(fit: Fit) -> None:
    out = console()
    out.line("OpenAPI report of reaper {}, API generation {}", __version__, fit.generation)
    for title in fit.documents:
        out.line("document: {}", title)
    compared = f"{fit.compared} kinds of requests compared"
    if fit.fits:
        out.line("[green]fits:[/] all that reaper relies on is there; {}", compared)
    else:
        out.line("[bold red]does not fit:[/] what is marked with ! is relied on; {}", compared)
    for kind, title in _TITLES.items():
        findings = fit.of(kind)
        if findings:
            out.line("")
            out.line("[bold]{}[/]", title)
        for one in findings:
            mark = "!" if one.breaks else "-"
            out.line("{} {} {}: {}", mark, one.service, one.where, one.what)
    out.line("")
    out.line("No names, addresses or keys are in this report. Mail it to the maintainers of reaper")
    out.line("if it does not fit, or if something new may tell the activity of a session.")


def fit_as_json(fit: Fit) -> str:
    document = {
        "reaper": __version__,
        "generation": fit.generation,
        "documents": list(fit.documents),
        "compared": fit.compared,
        "fits": fit.fits,
        "findings": [asdict(finding) for finding in fit.findings],
    }
    return json.dumps(document, indent=2)
