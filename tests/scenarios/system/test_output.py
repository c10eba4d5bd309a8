"""What becomes of the output never breaks off what was to be done, and never hides that it was lost."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support.processes import Shell, Start

FLEET = """\
sessions:
  - {owner: "josé@Planning", app: "Über", age: 9h, idle: 5h}
  - {owner: ben@Supply, age: 3h, idle: 5m}
"""


def bash(shell: Shell, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which `reaper` is the program; what it left of standard error and output."""
    return subprocess.run(
        ["bash", "-c", f'reaper() {{ {" ".join(shell.program)} "$@"; }}; {line}'],
        cwd=shell.folder,
        env={**shell.environment, **more},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (">/dev/full", 1),
        ("| true; exit ${PIPESTATUS[0]}", 0),
        (">&-", 0),
        (">&- 2>&- <&-", 0),
        (">/dev/full 2>/dev/full", 1),
    ],
)
def test_a_run_is_complete_whatever_becomes_of_its_report(
    shell: Shell, start: Start, where: str, code: int
) -> None:
    """The session is ended and recorded; the exit code is the run's, or tells that its report is lost."""
    account = start(scenario=FLEET)
    done = bash(shell, f"reaper run --enforce {where}")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert (code == 0) is ("could not be written" not in done.stderr) or "2>" in where
    (run,) = shell.json("runs")["runs"]
    assert run["finished_at"] is not None
    assert run["outcomes"] == {"terminated": 1} == {"terminated": len(account.ended())}


@pytest.mark.slow
def test_a_halted_run_keeps_its_exit_code_on_a_full_disk(shell: Shell, start: Start) -> None:
    """What the run has to say is graver than that its report is lost."""
    start(scenario=FLEET)
    limits = '{"run": {"sessions": 0}}'
    done = bash(shell, "reaper run --enforce >/dev/full", REAPER_LIMITS=limits)
    assert done.returncode == 5
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_what_an_encoding_does_not_have_is_written_out(shell: Shell, start: Start) -> None:
    """A name that the terminal cannot show costs neither the report nor the exit code."""
    start(scenario=FLEET)
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command, encoding in (("run", plain), ("sessions", ascii_only), ("history -o csv", plain)):
        done = bash(shell, f"reaper {command}", **encoding)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.isascii()
        assert r"jos\xe9@Planning" in done.stdout


@pytest.mark.slow
def test_a_user_without_a_home_is_told_what_to_set(shell: Shell, start: Start) -> None:
    """Without HOME and a name, the database needs a place; with one everything works."""
    start(scenario=FLEET)
    nobody = "env -u HOME -u XDG_DATA_HOME setpriv --reuid 4242 --regid 4242 --clear-groups"
    line = f"{nobody} {' '.join(shell.program)} run"
    if bash(shell, f"{nobody} {' '.join(shell.program)} --version").returncode != 0:
        pytest.skip("this user cannot become another, or that one cannot run the program")
    unreadable = bash(shell, line)  # the folder is another user's
    assert (unreadable.returncode, unreadable.stderr.count("\n")) == (2, 1)
    with TemporaryDirectory() as folder:
        shutil.copytree(shell.folder / "policies", Path(folder) / "policies")
        Path(folder).chmod(0o777)
        shell.folder = Path(folder)
        assert bash(shell, line, REAPER_DATABASE_URL="sqlite:///own.db").returncode == 0
        del shell.environment["REAPER_DATABASE_URL"]
        told = bash(shell, line)
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert "REAPER_DATABASE_URL" in told.stderr
