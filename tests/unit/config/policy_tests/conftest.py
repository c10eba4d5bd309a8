"""A folder with one policy, to which each test adds its cases."""

from pathlib import Path

import pytest
from support.cases_tools import POLICY, Try, write_cases

from reaper.config.policy_tests import CaseResult, load_cases, run_case


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policies").mkdir()
    Path("policies/idle-webui.yaml").write_text(POLICY, "utf-8")


@pytest.fixture
def trial() -> Try:
    """Try one case, written as a flow mapping without its name."""

    def run(case: str) -> CaseResult:
        write_cases(f"cases:\n  - {{name: one, {case}}}\n")
        (file,) = load_cases(Path("policies")).files
        return run_case(file.document.cases[0], file.policies)

    return run
