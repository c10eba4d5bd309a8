"""What the tests of cases share: one policy, and a case of a few lines to try it with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reaper.config.policy_tests import CaseResult, load_cases
from reaper.errors import USAGE, FileProblems

POLICY = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui, owner: {not: "svc-*@*"}}
    terminate_when: {idle: 2h}
    exempt:
      - {owner: admin@ROOT, reason: operations}
"""
Try = Callable[[str], CaseResult]


def write_cases(text: str, name: str = "policies/tests/a.yaml") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def problems(path: str = "policies") -> list[str]:
    """Everything that is said to be wrong when the cases of a path are read."""
    with pytest.raises(FileProblems) as told:
        load_cases(Path(path))
    assert told.value.exit_code == USAGE
    return str(told.value).splitlines()
