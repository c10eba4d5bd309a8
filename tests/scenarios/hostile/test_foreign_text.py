"""Text from outside is shown wherever it appears, and obeyed nowhere."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import cast

import httpx
import pytest
from support.hostile_house import IDLE, House
from support.notice_servers import Hook, Post

from reaper.config.settings.http import HttpSettings
from reaper.store import open_database
from reaper.web.app import create_app
from reaper.web.server import serve
from reaper.web.status import StatusReader

NASTY = "=[/x][bold]\x1b[2J\x07\r\nFORGED\u2028\u202e\ufeff\x9b2J\x7f\\"
SHOWN = r"=[/x][bold]\x1b[2J\x07\r\nFORGED\u2028\u202e\ufeff\x9b2J\x7f" + "\\"
OWNER = f"{NASTY}@Planning"
TELLING = {**IDLE, "name": "told", "mode": "notify"}
LOOKING = ["sessions", "plan", "doctor", "run", "run -q", "--log-level debug run", "policy check"]
AFTER = [
    "history",
    "history --all",
    "history -o csv",
    "runs",
    "explain bbbb",
    "explain aaaa --at 2026-11-23T12:00",
    "exempt list",
    "exempt list -o csv",
    "policy diff policies policies",
]
PAUSED = ["status", "run --enforce", "run --enforce -q", "plan", "explain bbbb", "resume"]
PROGRAMS = ["run -o json", "sessions -o json", "explain bbbb -o json", "doctor -o json"]
RECORDS = ["status -o json", "history -o json", "runs -o json", "exempt list -o json"]


def fleet(house: House) -> None:
    """Everything that a session-manager can name bears the same name, and it is no good one."""
    house.may_end = {"aaaa"}
    for id_ in ("aaaa", "bbbb"):
        idle = "5h" if id_ == "aaaa" else "1m"
        house.session(id_, owner=OWNER, idle=idle, app_name=NASTY, name=NASTY, app_version=NASTY)
    house.session("[/x]\x1b", kind="webui", state=["[/x]"], user_name=NASTY)
    house.session(NASTY, state=NASTY, message=NASTY, owner=OWNER)
    house.session("cccc", owner=OWNER, created_at=NASTY, started_at=NASTY)


def harmless(text: str) -> bool:
    """Whether it is lines that only show characters, none of which somebody else began."""
    printable = all(line.isprintable() for line in text.split("\n"))
    return printable and not any(line.lstrip().startswith("FORGED") for line in text.split("\n"))


def test_hostile_names_are_shown_by_every_command(house: House) -> None:
    """No command, report or log line obeys what a session is called, and none breaks on it."""
    fleet(house)
    house.write(IDLE, TELLING)
    house.reaper("exempt", "add", "--name", NASTY, "--until", "1h", "--reason", NASTY, "--by", "x")
    house.reaper("exempt", "remove", "1", "--reason", NASTY, "--by", NASTY)
    done = {line: house.reaper(*line.split()) for line in LOOKING}
    done["plan -o"] = house.reaper("plan", "-o", "plan.json")
    house.reaper("sessions", "--keep", "fleet.json")
    done["kept"] = house.reaper("policy", "diff", "policies", "policies", "--fleet", "fleet.json")
    done["apply"] = house.reaper("apply", "plan.json", "--enforce")
    done["again"] = house.reaper("apply", "plan.json")
    done |= {line: house.reaper(*line.split()) for line in AFTER}
    house.reaper("pause", "--reason", NASTY, "--by", NASTY)
    done |= {f"paused: {line}": house.reaper(*line.split()) for line in PAUSED}
    for line, one in done.items():
        assert harmless(one.out), (line, one.out)
        assert harmless(one.err), (line, one.err)
        assert "Traceback" not in one.err, line
    assert house.done == {"aaaa"}
    for line in ("sessions", "plan", "apply", "explain bbbb"):
        assert r"=[/x][bold]\x1b[2J\x07" in done[line].out, line


def test_programs_get_every_name_as_it_is(house: House) -> None:
    """JSON holds what was sent, and is ASCII; CSV holds one line an entry, and no formula."""
    fleet(house)
    house.write(IDLE, TELLING)
    for line in (*PROGRAMS, *RECORDS):
        one = house.reaper(*line.split())
        assert harmless(one.out), line
        assert json.loads(one.out), line
    found = json.loads(house.reaper("sessions", "-o", "json").out)["accounts"][0]["sessions"]
    assert NASTY in {one["app"] for one in found}
    house.reaper("plan", "-o", "plan.json")
    house.reaper("sessions", "--keep", "fleet.json")
    lines = house.reaper("history", "-o", "csv").out
    for name in ("plan.json", "fleet.json"):
        assert harmless(Path(name).read_text("utf-8")), name
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert len(rows) == lines.count("\n") - 1
    assert {row["app"] for row in rows} == {f"'{SHOWN}", "Planner"}


def test_those_who_are_told_get_lines_that_only_show(house: House) -> None:
    """A mail and a chat message hold a hostile name on one line, and call nobody by it."""
    hook, post = Hook(), Post()
    fleet(house)
    with hook.open() as url, post.open() as port:
        mail = {"name": "crew", "host": "127.0.0.1", "port": port, "starttls": False}
        mail |= {"from": "a@example.com", "to": ["b@example.com"]}
        house.settings["notify"] = {"webhooks": [{"name": "ops", "url": url}], "emails": [mail]}
        house.run(TELLING)
    (held,) = hook.held
    (sent,) = post.mails
    assert harmless(held["text"])
    message = message_from_string(sent, policy=default)
    assert harmless(message["Subject"])
    assert harmless(message.get_content().replace("\r\n", "\n"))


def test_the_api_answers_in_ascii(house: House) -> None:
    """Whoever asks with curl sees each name, and no terminal obeys it."""
    fleet(house)
    house.run(IDLE, enforce=False)
    with closing(open_database(house.database_url)) as store:
        app = create_app(lambda: store, HttpSettings(), cast("StatusReader", None))
        with serve(app, "127.0.0.1:0") as url, httpx.Client(base_url=url, trust_env=False) as api:
            for name in ("decisions", "steps", "runs", "policies", "sessions"):
                answer = api.get(f"/api/v1/{name}")
                assert answer.status_code == 200
                assert answer.text.isascii()
                assert harmless(answer.text)
    sessions = answer.json()["items"]
    assert NASTY in {one["app"] for one in sessions}


@pytest.mark.parametrize("broken", ["[/x]", "\x1b]0;x\x07", "a\nreaper: FORGED"])
def test_a_plan_of_somebody_else_is_refused_in_one_line(house: House, broken: str) -> None:
    """What a file on disk is told to be about cannot write lines of its own."""
    fleet(house)
    house.write(IDLE)
    house.reaper("plan", "-o", "plan.json")
    written = json.loads(Path("plan.json").read_text("utf-8"))
    written["plans"][0]["account"] = broken
    Path("plan.json").write_text(json.dumps(written), "utf-8")
    refused = house.reaper("apply", "plan.json")
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert harmless(refused.err)
