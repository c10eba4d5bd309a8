"""A notice reaches a webhook or a mailbox, or it is told in one line, without any secret,
why not.
"""

import base64
import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from support.notice_servers import CERTIFICATE, Hook, Post

from reaper.core.judging.verdict import Ruling, Verdict
from reaper.core.language.policy import Policy
from reaper.core.model.session import Session
from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice, ReportedOffender
from reaper.errors import ConfigurationError
from reaper.notify.mail import Mail
from reaper.notify.webhook import Webhook

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POLICY = Policy.model_validate(
    {
        "name": "idle",
        "description": "Free the seats.",
        "mode": "notify",
        "select": {"kind": "webui"},
        "terminate_when": {"age": "1h"},
    }
)


def notice(count: int = 1, app: str = "Planner") -> Notice:
    sessions = [Session(f"s{n}", "webui", "running", "anna", "Planning", app) for n in range(count)]
    verdicts = [Verdict(session, POLICY, Ruling.OFFENDER) for session in sessions]
    return Notice(
        "acme", NOW, tuple(ReportedOffender(v, NOW - timedelta(hours=3)) for v in verdicts)
    )


def to_hook(url: str) -> Webhook:
    return Webhook("ops", lambda: SecretStr(url), 0.5)


def to_mail(port: int, **more: Any) -> Mail:  # noqa: ANN401 - what a Mail can be told
    usual: dict[str, Any] = {"starttls": False, "timeout": 0.5}
    return Mail(
        "crew",
        "127.0.0.1",
        port,
        "reaper@example.com",
        ("a@example.com", "b@example.com"),
        **usual | more,
    )


def untold(delivery: Delivery) -> str:
    assert delivery.result is DeliveryStatus.NOT_TOLD
    assert "\n" not in delivery.detail
    return delivery.detail


# --- the words
# ---------------------------------------------------------------------------------------------------


def test_the_text_says_who_what_why_and_since_when() -> None:
    """A person reads which session of whom it is, by which policy, since when, and what to do about
    it.
    """
    lines = notice().text.splitlines()
    assert lines[:4] == [
        "reaper: 1 session of acme to look at.",
        "",
        "idle: Free the seats.",
        (
            "- webui session s0 of anna@Planning, app Planner: ; an offender since 2026-11-23 09:00 "
            "UTC"
        ),
    ]
    assert lines[-1].startswith(
        "Nothing is ended by this. Please close what is no longer needed. What is to stay needs"
    )


def test_a_text_stays_readable() -> None:
    """Nothing that a server sent breaks its lines, nor makes them endless."""
    assert len(notice(app="A" * 100_000).text) < 1000
    assert r"app A\nB\x1b:" in notice(app="A\nB\x1b").text


@pytest.mark.parametrize("count", [1, 2, 3, 80, 97, 1000])
@pytest.mark.parametrize("most", [0, 900, 24 * 1024])
def test_parts_hold_all_once_and_fit(count: int, most: int) -> None:
    """Each part fits, or names a single offender; together they are the whole, in order."""

    def fits(part: Notice) -> bool:
        return len(part.text) <= most

    rest: Notice | None = notice(count)
    parts = []
    while rest is not None:
        part, rest = rest.split(fits)
        parts.append(part)
        assert fits(part) or len(part.reported) == 1
        assert part.left == (len(rest.reported) if rest else 0)
    assert tuple(r for part in parts for r in part.reported) == notice(count).reported
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))


@pytest.mark.parametrize("app", ["A" * 5000, "\x1b" * 5000, "😀" * 5000, "&" * 5000, "中" * 5000])
def test_a_single_offender_always_fits(app: str, hook: Hook, address: str) -> None:
    """However long and strange its names are, a message of it is one that chat services take."""
    assert to_hook(address).tell(notice(1, app)).result is DeliveryStatus.TOLD
    assert to_hook(address).fits(notice(1, app))
    assert hook.sizes[0] < 24 * 1024


# --- webhooks
# ----------------------------------------------------------------------------------------------------


def test_a_webhook_gets_text_and_fields(hook: Hook, address: str) -> None:
    """One POST holds the text for people and every session for programs."""
    assert to_hook(address).tell(notice(2)).result is DeliveryStatus.TOLD
    (held,) = hook.held
    assert held["text"] == notice(2).text
    assert (held["account"], held["at"]) == ("acme", "2026-11-23T12:00:00+00:00")
    assert held["sessions"][1] == {
        "session": "s1",
        "kind": "webui",
        "owner": "anna@Planning",
        "app": "Planner",
        "policy": "idle",
        "reason": "",
        "since": "2026-11-23T09:00:00+00:00",
    }


def test_what_a_server_sent_calls_nobody(hook: Hook, address: str) -> None:
    """A session's own text is no markup in a chat room; the fields have it as it is."""
    to_hook(address).tell(notice(app="<!channel> & <https://evil|click>"))
    assert "&lt;!channel&gt; &amp; &lt;https://evil|click&gt;" in hook.held[0]["text"]
    assert hook.held[0]["sessions"][0]["app"] == "<!channel> & <https://evil|click>"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "it answered 404"),
        (500, "it answered 500"),
        (307, "it answered 307, a redirect, which is not followed"),
    ],
)
def test_a_webhook_that_refuses(hook: Hook, address: str, status: int, told: str) -> None:
    """It is asked once, a redirect is not followed, and the answer is told."""
    hook.status = status
    assert untold(to_hook(address).tell(notice())) == told
    assert hook.paths == ["/services/T0/s3cret-hook"]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/s3cret", "http://127.0.0.1:99999/s3cret", "ftp://s3cret", "http://["],
)
def test_a_webhook_that_cannot_be_reached(url: str) -> None:
    """Whatever is wrong, it is told without the address, which is a secret."""
    assert "s3cret" not in untold(to_hook(url).tell(notice()))


def test_a_webhook_without_its_secret() -> None:
    """A variable that is not set keeps nobody else from being told."""

    def missing() -> SecretStr:
        raise ConfigurationError(
            "webhook 'ops': its address is missing; set the environment variable OPS"
        )

    assert untold(Webhook("ops", missing, 0.5).tell(notice())).endswith(
        "set the environment variable OPS"
    )


# --- mail
# --------------------------------------------------------------------------------------------------------


def test_a_mail(post: Post, port: int) -> None:
    """One message goes to all recipients, with a subject, a date and the text."""
    assert to_mail(port).tell(notice(2, app="Plänner")).result is DeliveryStatus.TOLD
    message = email.message_from_string(post.mails[0], policy=email.policy.default)
    assert (message["Subject"], message["From"]) == (
        "reaper: 2 sessions of acme to look at",
        "reaper@example.com",
    )
    assert message["To"] == "a@example.com, b@example.com"
    assert message["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
    assert message.get_content().splitlines() == notice(2, app="Plänner").text.splitlines()
    assert [line for line in post.said if line.upper().startswith("RCPT")] == [
        "rcpt TO:<a@example.com>",
        "rcpt TO:<b@example.com>",
    ]


def test_a_mail_goes_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With starttls the message and the password go over TLS, to a server whose certificate is
    trusted.
    """
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    post = Post(tls=True)
    with post.open() as port:
        mail = to_mail(
            port, starttls=True, user="reaper", password=lambda: SecretStr("s3cret-word"), timeout=5
        )
        assert mail.tell(notice()).result is DeliveryStatus.TOLD
    assert post.encrypted == [True]
    plain = next(line.split(" ")[2] for line in post.said if line.upper().startswith("AUTH"))
    assert base64.b64decode(plain) == b"\0reaper\0s3cret-word"


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        (True, "no trusted TLS connection ([SSL: CERTIFICATE_VERIFY_FAILED]"),
        (False, "cannot do what"),
    ],
)
def test_a_mail_never_goes_unencrypted_instead(*, tls: bool, told: str) -> None:
    """A server without TLS, or with a certificate that nobody vouches for, gets neither message nor
    password.
    """
    post = Post(tls=tls)
    with post.open() as port:
        mail = to_mail(
            port, starttls=True, user="reaper", password=lambda: SecretStr("s3cret-word"), timeout=5
        )
        assert told in untold(mail.tell(notice()))
    assert post.mails == []
    assert not [line for line in post.said if line.upper().startswith("AUTH")]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"DATA": "552 too much\x07 mail"}, r"the server answered 552 too much\x07 mail"),
        ({"RCPT": "550 nobody here"}, "refused for a@example.com, b@example.com"),
        ({"MAIL": "451 later"}, "the server answered 451 later"),
    ],
)
def test_a_mail_that_is_refused(post: Post, port: int, answers: dict[str, str], told: str) -> None:
    """The server's words are told, in one line."""
    post.answers = answers
    assert untold(to_mail(port).tell(notice())) == told


def test_a_mail_server_that_is_not_there() -> None:
    """Nobody answers: told as that."""
    assert "the connection was refused" in untold(to_mail(9).tell(notice()))


def test_a_mail_that_some_get(port: int, post: Post) -> None:
    """What reached one of the recipients is told, and who was refused is not hidden."""

    class Picky(dict[str, str]):
        def __contains__(self, word: object) -> bool:
            return word == "RCPT" and "b@example.com" in post.said[-1]

        def __getitem__(self, word: str) -> str:
            return "550 nobody here"

    post.answers = Picky()
    delivery = to_mail(port).tell(notice())
    assert (delivery.result, delivery.detail) == (DeliveryStatus.TOLD, "refused for b@example.com")


# --- what holds up or breaks
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "ftp://proxy:1"),
        ("ALL_PROXY", "socks5://proxy:1"),
        ("SSL_CERT_FILE", "/nowhere/at.all"),
        ("SSLKEYLOGFILE", "/nowhere/at/all"),
    ],
)
def test_a_variable_of_this_machine_loses_no_report(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A proxy or certificate that cannot be used is told like a server that refuses."""
    for other in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    assert name in untold(to_hook("https://hooks.invalid/s3cret").tell(notice()))


def test_a_mail_that_was_taken_is_told_whatever_the_goodbye(post: Post, port: int) -> None:
    """The server has it; how it takes the end of the talk changes nothing."""
    post.answers = {"QUIT": "421 no"}
    assert to_mail(port).tell(notice()).result is DeliveryStatus.TOLD


def test_a_password_that_the_server_repeats_is_not_shown(post: Post, port: int) -> None:
    """Not even the part of it before the cut."""
    post.answers = {"AUTH": f"535 {'b' * 190}s3cret-word"}
    mail = to_mail(port, user="reaper", password=lambda: SecretStr("s3cret-word"))
    assert "s3cret" not in untold(mail.tell(notice()))
