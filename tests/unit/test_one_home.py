"""What may be done in one place alone is done nowhere else: output, markup, and files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import reaper

HOUSE = Path(reaper.__file__).parent
OUTPUT = "cli/output.py"
TABLES = "cli/views/render.py"
HOMES: dict[str, list[str]] = {
    "print": [TABLES],
    "echo": [],
    "secho": [OUTPUT],
    "stdout.write": [OUTPUT],
    "stderr.write": [OUTPUT],
    "from_markup": [TABLES],
    "append_markup": [],
    "Console": [TABLES, "cli/options.py"],
    "open": ["files.py", "emulator/scenario.py"],
    "fdopen": ["files.py", OUTPUT],
    "read_text": [],
    "read_bytes": ["files.py"],
    "write_text": [],
    "write_bytes": [],
    "mkstemp": [],
    "NamedTemporaryFile": [],
}
"""A call of these names, and the modules that may make one."""
OWN = {"files.read_text", "files.read_bytes", "files.write_text", "os.open"}
TEMPLATES = {"line", "marked"}
"""Their first argument may hold markup, and is therefore written out where it is used."""


def violations(text: str, module: str) -> Iterator[str]:
    """What the module does that belongs elsewhere."""
    constants = {
        target.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        name, last_two = called.rpartition(".")[2], ".".join(called.split(".")[-2:])
        homes = HOMES.get(name, HOMES.get(last_two))
        if homes is not None and module not in homes and called not in OWN:
            yield f"{module}:{node.lineno}: {called}"
        elif name in TEMPLATES and module.startswith("cli/") and module != TABLES:
            template = node.args[0]
            known = isinstance(template, ast.Constant) or ast.unparse(template) in constants
            if not known:
                yield f"{module}:{node.lineno}: {called} with {ast.unparse(template)}"


def test_every_way_out_and_every_file_goes_through_its_home() -> None:
    """No module prints, parses markup, or opens files around `cli/output.py` and `files.py`."""
    modules = {file.relative_to(HOUSE).as_posix(): file for file in HOUSE.rglob("*.py")}
    told = [
        one
        for module, file in modules.items()
        if not module.startswith("_shipped/")
        for one in violations(file.read_text("utf-8"), module)
    ]
    assert told == []


@pytest.mark.parametrize(
    "planted",
    [
        "print(owner)",
        "click.echo(owner)",
        "sys.stdout.write(owner)",
        "out.line(f'[bold]{owner}[/]')",
        "out.line('[bold]' + owner)",
        "out.line(owner)",
        "Text.from_markup(owner)",
        "Console().print(owner)",
        "Path(name).open()",
        "open(name)",
        "path.read_text('utf-8')",
        "path.write_text(owner)",
    ],
)
def test_a_way_around_is_found(planted: str) -> None:
    """Each way around a home that somebody may take is told."""
    assert list(violations(planted, "cli/planted.py"))
