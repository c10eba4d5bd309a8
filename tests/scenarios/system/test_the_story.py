"""The main job as an administrator does it, with real processes."""

import subprocess

import pytest
from support.processes import FLEET, Shell, Start


@pytest.mark.parametrize("generation", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_the_demo_tells_the_whole_story(shell: Shell, generation: str) -> None:
    """`reaper demo` shows the fleet, the plan, the enforcement and the history on two screens, and
    exits with 0.
    """
    told = shell("demo", "--generation", generation)
    chapters = told.stdout.split("\n── ")[1:]
    assert (told.returncode, told.stderr) == (0, "")
    assert len(chapters) == 4
    assert [chapter.count("withheld") for chapter in chapters[:3]] == [0, 3, 0]
    assert [chapter.count("seen ") for chapter in chapters[:3]] == [0, 0, 3]
    for owner in (
        "ben@Supply",
        "anna@Planning",
        "carla@Planning",
        "admin@ROOT",
        "dan@Planning",
        "eva@Supply",
    ):
        assert owner in told.stdout
    assert len(told.stdout.splitlines()) <= 100


@pytest.mark.slow
@pytest.mark.parametrize("generation", ["1", "2"])
def test_from_doctor_to_history(shell: Shell, start: Start, generation: str) -> None:
    """doctor, sessions, a dry run, an enforcing run, history and another run, against a process of
    its own.
    """
    account = start("--generation", generation, scenario=FLEET)
    assert shell("doctor").returncode == 0
    (seen,) = shell.json("sessions")["accounts"]
    (dry,) = shell.json("run")["runs"]
    assert (len(seen["sessions"]), [s["outcome"] for s in dry["steps"]]) == (3, ["withheld"])
    assert account.ended() == []
    (run,) = shell.json("run", "--enforce")["runs"]
    (step,) = run["steps"]
    assert (step["owner"], step["outcome"], account.ended()) == (
        "anna@Planning",
        "terminated",
        [step["session"]],
    )
    events = [e["event"] for e in shell.json("history", "--session", step["session"])["history"]]
    assert events[:2] == ["terminated", "intended"]
    (again,) = shell.json("run", "--enforce")["runs"]
    assert (again["sessions"], again["steps"]) == (2, [])


@pytest.mark.slow
@pytest.mark.parametrize("generation", ["1", "2"])
def test_a_seeded_fleet_is_looked_after(shell: Shell, start: Start, generation: str) -> None:
    """Of a whole emulated account just the planned sessions end, and a second look finds
    them gone.
    """
    account = start("--generation", generation, "--sessions", "60", "--seed", "7")
    (run,) = shell.json("run", "--enforce")["runs"]
    outcomes = {s["session"]: s["outcome"] for s in run["steps"]}
    assert outcomes
    assert set(account.ended()) <= set(outcomes)
    assert {s for s, outcome in outcomes.items() if outcome == "terminated"} <= set(account.ended())
    assert not outcomes.keys() & {
        s["session"] for s in shell.json("sessions")["accounts"][0]["sessions"]
    }


@pytest.mark.slow
def test_what_emulate_invites_to_works(shell: Shell, start: Start) -> None:
    """The lines that `reaper emulate` prints can be pasted into another shell, in any folder."""
    account = start(scenario=FLEET)
    assert account.process.stdout is not None
    lines = [account.process.stdout.readline().strip() for _ in range(4)]
    assert [line.split()[0] for line in lines[:2]] == ["export", "export"]
    path = f"{shell.program[0].rsplit('/', 1)[0]}:{shell.environment['PATH']}"
    pasted = subprocess.run(
        ["sh", "-c", "set -e\n" + "\n".join(lines)],
        cwd=shell.folder,
        env={**shell.environment, "PATH": path},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (pasted.returncode, pasted.stderr) == (0, "")
    assert "anna@Planning" in pasted.stdout
