"""A folder with one policy, to which each test adds its cases."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from cases_tools import POLICY, Try, write_cases

from reaper.policy_cases import Trial, load_cases, try_case


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policies").mkdir()
    Path("policies/idle-webui.yaml").write_text(POLICY, "utf-8")


@pytest.fixture
def trial() -> Try:
    """Try one case, written as a flow mapping without its name."""

    def run(case: str) -> Trial:
        write_cases(f"cases:\n  - {{name: one, {case}}}\n")
        (file,) = load_cases(Path("policies")).files
        return try_case(file.document.cases[0], file.policies)

    return run
