"""Who is answered, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.web_tools import Ask, problem

from reaper.config.settings.http import HttpSettings
from reaper.usecases.tokens import find, hash_of, new_token

Serve = Callable[..., Ask]
RUNS = "/api/v1/runs"


def test_a_token_opens_what_is_closed_without_it(ask: Serve) -> None:
    """With a token in the settings, only who sends it may read.

    The scheme's case does not matter.
    """
    first, second = new_token(), new_token()
    api = ask(token_hashes=[hash_of(first), hash_of(second)])
    for sent in (
        None,
        "",
        "Bearer",
        f"Basic {first}",
        f"Bearer {first}x",
        f"Bearer {hash_of(first)}",
        first,
    ):
        answer = api.get(RUNS, headers={} if sent is None else {"Authorization": sent})
        assert "Bearer" in problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert first not in answer.text
    for sent in (f"Bearer {first}", f"bearer {second}"):
        assert api.get(RUNS, headers={"Authorization": sent}).status_code == 200


def test_tokens_are_random_and_known_by_their_hash() -> None:
    """Each has 256 bits, and its hash does not contain it."""
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {len("reaper_") + 43}
    token = tokens.pop()
    known = HttpSettings(token_hashes=(hash_of("x"), hash_of(token))).bearers()
    assert find(token, known) == known[1]
    assert find(token, ()) is None
    assert token not in hash_of(token)


def test_bare_addresses_and_localhost_are_ours(ask: Serve) -> None:
    """Nobody can point these anywhere else."""
    api = ask()
    for host in ("localhost", "LOCALHOST:8642", "127.0.0.1:1", "[::1]:8642", "[::1]", "10.1.2.3"):
        assert api.get(RUNS, headers={"Host": host}).status_code == 200, host


def test_a_foreign_name_is_refused(ask: Serve) -> None:
    """A web page whose own name was pointed to this machine reads nothing, and is told what would
    be right.
    """
    api = ask()
    for host in (
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "",
        "::1:x",
        "[::1%evil.example]",
        "[::1%25evil.example]:80",
        "fe80::1%eth0",
        "[10.1.2.3.evil.example]",
    ):
        assert "http.hosts" in problem(api.get(RUNS, headers={"Host": host}), 421)


def test_a_name_that_the_settings_know_is_ours(ask: Serve) -> None:
    """`hosts` names what a proxy or a scraper asks by."""
    api = ask(hosts=["Reaper.example.com"])
    assert api.get(RUNS, headers={"Host": "reaper.EXAMPLE.com:443"}).status_code == 200


def test_every_answer_has_the_headers_of_caution(ask: Serve) -> None:
    """Also a refusal; nothing is kept, framed, guessed, or open to other origins."""
    api = ask(token_hashes=[hash_of(new_token())])
    for answer in (api.get(RUNS, headers={"Origin": "https://evil.example"}), api.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers
    assert "strict-transport-security" in ask(behind_tls=True).get(RUNS).headers


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:8642", "[::]:8642", "10.0.0.1:80", "reaper.example.com:80"]
)
def test_nobody_else_reads_without_a_token_or_a_proxy(listen: str) -> None:
    """Beyond this machine it takes a token, or a proxy that says who may."""
    with pytest.raises(ValueError, match="give tokens"):
        HttpSettings(listen=listen)
    assert HttpSettings(listen=listen, token_hashes=(hash_of("x"),)).listen == listen
    assert HttpSettings(listen=listen, behind_tls=True).listen == listen


@pytest.mark.parametrize("listen", ["127.0.0.1:8642", "localhost:0", "[::1]:65535", None])
def test_this_machine_reads_without_one(listen: str | None) -> None:
    """On loopback nothing more is asked; by default it does not listen at all."""
    assert HttpSettings(listen=listen).listen == listen
    assert HttpSettings().listen is None


def test_a_token_in_the_place_of_its_hash_is_not_repeated() -> None:
    """What stands there may be the secret itself; the message says what belongs there."""
    with pytest.raises(
        ValueError, match="`reaper token` makes a token and prints its hash"
    ) as raised:
        HttpSettings(token_hashes=(token := new_token(),))
    assert token[:12] not in str(raised.value).partition("[type=")[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "8642"},
        {"listen": "127.0.0.1"},
        {"listen": "127.0.0.1:70000"},
        {"listen": "http://127.0.0.1:80"},
        {"token_hashes": ["sha256:abc"]},
        {"token_hashes": ["reaper_abc"]},
        {"tokens": [{"name": "a b", "hash": hash_of("x")}]},
        {"tokens": [{"name": "a", "hash": "reaper_abc"}]},
        {"tokens": [{"name": "a", "hash": hash_of("x"), "role": "admin"}]},
        {"tokens": [{"name": "a", "hash": hash_of("x"), "expires": "2027-01-31T00:00:00"}]},
        {"tokens": [{"name": "a", "hash": hash_of(one)} for one in "xy"]},
        {"tokens": [{"name": one, "hash": hash_of("x")} for one in "ab"]},
        {"hosts": ["https://x"]},
        {"hosts": ["*"]},
        {"port": 1},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """Before anything is served."""
    with pytest.raises(ValueError, match="HttpSettings"):
        HttpSettings.model_validate(wrong)
