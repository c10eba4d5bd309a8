"""The picture of a dry run that README and the site begin with is what the program shows.

`RENEW_SCREENSHOT=1` writes it anew and fails on purpose; look at it, then run again without.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text
from support.processes import PATIENCE, PROGRAM

from reaper import emulator
from reaper.config.policies.load import ready_made
from reaper.emulator import DEFAULT_KEY, Config, Emulator

ROOT = Path(__file__).resolve().parents[3]
PICTURE = ROOT / "docs" / "images" / "dry-run.svg"
WIDTH = 120
POLICIES = "idle-webui.yaml", "max-age.yaml", "owner-quota.yaml"  # none of them looks at the hour
LAYOUT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px monospace; line-height: {line_height}px; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own layout would fetch a font from elsewhere."""


def in_a_terminal(folder: Path, url: str) -> str:
    """What `reaper run` writes on a terminal of that width."""
    policies = folder / "policies"
    policies.mkdir()
    for name in POLICIES:
        shutil.copy(ready_made() / name, policies)
    account = {"name": "acme", "url": url, "api_key": DEFAULT_KEY}
    environment = {
        **{name: value for name, value in os.environ.items() if name != "NO_COLOR"},
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
        "REAPER_ACCOUNTS": json.dumps([account]),
        "REAPER_POLICIES": str(policies),
        "REAPER_DATABASE_URL": f"sqlite:///{folder / 'reaper.db'}",
    }
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as shown:
        running = subprocess.Popen([PROGRAM, "run"], cwd=folder, env=environment, stdout=theirs)
        os.close(theirs)
        text = b""
        try:
            while chunk := shown.read(1 << 16):
                text += chunk
        except OSError:  # Linux says so when the program has closed its end
            pass
    assert running.wait(PATIENCE) == 0
    return text.decode().replace("\r\n", "\n")


def picture(shown: str) -> str:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ reaper run"))
    console.print(Text.from_ansi(shown.rstrip()))
    return console.export_svg(title="reaper", code_format=LAYOUT, unique_id="dry-run")


def timeless(svg: str) -> str:
    """Without the times of day, and how long a log has become meanwhile."""
    times = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", svg)
    return re.sub(r"line&#160;\d+&#160;of&#160;\d+", "line", times)


def test_the_picture_is_what_the_program_shows(tmp_path: Path) -> None:
    """It differs from a picture of now in the times only, and fetches nothing."""
    scenario = Path(emulator.__file__).parent / "demo.yaml"
    with Emulator(Config(scenario=scenario)) as account:
        now = picture(in_a_terminal(tmp_path, account.url))
    if os.environ.get("RENEW_SCREENSHOT"):
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(now, "utf-8")
        pytest.fail(f"{PICTURE} is written anew: look at it")
    assert timeless(PICTURE.read_text("utf-8")) == timeless(now)
    assert "http" not in now.replace("http://www.w3.org/2000/svg", "")
