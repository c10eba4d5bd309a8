"""`reaper policy check`: what is wrong, where it stands, and what programs make of it."""

from __future__ import annotations

import json

import pytest
from support.cli_tools import POLICIES, Cli, write_policies, write_settings

WRONG = POLICIES.replace("idle: 2h", "idel: 2h")
DOUBTFUL = POLICIES.replace("reason: operations", "reason: operations, until: 2020-12-31")


def test_the_line_is_shown_with_a_caret(reaper: Cli) -> None:
    """Below the place and the words stands the line itself, and a caret under what is meant."""
    result = reaper("policy", "check", str(write_policies(WRONG)))
    told, line, caret, count = result.err.splitlines()
    column = int(told.split(":")[2])
    assert "did you mean 'idle'?" in told
    assert line.removeprefix("    ")[column - 1 :].startswith("idel: 2h")
    assert caret == " " * (4 + column - 1) + "^"
    assert (result.code, count) == (2, "1 error")


@pytest.mark.parametrize(
    "description", ["x" * 300, "\t tab", "漢字 wide", "e\u0301 combined", "\u202e turned"]
)
def test_the_caret_stands_right_in_odd_lines(reaper: Cli, description: str) -> None:
    """Long lines are cut around the place, and wide and combining characters are counted as a
    terminal does.
    """
    text = (
        "policies: "
        f'[{{description: "{description}", nam: p, select: all, terminate_when: {{age: 2h}}}}]\n'
    )
    result = reaper("policy", "check", str(write_policies(text)))
    told, line, caret, *_ = result.err.splitlines()
    assert "unknown key 'nam'" in told
    assert len(line) <= 112
    assert caret.endswith("^")
    assert "nam: p" in line


@pytest.mark.parametrize("command", [("run",), ("plan",), ("sessions",)])
def test_every_command_shows_it(reaper: Cli, command: tuple[str, ...]) -> None:
    """Whoever reads policies tells what is wrong with them in the same way."""
    write_policies(WRONG)
    write_settings(acme="http://127.0.0.1:9")
    result = reaper(*command)
    assert (result.code, result.err.splitlines()[2].strip()) == (2, "^")


def test_no_line_of_the_settings_is_shown(reaper: Cli) -> None:
    """It may hold a key."""
    write_settings(acme="http://127.0.0.1:9", key="a-very-secret-key", more="intervall: 5m\n")
    result = reaper("run")
    assert result.code == 2
    assert "secret" not in result.err


def test_with_strict_a_warning_is_an_error(reaper: Cli) -> None:
    """For a pipeline that takes nothing doubtful."""
    path = str(write_policies(DOUBTFUL))
    assert reaper("policy", "check", path).code == 0
    assert reaper("policy", "check", path).err.endswith("1 warning\n")
    strict = reaper("policy", "check", path, "--strict")
    assert (strict.code, strict.err.endswith("1 error\n"), strict.out) == (2, True, "")


def test_json_for_programs(reaper: Cli) -> None:
    """Each problem with its place, level and code; none is an empty list."""
    (problem,) = reaper("policy", "check", str(write_policies(WRONG)), "-o", "json").json[
        "problems"
    ]
    assert {key: problem[key] for key in ("file", "level", "code")} == {
        "file": "policies/all.yaml", "level": "error", "code": "unknown-rule",
    }  # fmt: skip
    assert (problem["line"], problem["column"]) == (5, 22)
    fine = reaper("policy", "check", str(write_policies()), "-o", "json")
    assert (fine.code, fine.json) == (0, {"problems": []})


def test_sarif_for_code_scanning(reaper: Cli) -> None:
    """Version 2.1.0, with each rule named and each place relative to the folder."""
    log = reaper("policy", "check", str(write_policies(DOUBTFUL)), "-o", "sarif").json
    (run,) = log["runs"]
    (result,) = run["results"]
    assert log["version"] == "2.1.0"
    assert (
        [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        == ["exemption-over"]
        == [result["ruleId"]]
    )
    assert result["level"] == "warning"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "policies/all.yaml"}
    assert place["region"]["startLine"] == 7


def test_annotations_for_github(reaper: Cli) -> None:
    """One workflow command a problem, with everything escaped that would end it early."""
    text = WRONG.replace("reason: operations", "reson: '100%, or: more'")
    lines = reaper("policy", "check", str(write_policies(text)), "-o", "github").out.splitlines()
    assert lines[0].startswith(
        "::error file=policies/all.yaml,line=5,col=22,title=reaper%3A unknown-rule::'idel' is"
    )
    assert all(line.startswith("::error file=") for line in lines)


def test_a_place_outside_this_folder_is_a_whole_uri(
    reaper: Cli, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SARIF can name it all the same."""
    path = tmp_path_factory.mktemp("elsewhere") / "p.yaml"
    path.write_text("policies: {}\n", "utf-8")
    (result,) = json.loads(reaper("policy", "check", str(path), "-o", "sarif").out)["runs"][0][
        "results"
    ]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path.as_uri()
