"""Policies in mode notify.

Offenders are left alone, and the people whom the settings name are told of each once.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli_tools import Cli, Open, ended, is_one_line, write_policies, write_settings
from support.notice_servers import Hook, Post

from reaper.emulator import Emulator

POLICY = """\
policies:
  - name: forgotten
    description: Free the seats.
    mode: notify
    select: {kind: webui}
    terminate_when: {age: 4h}
"""
HARD = """\
  - name: hard
    mode: enforce
    select: {owner: anna@Planning}
    terminate_when: {age: 30m}
"""
OLD = {"owner": "anna@Planning", "age": "9h"}
YOUNG = {"owner": "ben@Supply", "age": "1h"}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A hook, whose address is in the environment."""
    made = Hook()
    with made.open() as url:
        monkeypatch.setenv("OPS_HOOK", url)
        yield made


@pytest.fixture
# its address is named in the settings
def acme(tenant: Open, hook: Hook) -> Emulator:  # noqa: ARG001
    """An account with one offender of a policy that tells."""
    account = tenant(OLD, YOUNG)
    write_policies(POLICY)
    settings(account)
    return account


def settings(account: Emulator, more: str = "") -> None:
    write_settings(
        acme=account.url, more=f"notify:\n  webhooks: [{{name: ops, url_env: OPS_HOOK}}]\n{more}"
    )


def told(hook: Hook) -> list[list[str]]:
    """The owners that each message names."""
    return [[session["owner"] for session in message["sessions"]] for message in hook.held]


def test_an_offender_is_told_of_once(reaper: Cli, acme: Emulator, hook: Hook) -> None:
    """The session is left alone, the target is told, and the next runs tell nothing again."""
    first = reaper("run", "--enforce")
    assert (first.code, first.err, ended(acme)) == (0, "", [])
    assert "notified ops of 1 session" in first.out
    assert "offenders of policies in mode notify, left alone:" in first.out
    assert told(hook) == [["anna@Planning"]]
    assert "forgotten: Free the seats." in hook.held[0]["text"]
    again = reaper("run", "--enforce", "-o", "json").json["runs"][0]
    assert (again["told"], [c["owner"] for c in again["notify"]]) == ([], ["anna@Planning"])
    assert told(hook) == [["anna@Planning"]]
    assert "told" in reaper("history", "--outcome", "told").out


def test_one_message_tells_of_all_that_is_new(reaper: Cli, acme: Emulator, hook: Hook) -> None:
    """Sessions that offend later are told of in a message of their own, without those that are
    known.
    """
    reaper("run", "--enforce")
    write_policies(POLICY.replace("4h", "30m"))
    reaper("run", "--enforce")
    assert told(hook) == [["anna@Planning"], ["ben@Supply"]]
    assert acme.world.terminated == []


@pytest.mark.usefixtures("acme")
def test_one_that_offends_again_is_told_of_again(reaper: Cli, hook: Hook) -> None:
    """After it was no offender, here for an exemption, it is new."""
    reaper("run", "--enforce")
    write_policies(POLICY + "    exempt: [{owner: anna@Planning, reason: asked}]\n")
    reaper("run", "--enforce")
    assert len(hook.held) == 1
    write_policies(POLICY)
    reaper("run", "--enforce")
    assert told(hook) == [["anna@Planning"]] * 2


@pytest.mark.usefixtures("acme")
def test_a_dry_run_tells_nobody(reaper: Cli, hook: Hook) -> None:
    """It says whom it would have told of how many, and the enforcing run after it still tells."""
    dry = reaper("run")
    assert "dry run: nobody was notified; --enforce would notify ops of 1 session" in dry.out
    assert hook.held == []
    reaper("run", "--enforce")
    assert len(hook.held) == 1


@pytest.mark.usefixtures("acme")
def test_what_could_not_be_told_is_tried_again(reaper: Cli, hook: Hook) -> None:
    """A target in trouble is told of in the report and by exit code 1, and gets its message from
    the next run.
    """
    hook.status = 500
    failed = reaper("run", "--enforce")
    assert failed.code == 1
    assert (
        "could not notify ops of 1 session (it answered 500); the next run tries again"
        in failed.out
    )
    hook.status = 200
    assert reaper("run", "--enforce").code == 0
    assert len(hook.held) == 2
    events = [entry["event"] for entry in reaper("history", "-o", "json").json["history"]]
    assert events == ["told", "not-told", "offender"]


def test_each_target_has_its_own_trouble(reaper: Cli, acme: Emulator, hook: Hook) -> None:
    """Mail and webhook are told apart.

    Who was told already is not told again for another's sake.
    """
    post = Post()
    with post.open() as port:
        mail = f"{{name: crew, host: 127.0.0.1, port: {port}, from: r@x.com, to: [a@x.com], starttls: false}}"
        settings(acme, f"  emails: [{mail}]\n")
        post.answers = {"DATA": "451 later"}
        assert reaper("run", "--enforce").code == 1
        post.answers = {}
        assert reaper("run", "--enforce").code == 0
    assert (len(hook.held), len(post.mails)) == (1, 1)


def test_what_was_ended_is_not_told_of(reaper: Cli, acme: Emulator, hook: Hook) -> None:
    """A session that another policy ended in the same run needs nobody's attention."""
    write_policies(POLICY + HARD)
    assert "notified" not in reaper("run", "--enforce").out
    assert (len(ended(acme)), hook.held) == (1, [])


@pytest.mark.usefixtures("acme")
def test_a_missing_secret_stops_no_run(reaper: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions are ended as ever; that nobody could be told is said."""
    monkeypatch.delenv("OPS_HOOK")
    write_policies(POLICY + HARD.replace("anna@Planning", "ben@Supply"))
    done = reaper("run", "--enforce", "-o", "json")
    (run,) = done.json["runs"]
    assert (done.code, [s["outcome"] for s in run["steps"]]) == (1, ["terminated"])
    assert run["told"] == [
        {
            "target": "ops",
            "outcome": "not-told",
            "detail": "webhook 'ops': its address is missing; set the environment variable OPS_HOOK",
            "sessions": 1,
        }
    ]


def test_nobody_to_tell(reaper: Cli, acme: Emulator) -> None:
    """Where the settings name nobody, a policy that tells is warned of, by the check and by each
    run.
    """
    write_settings(acme=acme.url)
    warning = (
        "warning: nobody is notified of what forgotten finds: name a target under 'notify' in the "
        "settings\n"
    )
    for command in (("policy", "check"), ("run", "--enforce")):
        done = reaper(*command)
        assert (done.code, done.err) == (0, warning)


@pytest.mark.usefixtures("acme")
def test_after_and_hours_hold_for_telling(reaper: Cli, hook: Hook) -> None:
    """Who is no offender for long enough yet waits, and nobody is told."""
    write_policies(POLICY + "    after: {observations: 2}\n")
    first = reaper("run", "--enforce")
    assert "waits: " in first.out
    assert hook.held == []
    reaper("run", "--enforce")
    assert len(hook.held) == 1


def test_an_applied_plan_tells_nobody(reaper: Cli, acme: Emulator, hook: Hook) -> None:
    """A reviewed plan is done and nothing else."""
    write_policies(POLICY + HARD)
    assert reaper("plan", "-o", "plan.json").code == 0
    assert reaper("apply", "plan.json", "--enforce").code == 0
    assert (len(ended(acme)), hook.held) == (1, [])


def test_no_secret_is_ever_written(reaper: Cli, acme: Emulator, hook: Hook, tmp_path: Path) -> None:
    """Neither output, errors, log nor database hold the hook's address or the password, whatever
    goes wrong.
    """
    Path("word").write_text("s3cret-word", "utf-8")
    mail = (
        "{name: crew, host: 127.0.0.1, port: 9, from: r@x.com, to: [a@x.com], user: r, "
        "password_file: word}"
    )
    settings(acme, f"  emails: [{mail}]\n")
    hook.status = 404
    done = [reaper("--log-level", "debug", "run", "--enforce"), reaper("history", "-o", "json")]
    assert done[0].code == 1
    assert hook.paths == ["/services/T0/s3cret-hook"]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("reaper.db*"))
    assert "s3cret" not in "".join(result.out + result.err for result in done)
    assert b"s3cret" not in stored


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        (
            "webhooks: [{name: ops}]",
            "webhook 'ops': give one of url_env, url_file or url; there is none",
        ),
        ("webhooks: [{name: ops, url: x, url_env: Y}]", "there is url and url_env"),
        (
            "webhooks: [{name: ops, url: 'https://x'}, {name: ops, url: 'https://y'}]",
            "two targets are named 'ops'; give each its own name",
        ),
        ("emails: [{name: a, host: h, from: r@x.com, to: []}]", "an empty list tells nobody"),
        (
            "emails: [{name: a, host: h, from: nobody, to: [a@x.com]}]",
            "'nobody' is not an e-mail address; write the bare",
        ),
        (
            "emails: [{name: a, host: h, from: r@x.com, to: ['A <a@x.com>']}]",
            "is not an e-mail address",
        ),
        (
            "emails: [{name: a, host: h, from: r@x.com, to: [a@x.com], user: r}]",
            "give one of password_env, password_f",
        ),
        (
            "emails: [{name: a, host: h, from: r@x.com, to: [a@x.com], password: p}]",
            "a password needs a user",
        ),
        (
            (
                "emails: [{name: a, host: h, from: r@x.com, to: [a@x.com], user: r, password: p, "
                "starttls: false}]"
            ),
            "without starttls the password would be sent unencrypted",
        ),
    ],
)
def test_settings_that_are_not_right(reaper: Cli, notify: str, told: str) -> None:
    """Each mistake is told in one line, and no secret is repeated."""
    write_policies(POLICY)
    write_settings(acme="http://127.0.0.1:9", more=f"notify: {{{notify}}}\n")
    done = reaper("run")
    assert (done.code, is_one_line(done)) == (2, True)
    assert told in done.err


@pytest.mark.parametrize("address", ["http://hooks.example.com/s3cret", "s3cret", "http://[s3cret"])
def test_an_address_that_others_could_read(
    reaper: Cli, acme: Emulator, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """A webhook is asked over https only, and what is no address is not repeated."""
    monkeypatch.setenv("OPS_HOOK", address)
    done = reaper("run", "--enforce")
    assert (done.code, ended(acme)) == (1, [])
    assert "the address must begin with https://" in " ".join(done.out.split())
    assert "s3cret" not in done.out + done.err
