"""The wheel holds all that the program needs, wherever it is installed."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from support.processes import Shell

ROOT = Path(__file__).resolve().parents[3]


def run(*command: str | Path, cwd: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=clean, text=True, capture_output=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_ships_migrations_and_policies(wheel: Path) -> None:
    """Every migration, every ready-made policy with its cases, the emulator's fleet and the type
    marker are inside.
    """
    inside = set(zipfile.ZipFile(wheel).namelist())
    shipped = [*(ROOT / "migrations").rglob("*.py"), *(ROOT / "policies").rglob("*.yaml")]
    wanted = {f"reaper/_shipped/{path.relative_to(ROOT)}" for path in shipped}
    assert len(wanted) >= 6
    assert wanted | {"reaper/py.typed", "reaper/emulator/demo.yaml"} <= inside
    assert not [name for name in inside if name.startswith(("tests/", "migrations/", "policies/"))]


@pytest.mark.slow
def test_the_wheel_runs_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Installed into a fresh environment, `reaper --version`, `demo`, `init` and `db` work in any
    folder.
    """
    made = tmp_path / "venv"
    venv.create(made, with_pip=False)
    python = made / "bin" / "python"
    own = sysconfig.get_paths(vars={"base": str(made), "platbase": str(made)})["purelib"]
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    run(*pip, "--no-warn-script-location", wheel, cwd=tmp_path)
    # The dependencies come from this environment; a path file puts them last, and runs no path
    # files of theirs.
    Path(own, "dependencies.pth").write_text(sysconfig.get_paths()["purelib"], "utf-8")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shell = Shell(folder, {"PYTHONPATH": ""}, (str(made / "bin" / "reaper"),))
    where = subprocess.check_output([python, "-c", "import reaper; print(reaper.__file__)"], cwd=folder, text=True,
                                    env=shell.environment)  # fmt: skip
    assert Path(where.strip()).is_relative_to(made)
    assert shell("--version").stdout.startswith("reaper, version ")
    assert "seen terminated" in shell("demo").stdout
    assert shell("init").returncode == 0
    assert (shell("policy", "check").returncode, shell("policy", "test").returncode) == (0, 0)
    assert (shell("db", "upgrade").returncode, shell("db", "check").returncode) == (0, 0)
