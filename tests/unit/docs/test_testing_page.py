"""docs/testing-policies.md says what the program does.

Its examples are real, and so are the answers.
"""

import re
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from reaper.cli import main
from reaper.config.policy_tests import load_cases, run_case
from reaper.config.policy_tests.model import (
    Case,
    CaseDocument,
    Expected,
    ExpectedWait,
    GivenSession,
)
from reaper.errors import FileProblems

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "testing-policies.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


POLICY, FIRST, *EXAMPLES = blocks("yaml")


@pytest.fixture(autouse=True)
def _beside_the_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policies/tests").mkdir(parents=True)
    Path("policies/idle-webui.yaml").write_text(POLICY, "utf-8")


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_passes(example: str) -> None:
    """Each example is a case file whose cases pass against the page's policy."""
    Path("policies/tests/example.yaml").write_text(example, "utf-8")
    (file,) = load_cases(Path("policies")).files
    assert [run_case(case, file.policies).mismatches for case in file.document.cases] == [()]


ONE_CASE = """\
cases:
  - {name: one, fleet: [{id: a, idle: 2h}], others: offender}
"""


ANSWERS = [*zip([FIRST, ONE_CASE], blocks("console"), [1, 0], strict=True)]


@pytest.mark.parametrize(("cases", "shown", "code"), ANSWERS, ids=["first", "coverage"])
def test_each_answer_is_the_real_one(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    cases: str,
    shown: str,
    code: int,
) -> None:
    """The command says what the page shows, to the letter but for the time it took."""
    Path("policies/tests/idle-webui.yaml").write_text(cases, "utf-8")
    monkeypatch.setattr(sys, "argv", ["reaper", *shown.splitlines()[0].split()[2:]])
    with pytest.raises(SystemExit) as left:
        main()
    said = f"{shown.splitlines()[0]}\n{capsys.readouterr().out}"
    assert (left.value.code, re.sub(r"\d\.\d\d s", "0.02 s", said)) == (code, shown)


def test_the_answer_to_impossible_times_is_the_real_one() -> None:
    """The lines on the changes of the clocks are the program's."""
    moments = "2026-03-29T02:30", "2026-10-25T02:30"
    one = (
        "  - name: one\n    at: {} Europe/Amsterdam\n    fleet: [{{id: a}}]\n    others: "
        "compliant\n"
    )
    Path("policies/tests/clocks.yaml").write_text(
        "cases:\n" + "".join(map(one.format, moments)), "utf-8"
    )
    with pytest.raises(FileProblems) as told:
        load_cases(Path("policies"))
    assert [f"{told.value}\n"] == blocks("text")


@pytest.mark.parametrize(
    "model",
    [CaseDocument, Case, GivenSession, Expected, ExpectedWait],
    ids=lambda model: model.__name__,
)
def test_every_key_is_documented(model: type[BaseModel]) -> None:
    """Each key that a case file can have is on the page, and says what it is."""
    assert [
        key for key in model.model_fields if f"`{key}`" not in TEXT and f"{key}:" not in TEXT
    ] == []
    assert [key for key, info in model.model_fields.items() if not info.description] == []


def test_the_example_of_the_readme_passes() -> None:
    """The cases that README shows pass against the policy it shows beside them."""
    found = re.findall(
        r"^```yaml\n(# policies/.*?)^```$",
        (ROOT / "README.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    Path("policies/idle-webui.yaml").unlink()
    for text in found:
        Path(text.splitlines()[0].removeprefix("# ")).write_text(text, "utf-8")
    (file,) = load_cases(Path("policies")).files
    assert all(run_case(case, file.policies).passed for case in file.document.cases)
