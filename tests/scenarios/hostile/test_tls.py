"""The API key goes to nobody but the server whose certificate is right."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
from support.cli_tools import Cli, write_policies
from support.tls_server import DAY, Certificate, authority, tls_server

KEY = "k-tls-0123456789"
NOT_TRUSTED = {
    "another host": Certificate("other.example"),
    "a host that only begins so": Certificate("localhost.evil.example"),
    "expired": Certificate(begins=-3 * DAY, ends=-DAY),
    "not valid yet": Certificate(begins=DAY, ends=3 * DAY),
    "self-signed": Certificate(own=True),
    "TLS 1.1": Certificate(versions=ssl.TLSVersion.TLSv1_1),
    "TLS 1.0": Certificate(versions=ssl.TLSVersion.TLSv1),
}


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority of the tests, and no other."""
    write_policies()
    monkeypatch.setenv("REAPER_POLICIES", "policies")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority(tmp_path)))
    monkeypatch.setenv("REAPER_DATABASE_URL", f"sqlite:///{tmp_path / 'reaper.db'}")


def point_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    account = {
        "name": "acme",
        "url": f"https://localhost:{port}",
        "api_key": KEY,
        "generation": 2,
    }
    monkeypatch.setenv("REAPER_ACCOUNTS", json.dumps([account]))


@pytest.mark.parametrize("name", NOT_TRUSTED)
@pytest.mark.usefixtures("trusting")
def test_a_server_that_is_not_trusted_gets_nothing(
    name: str, reaper: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a byte of a request, and the key least of all; the person is told in a sentence."""
    with tls_server(NOT_TRUSTED[name], tmp_path) as server:
        point_at(server.port, monkeypatch)
        result = reaper("sessions")
    assert result.code == 3
    assert "no trusted TLS connection" in result.err
    assert "Traceback" not in result.err
    assert server.said == []
    assert server.refused


@pytest.mark.usefixtures("trusting")
def test_the_right_server_gets_the_key(
    reaper: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the refusals above would show nothing."""
    with tls_server(Certificate(), tmp_path) as server:
        point_at(server.port, monkeypatch)
        result = reaper("sessions")
    assert result.code == 0, result.err
    assert any(KEY.encode() in said for said in server.said)
