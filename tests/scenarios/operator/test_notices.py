"""Everybody who is to be told is told of everything, in messages that their service takes; and
whether they can be told at all is tried when somebody asks.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from typing import Any

import pytest
from support.notice_servers import Hook, Post
from support.safety_cli import Cli, Desk

from reaper.emulator import Emulator

TELLING = """\
policies:
  - name: forgotten
    description: Free the seats.
    mode: notify
    select: {kind: webui}
    terminate_when: {age: 4h}
"""
OLD = {"owner": "anna@Planning", "age": "9h", "app": "Demand Forecasting for Northern Europe"}


@pytest.fixture
def hook(desk: Desk) -> Iterator[Hook]:
    made = Hook()
    with made.open() as url:
        desk.settings["notify"] = {"webhooks": [{"name": "ops", "url": url}]}
        yield made


def tenant(desk: Desk, count: int, **more: Any) -> Emulator:  # noqa: ANN401 - of a SessionSpec
    account = desk.account(*({**OLD, **more} for _ in range(count)))
    desk.write(TELLING, acme=account)
    return account


def told(hook: Hook) -> list[int]:
    """How many sessions each message names."""
    return [len(message["sessions"]) for message in hook.held]


def events(reaper: Cli) -> list[str]:
    rows = reaper("history", "--all", "-o", "json").json["history"]
    return [row["event"] for row in rows if row["event"] in ("told", "not-told")]


def test_eighty_sessions_are_told_in_parts(reaper: Cli, desk: Desk, hook: Hook) -> None:
    """None of the messages is larger than chat services take, each says what follows, and each has
    its own record; the next run tells nothing again.
    """
    tenant(desk, 80)
    run = reaper("run", "--enforce")
    assert run.code == 0, run.out
    assert len(hook.held) > 1
    assert max(hook.sizes) <= 24 * 1024
    assert len({s["session"] for message in hook.held for s in message["sessions"]}) == 80
    lefts = [message["left"] for message in hook.held]
    assert (lefts[-1], lefts) == (0, sorted(lefts, reverse=True))
    assert f"... and {lefts[0]} more, which further messages name" in hook.held[0]["text"]
    assert run.out.count("notified ops of") == len(hook.held)
    assert events(reaper) == ["told"] * 80
    assert (reaper("run", "--enforce").code, len(told(hook))) == (0, len(lefts))


def test_a_part_that_is_refused_is_told_by_the_next_run(
    reaper: Cli, desk: Desk, hook: Hook
) -> None:
    """What arrived is not told again; what did not is said to be missing, all of it."""
    tenant(desk, 80)
    hook.patience = 1
    run = reaper("run", "--enforce")
    first = told(hook)[0]
    assert (run.code, len(hook.held)) == (1, 2)
    assert f"could not notify ops of {80 - first} sessions (it answered 500)" in run.out
    hook.patience = 100
    assert reaper("run", "--enforce").code == 0
    known = [{s["session"] for s in message["sessions"]} for message in hook.held]
    later = set().union(*known[2:])
    assert (known[0] & later, len(known[0] | later)) == (set(), 80)
    assert sorted(events(reaper)) == ["not-told"] * (80 - first) + ["told"] * 80


@pytest.mark.slow
def test_a_flood_is_bounded(reaper: Cli, desk: Desk, hook: Hook) -> None:
    """Of very many a target gets so many messages a run; the rest is said, and told by the next."""
    tenant(desk, 900)
    run = reaper("run", "--enforce")
    left = 900 - sum(told(hook))
    assert (run.code, len(hook.held), left > 0) == (1, 10, True)
    assert f"could not notify ops of {left} sessions (no more than 10 messages a run are" in run.out
    reaper("run", "--enforce")
    assert sum(told(hook)) == 900


def test_a_mail_of_many_keeps_to_what_servers_take(reaper: Cli, desk: Desk) -> None:
    """It names every session, in lines and headers no longer than mail may have them."""
    post = Post()
    people = [f"somebody.with.a.long.name.{n}@department.example.com" for n in range(100)]
    with post.open() as port:
        crew = {"name": "crew", "host": "127.0.0.1", "port": port, "from": "r@example.com"}
        desk.settings["notify"] = {"emails": [{**crew, "to": people, "starttls": False}]}
        tenant(desk, 300, app="Plänner " * 300)
        assert reaper("run", "--enforce").code == 0
    texts = []
    for written in post.mails:
        assert max(len(line.encode()) for line in written.split("\n")) <= 998
        assert len(written.encode()) <= 1024 * 1024
        message = email.message_from_string(written, policy=email.policy.default)
        assert message["To"].count("@") == 100
        texts.append(message.get_content())
    assert "".join(texts).count("- webui session ") == 300


def checks(reaper: Cli, *options: str) -> tuple[int, list[tuple[str, bool, str]]]:
    done = reaper("doctor", "-o", "json", *options)
    found = done.json.get("notify", [])
    return done.code, [(check["name"], check["ok"], check["detail"]) for check in found]


def test_the_doctor_sends_only_when_it_is_asked(reaper: Cli, desk: Desk, hook: Hook) -> None:
    """Without --notify nothing is sent; with it each target gets a message that names nobody."""
    tenant(desk, 1)
    code, (check,) = checks(reaper)
    assert (code, check[:2], hook.held) == (0, ("ops", True), [])
    assert "--notify sends a test message" in check[2]
    code, (check,) = checks(reaper, "--notify")
    assert (code, check) == (0, ("ops", True, "it took a test message"))
    (message,) = hook.held
    assert (message["sessions"], message["test"]) == ([], True)
    assert message["text"].startswith("reaper: a test message.")
    assert events(reaper) == []


def test_the_doctor_says_who_cannot_be_told(reaper: Cli, desk: Desk, hook: Hook) -> None:
    """A target that refuses is exit code 1, with its own answer; the others are tried as well."""
    hook.status = 403
    post = Post()
    with post.open() as port:
        crew = {"name": "crew", "host": "127.0.0.1", "port": port, "from": "r@example.com"}
        desk.settings["notify"]["emails"] = [{**crew, "to": ["a@example.com"], "starttls": False}]
        tenant(desk, 1)
        code, found = checks(reaper, "--notify")
    assert code == 1
    assert found == [
        ("ops", False, "no test message: it answered 403"),
        ("crew", True, "it took a test message"),
    ]
    assert "reaper: a test message" in post.mails[0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/s3cret", "must begin with https://"),
        ("https:///s3cret", "name a host"),
        ("s3cret", "must begin with https://"),
    ],
)
def test_what_can_never_work_is_refused(reaper: Cli, desk: Desk, url: str, why: str) -> None:
    """An address that would give its secret away, or is none, is no setting; it is not repeated."""
    desk.settings["notify"] = {"webhooks": [{"name": "ops", "url": url}]}
    tenant(desk, 1)
    done = reaper("doctor")
    assert (done.code, why in done.err, "s3cret" in done.out + done.err) == (2, True, False)


def test_a_secret_that_is_not_there_is_found_by_the_doctor(
    reaper: Cli, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the environment or a file holds is looked at where the doctor runs."""
    desk.settings["notify"] = {"webhooks": [{"name": "ops", "url_env": "OPS_HOOK"}]}
    tenant(desk, 1)
    code, ((_, ok, why),) = checks(reaper)
    assert (code, ok, "set the environment variable OPS_HOOK" in why) == (1, False, True)
    monkeypatch.setenv("OPS_HOOK", "http://hooks.example.com/s3cret")
    code, ((_, ok, why),) = checks(reaper)
    assert (code, ok, "must begin with https://" in why) == (1, False, True)
    assert "s3cret" not in why


def test_a_mail_host_is_a_bare_name(reaper: Cli, desk: Desk) -> None:
    """An address in the place of a host is told before anything is sent."""
    crew = {"name": "crew", "host": "smtp://mail.example.com", "from": "r@example.com"}
    desk.settings["notify"] = {"emails": [{**crew, "to": ["a@example.com"]}]}
    tenant(desk, 1)
    done = reaper("doctor")
    assert (done.code, "write its bare name, like mail.example.com" in done.err) == (2, True)
