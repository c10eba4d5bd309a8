"""`reaper plan`: a format as everywhere, and a file beside it."""

from __future__ import annotations

from pathlib import Path

from support.safety_cli import Cli, Desk, ended
from support.safety_house import idle


def test_a_plan_is_printed_as_json_and_written_to_a_file(reaper: Cli, desk: Desk) -> None:
    """Standard output is the JSON alone; the file is what `apply` takes."""
    desk.settings = {"limits": {"run": {"sessions": 1}}}
    account = desk.acme(idle("s1"), idle("s2", "ben@Supply", age="8h"))
    made = reaper("plan", "-o", "json", "--out", "plan.json")
    (plan,) = made.json["plans"]
    assert (made.code, "written to plan.json" in made.err) == (5, True)
    assert [step["session"] for step in plan["steps"]] == ["s1", "s2"]
    assert (plan["account"], plan["policies"]) == ("acme", {"idle": {"offender": 2}})
    assert plan["planned"] == {
        "actions": {"terminate": 2},
        "policies": {"idle": 2},
        "within_limits": 1,
    }
    assert "at most 1 are allowed" in plan["blocked"]
    again = ("apply", "plan.json", "--at-most", "1", "--oldest", "--enforce")
    assert (reaper(*again).code, ended(account)) == (0, ["s1"])


def test_a_file_after_o_is_written_as_ever(reaper: Cli, desk: Desk) -> None:
    """A format that is misspelt makes no file, and two files are a slip."""
    desk.acme(idle("s1"))
    assert reaper("plan", "-o", "plan.json").code == 0
    assert Path("plan.json").exists()
    slip = reaper("plan", "-o", "jsn")
    assert (slip.code, "did you mean 'json'?" in slip.err) == (2, True)
    assert reaper("plan", "-o", "a.json", "--out", "b.json").code == 2
    assert not any(Path(name).exists() for name in ("jsn", "a.json", "b.json"))
