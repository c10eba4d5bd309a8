"""Runs over several accounts."""

from __future__ import annotations

from collections.abc import Iterator

from reaper.cli.output import emit
from reaper.cli.views.quiet import troubles
from reaper.cli.views.render import no_match, show_reports
from reaper.cli.views.report_json import reports_as_json
from reaper.usecases.accounts import Runs

__all__ = ["new_without_match", "show_runs", "troubles"]


def new_without_match(runs: Runs) -> Iterator[str]:
    """Policies that have selected nobody for many runs, each once."""
    for account, several in runs.unmatched.items():
        for one in several:
            if one.first_time:
                yield f"{account}: policy {one.policy} {no_match(one)}"


def show_runs(runs: Runs, output: str) -> None:
    """What was seen and done, on standard output; the troubles are for standard error."""
    if output == "json":
        emit(reports_as_json(runs.reports, runs.skipped, runs.unmatched))
    else:
        show_reports(runs.reports, runs.unmatched)
