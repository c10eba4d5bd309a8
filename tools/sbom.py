"""Write the bill of materials of a release, as CycloneDX: `make sbom`.

What an installation with every extra of the program brings along, in the versions and with the
hashes of the lock; nothing that only tests and linters need. The same lock gives the same bytes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from reaper import __version__

ROOT = Path(__file__).parents[1]
EXTRAS = ("holidays", "postgres")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_OPTIONS = ("--output-reproducible", "--output-format", "JSON")


def main(folder: Path) -> Path:
    """The file that it wrote into the folder."""
    entries = dict(_entries())
    lines = "\n".join(entries[name][0] for name in sorted(_needed(entries)))
    program = (sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements")
    command = (*program, "--pyproject", str(ROOT / "pyproject.toml"), *_OPTIONS, "-")
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    bill = json.loads(done.stdout)
    bill["metadata"]["component"]["version"] = __version__
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"aimms_reaper-{__version__}.cdx.json"
    file.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", "utf-8")
    return file


def _entries() -> Iterator[tuple[str, tuple[str, set[str]]]]:
    """Each locked package: its lines, and the packages that need it."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    for lines in re.split(r"\n(?=[A-Za-z0-9])", text):
        requirement, _, why = lines.partition("    # via")
        needed_by = set(_NAME.findall(why.replace("(pyproject.toml)", "")))
        yield _normal(lines), (requirement.rstrip(), needed_by)


def _needed(entries: dict[str, tuple[str, set[str]]]) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = project["dependencies"] + [
        requirement for extra in EXTRAS for requirement in project["optional-dependencies"][extra]
    ]
    needed: set[str] = set()
    found = {_normal(requirement) for requirement in direct}
    while found - needed:
        needed |= found
        found = {name for name, (_, needed_by) in entries.items() if needed_by & needed}
    return needed


def _normal(requirement: str) -> str:
    match = _NAME.match(requirement)
    assert match is not None, requirement  # noqa: S101 - the lock is ours
    return re.sub(r"[-_.]+", "-", match[0]).lower()


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
