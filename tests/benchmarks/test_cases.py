"""What trying policies costs, from the start of the process to its end."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.measuring import IDLE, Figures, least

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
CASE = """\
  - name: case {number}, a forgotten tab ends, and nothing else
    at: 2026-03-29T12:{minute:02} Europe/Amsterdam
    fleet:
      - {{id: forgotten, idle: 3h}}
      - {{id: lately, owner: ben@Supply, idle: 10m}}
      - {{id: ops, owner: admin@ROOT, idle: 3d}}
      - {{id: task, kind: task, owner: svc-night@Planning}}
    expect:
      forgotten: {{verdict: offender, reason: idle 3h}}
      ops: {{verdict: exempt, reason: operations}}
      lately: compliant
      task: unselected
"""


def test_two_hundred_cases(figures: Figures, tmp_path: Path) -> None:
    """`reaper policy test --coverage` tries 200 cases in at most three seconds, with the start of
    the process.
    """
    (tmp_path / "policies/tests").mkdir(parents=True)
    (tmp_path / "policies/idle.yaml").write_text(IDLE, "utf-8")
    for file in range(10):
        cases = "".join(CASE.format(number=n, minute=n) for n in range(20))
        (tmp_path / f"policies/tests/{file}.yaml").write_text(f"cases:\n{cases}", "utf-8")
    command = [
        sys.executable,
        "-c",
        "from reaper.cli import main; main()",
        "policy",
        "test",
        "--coverage",
    ]

    def run() -> None:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "200 passed" in done.stdout

    (taken,) = least(run, repetitions=3)
    figures.append(("200 cases of 4 sessions, from start to end", f"{taken:.2f} s", "3 s"))
    assert taken <= 3
