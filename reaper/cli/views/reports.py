"""Runs over several accounts."""

from __future__ import annotations

from reaper.cli.output import emit
from reaper.cli.views.quiet import troubles
from reaper.cli.views.render import show_reports
from reaper.cli.views.report_json import reports_as_json
from reaper.usecases.accounts import Runs

__all__ = ["show_runs", "troubles"]


def show_runs(runs: Runs, output: str) -> None:
    """What was seen and done, on standard output; the troubles are for standard error."""
    if output == "json":
        emit(reports_as_json(runs.reports, runs.skipped))
    else:
        show_reports(runs.reports)
