"""The log: one line an event, for people or for programs, and never a secret."""

import io
import json
import logging
import subprocess
import sys
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes, SecretStr

from reaper import logs
from reaper.logs.redaction import HIDDEN, redact, without_secrets

KEY = "k3y-of-acme-8f1d"
log = logs.logger("test")


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was written to standard error; nothing goes to standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_one_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, level and event come first, then the fields; lists and numbers stay what they are."""
    with logs.writing("info", "json"):
        log.bind(account="acme", run=7).info("run begun", sessions=4, doubts=["half\na list"])
    (event,) = events(capsys)
    assert list(event)[:3] == ["timestamp", "level", "event"]
    assert event["timestamp"].endswith("Z")
    assert event | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "run begun",
        "logger": "reaper.test",
        "account": "acme",
        "run": 7,
        "sessions": 4,
        "doubts": ["half\\na list"],
    }


def test_json_unless_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets lines for people, without colours where NO_COLOR asks for none."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    with logs.writing("info"):
        log.info("run begun", account="acme")
    assert events(capsys)[0]["account"] == "acme"
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    with logs.writing("info"):
        log.info("run begun", account="acme")
    assert "run begun" in terminal.getvalue()
    assert "account=acme" in terminal.getvalue()
    assert "{" not in terminal.getvalue()
    assert "\x1b" not in terminal.getvalue()


def test_nothing_is_written_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Before and after `writing`, and below its level, the log is silent."""
    log.error("before")
    with logs.writing("warning", "json"):
        log.info("too small")
        log.warning("meanwhile")
    log.error("after")
    assert [event["event"] for event in events(capsys)] == ["meanwhile"]


def test_libraries_are_heard_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    """What the standard library's logging and warnings say are events too.

    Small talk is left out.
    """
    with logs.writing("info", "json"), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.getLogger("apscheduler.scheduler").warning("Run time of job %s was missed", "look")
        logging.getLogger("httpx").info("HTTP Request: GET ...")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    first, second = events(capsys)
    assert (first["event"], first["logger"]) == (
        "Run time of job look was missed",
        "apscheduler.scheduler",
    )
    assert second["logger"] == "py.warnings"


def test_debug_lets_libraries_speak_of_requests_but_not_of_headers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With `debug` libraries are heard from `info` on.

    What they tell below that is what they send.
    """
    with logs.writing("debug", "json"):
        log.debug("small")
        logging.getLogger("httpcore").debug("headers")
        logging.getLogger("httpx").info("request")
    assert [event["event"] for event in events(capsys)] == ["small", "request"]


def test_an_error_carries_its_traceback_without_values(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is text in one field.

    The variables of its frames are not shown, and secrets in it are hidden.
    """
    held = "in-a-variable"
    logs.conceal(SecretStr(KEY))
    with logs.writing("info", "json"):
        try:
            int(f"refused {KEY}")
        except ValueError:
            log.exception("pass failed", size=len(held))
    (event,) = events(capsys)
    assert event["exception"].endswith("'refused ***'")
    assert held not in json.dumps(event)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({"x": SecretStr("s3cret")}, {"x": HIDDEN}),
        (
            {"x": [SecretBytes(b"s3cret"), {"y": SecretStr("s3cret")}]},
            {"x": [HIDDEN, {"y": HIDDEN}]},
        ),
        ({"apiKey": "s3cret", "api_key": "s3cret"}, {"apiKey": HIDDEN, "api_key": HIDDEN}),
        ({"Authorization": "s3cret"}, {"Authorization": HIDDEN}),
        (
            {"x": {"password": "s3cret", "api_key_env": "ACME"}},
            {"x": {"password": HIDDEN, "api_key_env": "ACME"}},
        ),
        (
            {"x": None, "token": None, "y": 3, "z": True},
            {"x": None, "token": None, "y": 3, "z": True},
        ),
    ],
    ids=str,
)
def test_secrets_are_known_by_type_and_by_name(
    written: dict[str, Any], shown: dict[str, Any]
) -> None:
    """A SecretStr anywhere, and whatever stands under the name of a secret, is hidden."""
    assert redact(None, "info", written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("GET / apiKey: s3cret\r\n", "GET / apiKey: ***"),
        ("{'apikey': 's3 cret', 'a': 1}", "{'apikey': ***, 'a': 1}"),
        ("[(b'apiKey', b's3cret')]", "[(b'apiKey', b***)]"),
        ("Authorization: Bearer s3.cret_", "Authorization: Bearer ***"),
        ("authorization=Basic czNjcmV0", "authorization=Basic ***"),
        ("sent bearer s3cret==", "sent bearer ***"),
        (
            "postgresql+psycopg://reaper:s3:c@ret@db/reaper",
            "postgresql+psycopg://reaper:***@db/reaper",
        ),
        ("host=db password=s3cret user=reaper", "host=db password=*** user=reaper"),
        ("?token=s3cret&x=1", "?token=***&x=1"),
        ("refused the key k3y-of-acme-8f1d.", "refused the key ***."),
    ],
)
def test_secrets_are_known_by_pattern_and_by_value(written: str, shown: str) -> None:
    """Headers, bearer tokens, passwords in addresses, and the keys that are in use."""
    logs.conceal(SecretStr(KEY))
    assert without_secrets(written).strip() == shown


@pytest.mark.parametrize(
    "text",
    [
        "the key is unknown or expired (401)",
        "https://acme.aimms.cloud/pro:8080/x@y",
        "at 10:30:07Z",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    """Words about keys, addresses and times are left as they are."""
    assert without_secrets(text) == text


@given(around=st.text(), name=st.sampled_from(["apiKey: {}", "Bearer {}", "x://u:{}@h", "{}"]))
def test_a_key_in_use_never_passes(around: str, name: str) -> None:
    """Whatever stands around it, the key's value is not in what is written.

    Nor is a control character.
    """
    logs.conceal(SecretStr(KEY))
    shown = redact(None, "info", {"event": around + name.format(KEY) + around, "x": [around + KEY]})
    assert KEY not in str(shown)
    assert all(c.isprintable() for c in str(shown["event"]))


def test_structlog_is_loaded_when_something_is_logged() -> None:
    """A process that logs nothing never loads it; the first event that is written does."""
    program = (
        "import sys; from reaper import bootstrap, logs; log = logs.logger('test')\n"
        "log.info('nobody listens'); print('structlog' in sys.modules)\n"
        "with logs.writing('info', 'json'): log.info('run begun')\n"
        "print('structlog' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
    assert json.loads(done.stderr)["event"] == "run begun"
