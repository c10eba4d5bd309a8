"""The walls hold.

What is forbidden is planted in a copy of the house, and each contract is seen to break.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import reaper

ROOT = Path(reaper.__file__).resolve().parents[1]
LINTER = Path(sys.executable).with_name("lint-imports")
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
    "tool"
]["importlinter"]["contracts"]
PROTECTED = [one for one in CONTRACTS if one["type"] == "protected"]
UPWARDS = {
    "config": "reaper.store",
    "core/model": "reaper.core.language",
    "core/language": "reaper.core.judging",
    "core/judging": "reaper.core.planning",
    "core/planning": "reaper.core.explaining",
    "daemon": "reaper.web",
    "errors.py": "reaper.core",
    "logs": "reaper.errors",
    "notify": "reaper.platforms",
    "platforms": "reaper.notify",
    "ports.py": "reaper.config",
    "run": "reaper.store",
    "store": "reaper.run",
    "usecases": "reaper.daemon",
    "web": "reaper.cli",
}
"""An import that points up, or sideways, from each of these rooms."""
REACHING_OUT = {
    "core/judging": ["os", "socket", "logging", "time"],
    "ports.py": ["pathlib"],
    "emulator": ["reaper.clock", "reaper.core", "reaper.errors", "reaper.logs"],
    "web": ["reaper.platforms", "reaper.run.pipeline"],
}


def entries() -> list[str]:
    """What stands at the door: packages by name, modules with their suffix."""
    packages = [one.parent.name for one in (ROOT / "reaper").glob("*/__init__.py")]
    modules = [one.name for one in (ROOT / "reaper").glob("*.py") if one.name != "__init__.py"]
    return sorted([*packages, *modules])


def test_each_entry_stands_in_the_map() -> None:
    """Whoever opens the door finds each room and module in the map of reaper/__init__.py."""
    assert reaper.__doc__ is not None
    named = set(re.findall(r"(?<![\w/])(\w+(?:\.py|(?=/)))", reaper.__doc__.partition(":\n")[2]))
    assert [one for one in entries() if one not in named] == []


def test_the_map_names_nothing_else() -> None:
    """Each room of the map is there."""
    rooms = re.findall(r"(?m)^    (\w+(?:\.py)?)/? ", reaper.__doc__ or "")
    assert rooms
    assert [one for one in rooms if one not in entries()] == []


def test_each_room_has_a_layer() -> None:
    """The layers name every room, so that none can be outside of the walls."""
    (layers,) = (one["layers"] for one in CONTRACTS if one.get("containers") == ["reaper"])
    named = {room.strip() for layer in layers for room in layer.split("|")}
    assert named == {one.removesuffix(".py") for one in entries()}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A copy of the house, to plant in; it goes afterwards, for it holds the emulator's key."""
    leave = shutil.ignore_patterns("__pycache__", "_shipped")
    shutil.copytree(ROOT / "reaper", tmp_path / "reaper", ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path / "reaper")


def plant(house: Path, room: str, *imports: str) -> str:
    """Have a new module of the room import these; a room that is a module itself imports them."""
    file = house / "reaper" / room
    file = file if file.suffix else file / "planted.py"
    with file.open("a", encoding="utf-8") as opened:
        opened.writelines(f"\nimport {one}  # planted" for one in imports)
    return file.relative_to(house).with_suffix("").as_posix().replace("/", ".")


def lint(house: Path) -> str:
    """What import-linter says of the copy, on one line."""
    command = [str(LINTER), "--no-cache"]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split())


def told(output: str, module: str, imported: str) -> bool:
    """Whether the import is among what breaks a contract."""
    return re.search(rf"\b{module} -> {imported}\b", output) is not None


@pytest.mark.slow
def test_the_walls_stand_where_nothing_is_planted(house: Path) -> None:
    """Without this the other tests would show nothing."""
    output = lint(house)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in output


@pytest.mark.slow
def test_a_library_is_kept_out_of_every_other_room(house: Path) -> None:
    """Each protected library is planted in each room that may not import it."""
    planted = []
    for contract in PROTECTED:
        homes = {one.split(".")[1] for one in contract["allowed_importers"]}
        for room in entries():
            if room.removesuffix(".py") not in homes:
                libraries = contract["protected_modules"]
                planted += [(plant(house, room, library), library) for library in libraries]
    output = lint(house)
    for contract in PROTECTED:
        assert f"{contract['name']} BROKEN" in output
    assert [one for one in planted if not told(output, *one)] == []


@pytest.mark.slow
def test_no_room_uses_what_stands_above_or_beside_it(house: Path) -> None:
    """An import that points up breaks the layers, of the house and of the core."""
    planted = [(plant(house, room, above), above) for room, above in UPWARDS.items()]
    output = lint(house)
    assert "Rooms: each may use only what lies below it BROKEN" in output
    assert "The core has layers too BROKEN" in output
    assert [one for one in planted if not told(output, *one)] == []


@pytest.mark.slow
def test_no_import_goes_round_within_a_room(house: Path) -> None:
    """A module that imports what imports it is told, also within one room."""
    plant(house, "store/database.py", "reaper.store.migrate")
    assert "No import goes round BROKEN" in lint(house)


@pytest.mark.slow
@pytest.mark.parametrize("room", REACHING_OUT)
def test_no_room_reaches_out_where_it_must_not(house: Path, room: str) -> None:
    """The core does no I/O, the emulator shares nothing with the rest, the web reads."""
    imports = REACHING_OUT[room]
    module = plant(house, room, *imports)
    output = lint(house)
    assert [one for one in imports if not told(output, module, one)] == []


@pytest.mark.slow
@pytest.mark.parametrize("newcomer", ["reaper/stray.py", "reaper/core/stray.py"])
def test_a_module_that_nobody_listed_is_told(house: Path, newcomer: str) -> None:
    """Layers are exhaustive: what stands in none of them breaks the contract."""
    (house / newcomer).write_text('"""A stray."""\n', "utf-8")
    output = lint(house)
    assert " BROKEN" in output
    assert "stray" in output
