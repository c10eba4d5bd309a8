"""Files and folders of policies.

All is read, all mistakes are told, and what is doubtful is warned of.
"""

from datetime import date
from pathlib import Path

import pytest

from reaper.config.policies import load
from reaper.config.policies.load import LoadedPolicies, load_policies
from reaper.errors import USAGE, FileProblems

TODAY = date(2026, 11, 23)
POLICY = "policies:\n  - name: {}\n    select: {{kind: webui}}\n    terminate_when: {{age: 24h}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("policies").mkdir()
    return Path("policies")


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def problems(path: Path) -> list[str]:
    with pytest.raises(FileProblems) as told:
        load_policies(path, TODAY)
    assert told.value.exit_code == USAGE
    return str(told.value).splitlines()


def warnings(folder: Path, text: str) -> list[str]:
    return [str(one) for one in load_policies(written(folder, a=text), TODAY).warnings]


def names(loaded: LoadedPolicies) -> list[str]:
    return [policy.name for policy in loaded.policies.policies]


def test_one_file(folder: Path) -> None:
    """A path may be one file, also with another name than *.yaml."""
    file = folder / "rules.txt"
    file.write_text(POLICY.format("one"), "utf-8")
    loaded = load_policies(file, TODAY)
    assert (names(loaded), loaded.files, loaded.warnings) == (["one"], (file,), ())


def test_a_folder(folder: Path) -> None:
    """Of a folder every *.yaml and *.yml directly inside is read, by name.

    Nothing hidden, nothing deeper.
    """
    written(folder, b=POLICY.format("b"), a=POLICY.format("a"))
    (folder / "c.YML").write_text(POLICY.format("c"), "utf-8")
    (folder / ".hidden.yaml").write_text("[", "utf-8")
    (folder / "notes.md").write_text("[", "utf-8")
    (folder / "deeper.yaml").mkdir()
    assert names(load_policies(folder, TODAY)) == ["a", "b", "c"]


def test_protect_of_every_file_protects_from_all(folder: Path) -> None:
    """Exemptions under `protect` are gathered from all files, also from one without policies."""
    protect = "protect:\n  - {app: A, reason: x}\n"
    loaded = load_policies(written(folder, a=protect, b=protect + POLICY.format("b")), TODAY)
    assert [one.app for one in loaded.policies.protect] == ["A", "A"]


def test_the_text_of_each_policy_is_kept(folder: Path) -> None:
    """Each policy's text is kept as its author wrote it, comments included."""
    text = (
        POLICY.format("one")
        + "  # the second\n  - {name: two, select: all, terminate_when: {age: 9d}}\n"
    )
    texts = load_policies(written(folder, a=text), TODAY).policies.texts
    assert texts["one"] == "name: one\nselect: {kind: webui}\nterminate_when: {age: 24h}\n"
    assert texts["two"] == "{name: two, select: all, terminate_when: {age: 9d}}\n"


def test_every_problem_of_every_file_is_told(folder: Path) -> None:
    """Mistakes of syntax, of meaning and doubled names are told together, in file order."""
    again = "is already defined at policies/b.yaml:2:11; give one of them another name"
    two = (
        POLICY.format("b").replace("24h", "24")
        + "  - {name: b, select: all, terminate_when: {age: 1d}}\n"
    )
    assert problems(
        written(folder, a="a: [\n", b=two, c=POLICY.format("b"), d="policie: []\n")
    ) == [
        ("policies/a.yaml:2:1: the file ends unexpectedly; close what was opened with '[' or '{'"),
        "policies/b.yaml:4:27: '24' is not a valid duration; write a number with its unit: '24h' or '24m'?",
        f"policies/b.yaml:5:12: a policy named 'b' {again}",
        f"policies/c.yaml:2:11: a policy named 'b' {again}",
        (
            "policies/d.yaml:1:1: unknown key 'policie'; did you mean 'policies'? valid keys are "
            "protect, policies"
        ),
    ]


@pytest.mark.parametrize("text", ["policies: []\n", "protect:\n  - {app: A, reason: x}\n"])
def test_no_policy_is_a_problem(folder: Path, text: str) -> None:
    """A file that holds no policy at all is told with where to find one."""
    (problem,) = problems(written(folder, a=text))
    assert problem.startswith(
        "policies: this file has no policies; write one under 'policies:', or start from"
    )


def test_no_file_is_a_problem(folder: Path) -> None:
    """An empty folder and a path that is not there are told in one line each."""
    assert problems(folder)[0].startswith(
        "policies: this folder has no policy file (*.yaml or *.yml); copy"
    )
    assert problems(folder / "x") == ["policies/x: no such file or folder; check the path"]


@pytest.mark.parametrize(
    "text", ["text", "- a\n", "5", "policies: {a: b}\n", "policies: [5, null, [a], {}]\n"]
)
def test_another_shape_is_a_problem(folder: Path, text: str) -> None:
    """Whatever else a file holds, it is told without a traceback."""
    assert problems(written(folder, a=text))


def test_an_exemption_that_is_over_is_warned_of(folder: Path) -> None:
    """An exemption whose last day is past is told; one that ends today still holds."""
    text = (
        "protect:\n  - {app: A, reason: x, until: 2026-11-22}\n  - {app: B, reason: x, until: "
        "2026-11-23}\n"
    )
    text += POLICY.format("a") + "    exempt: [{app: C, reason: x, until: 2025-01-01}]\n"
    assert warnings(folder, text) == [
        (
            "policies/a.yaml:2:32: this exemption ended on 2026-11-22 and protects nothing; remove "
            "it or set a later day"
        ),
        (
            "policies/a.yaml:8:41: this exemption ended on 2025-01-01 and protects nothing; remove "
            "it or set a later day"
        ),
    ]


def test_a_policy_that_is_over_is_warned_of(folder: Path) -> None:
    """A policy whose last day is past is told.

    One that ends today, or has not begun, is as it should be.
    """
    text = POLICY.format("a") + "    until: 2026-11-22\n"
    text += (
        POLICY.format("b")[10:]
        + "    until: 2026-11-23\n"
        + POLICY.format("c")[10:]
        + "    from: 2026-11-24\n"
    )
    (warning,) = warnings(folder, text)
    assert warning == (
        "policies/a.yaml:5:12: this policy ended on 2026-11-22 and judges nothing; remove it or "
        "set a later day"
    )


def test_idle_where_silence_is_ambiguous_is_warned_of(folder: Path) -> None:
    """`idle` on solves and tasks loads when it is said twice, and is warned of where it stands."""
    rule = "{any: [{age: 9d}, {all: [{not: {idle: {over: 2h, kinds: [webui, task, solve]}}}]}]}"
    text = POLICY.format("a").replace("webui", "[webui, task]").replace("{age: 24h}", rule)
    (warning,) = warnings(folder, text)
    assert warning.startswith(
        "policies/a.yaml:4:52: a task session with a silent log is usually computing;"
    )


def test_a_quota_of_nothing_is_warned_of(folder: Path) -> None:
    """A quota that leaves no session is told."""
    (warning,) = warnings(
        folder, POLICY.format("a").replace("{age: 24h}", "{owner_sessions: {over: 0}}")
    )
    assert warning.startswith("policies/a.yaml:4:21: 'over: 0' leaves no owner a running session;")


def test_observing_is_not_warned_of(folder: Path) -> None:
    """A policy that only observes is as it should be."""
    assert warnings(folder, POLICY.format("a")) == []


def test_shipped_policies_are_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed program takes its ready-made policies from inside the package, a checkout from
    its root.
    """
    package = tmp_path / "reaper"
    monkeypatch.setattr(load, "_HERE", package)
    assert load.ready_made() == tmp_path / "policies"
    (package / "_shipped" / "policies").mkdir(parents=True)
    assert load.ready_made() == package / "_shipped" / "policies"
