"""docs/monitoring: alert rules, a dashboard and a page that speak of metrics which there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from support.web_tools import Ask

FOLDER = Path(__file__).parents[3] / "docs" / "monitoring"
RULES, TESTS = FOLDER / "reaper-alerts.yaml", FOLDER / "reaper-alerts-test.yaml"
ALERTS: list[dict[str, Any]] = yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
PAGE = (FOLDER / "README.md").read_text("utf-8")
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
_LABELS = re.compile(r"by \(([\w, ]+)\)|([a-z]+) ?=~?\"|\{\{ ?(?:\$labels\.)?([a-z]+) ?\}\}")


def metrics(text: str) -> set[str]:
    return set(re.findall(r"\breaper_[a-z_]+", text))


def labels(text: str) -> set[str]:
    return {
        name.strip()
        for found in _LABELS.findall(text)
        for part in found
        for name in part.split(",")
    } - {""}


@pytest.fixture(scope="module")
def exported(api: Ask) -> dict[str, str]:
    """The type of each metric of our own, by its name."""
    families = text_string_to_metric_families(api.get("/metrics").text)
    named = {f.name + "_total" if f.type == "counter" else f.name: f.type for f in families}
    return {name: kind for name, kind in named.items() if name.startswith("reaper_")}


def test_rules_and_dashboard_ask_for_what_there_is(exported: dict[str, str]) -> None:
    """Each name in a query is one that /metrics has; a histogram has three."""
    there = set(exported) | {
        f"{name}_{part}"
        for name in exported
        if exported[name] == "histogram"
        for part in ("bucket", "sum", "count")
    }
    asked = (
        metrics(RULES.read_text("utf-8"))
        | metrics(TESTS.read_text("utf-8"))
        | metrics(json.dumps(DASHBOARD))
    )
    assert asked - there == set()


def test_every_metric_is_explained_and_no_other(exported: dict[str, str]) -> None:
    """The page has a row for each metric, and for each label that one has."""
    rows = dict(re.findall(r"^\| `(reaper_\w+)` \| ([^|]*)\|", PAGE, re.MULTILINE))
    assert set(rows) == set(exported)
    known = {label for row in rows.values() for label in re.findall(r"`(\w+)`", row)}
    assert labels(" ".join(QUERIES)) | labels(RULES.read_text("utf-8")) <= known | {
        "instance",
        "le",
    }


def test_every_metric_that_is_a_cause_for_worry_is_shown(exported: dict[str, str]) -> None:
    """The dashboard and the rules leave out nothing but what is in the others."""
    shown = metrics(json.dumps(DASHBOARD)) | metrics(RULES.read_text("utf-8"))
    spared = {name for name in exported if not any(one.startswith(name) for one in shown)}
    assert spared == {
        "reaper_databases_lost_total",
        "reaper_last_run_end_timestamp_seconds",
        "reaper_next_run_timestamp_seconds",
    }


def test_every_alert_is_explained_and_tried() -> None:
    """The page says what to do, and the rules' tests see each one raised and each one silent."""
    names = [alert["alert"] for alert in ALERTS]
    assert re.findall(r"^\| `(Reaper\w+)` \|", PAGE, re.MULTILINE) == names
    tried = [
        one
        for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"]
        for one in test["alert_rule_test"]
    ]
    assert {one["alertname"] for one in tried if one.get("exp_alerts")} == set(names)
    assert {one["alertname"] for one in tried if not one.get("exp_alerts")} == set(names)
    assert {alert["labels"]["severity"] for alert in ALERTS} == {"critical", "warning"}


def test_the_dashboard_can_be_laid_out() -> None:
    """Each panel has a number of its own, a place that no other one takes, and says what
    it shows.
    """
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(x, y) for panel in panels for x, y in _cells(panel["gridPos"])]
    assert len(places) == len(set(places))
    assert all(0 <= x < 24 for x, _ in places)
    assert [
        panel["title"] for panel in panels if panel["type"] != "row" and not panel["description"]
    ] == []


def _cells(place: dict[str, int]) -> list[tuple[int, int]]:
    return [
        (place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])
    ]


def promtool(
    *arguments: str, cwd: Path = FOLDER, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip(
            "promtool is not installed (Debian: prometheus); names and labels were compared all "
            "the same"
        )
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        input=given,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_the_rules_pass_their_tests() -> None:
    """Prometheus' own tool finds no fault in the rules, and each raises its alert when it
    should.
    """
    for arguments in (("check", "rules", RULES.name), ("test", "rules", TESTS.name)):
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_metrics_are_well_named(api: Ask) -> None:
    """Prometheus' own tool finds no fault in what /metrics says."""
    done = promtool("check", "metrics", given=api.get("/metrics").text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_dashboard_asks_in_the_language_of_prometheus(tmp_path: Path) -> None:
    """Prometheus' own tool reads each query."""
    variables = {"$__rate_interval": "5m", "$account": ".*"}
    asked = [re.sub(r"\$\w+", lambda found: variables[found[0]], query) for query in QUERIES]
    rules = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(asked)]
    (tmp_path / "queries.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), "utf-8"
    )
    done = promtool("check", "rules", "queries.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
