"""Tokens with a name, an end and a role, and what guessing them costs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from support.clock import Clock
from support.web_tools import Ask, problem

from reaper.config.settings.http import HttpSettings, Role
from reaper.usecases.tokens import hash_of, new_token
from reaper.web.tokens import Reader, Refused, Tokens

Serve = Callable[..., Ask]
RUNS = "/api/v1/runs"
PEER = "10.0.0.7"


def entry(name: str, token: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of TokenSettings
    return {"name": name, "hash": hash_of(token), **more}


def tokens(clock: Clock, *entries: dict[str, Any], **more: Any) -> Tokens:  # noqa: ANN401
    return Tokens(HttpSettings.model_validate({"tokens": entries, **more}), clock)


def test_a_token_has_a_name_and_a_role_and_an_old_hash_may_view(clock: Clock) -> None:
    """What settings kept before tokens had names stays valid, and may read."""
    first, old = new_token(), new_token()
    known = tokens(clock, entry("ops", first, role="operate"), token_hashes=[hash_of(old)])
    assert known.reader(PEER, f"Bearer {first}") == Reader("ops", Role.OPERATE)
    assert known.reader(PEER, f"Bearer {old}") == Reader("token_hashes-1", Role.VIEW)


def test_a_token_is_refused_from_its_end_on(ask: Serve) -> None:
    """Whoever has it is told that it expired, and how to get another."""
    ended, good = new_token(), new_token()
    api = ask(
        tokens=[
            entry("ended", ended, expires="2020-01-31T00:00:00Z"),
            entry("good", good, expires="2999-01-31T00:00:00Z"),
        ]
    )
    detail = problem(api.get(RUNS, headers={"Authorization": f"Bearer {ended}"}), 401)
    assert "expired at 2020-01-31" in detail
    assert "`reaper token`" in detail
    assert api.get(RUNS, headers={"Authorization": f"Bearer {good}"}).status_code == 200


def test_who_guesses_is_locked_out_for_a_minute(ask: Serve) -> None:
    """After ten wrong tokens even a right one is not told from a wrong one; a probe is answered."""
    good = new_token()
    api = ask(tokens=[entry("good", good)])
    for _ in range(10):
        problem(api.get(RUNS, headers={"Authorization": f"Bearer {new_token()}"}), 401)
    for token in (good, new_token()):
        answer = api.get(RUNS, headers={"Authorization": f"Bearer {token}"})
        assert "wrong tokens" in problem(answer, 429)
        assert 0 < int(answer.headers["retry-after"]) <= 60
    assert api.get("/healthz", headers={"Authorization": f"Bearer {good}"}).status_code == 200


def test_the_lock_ends_and_holds_for_one_peer_only(clock: Clock) -> None:
    """Nobody else pays for the guesses, and a minute later nothing is left of them."""
    good = new_token()
    known = tokens(clock, entry("good", good))
    for _ in range(10):
        with pytest.raises(Refused):
            known.reader(PEER, "Bearer x")
    assert known.reader("10.0.0.8", f"Bearer {good}").name == "good"
    with pytest.raises(Refused, match="wrong tokens"):
        known.reader(PEER, f"Bearer {good}")
    clock.wait(61)
    assert known.reader(PEER, f"Bearer {good}").name == "good"


def test_guesses_through_a_proxy_do_not_blind_who_reads_through_it(clock: Clock) -> None:
    """A token that this peer had used before is still answered."""
    good, other = new_token(), new_token()
    known = tokens(clock, entry("good", good), entry("other", other))
    known.reader(PEER, f"Bearer {good}")
    for _ in range(20):
        with pytest.raises(Refused):
            known.reader(PEER, "Bearer x")
    assert known.reader(PEER, f"Bearer {good}").name == "good"
    with pytest.raises(Refused, match="wrong tokens"):
        known.reader(PEER, f"Bearer {other}")


def test_the_log_tells_who_used_which_token_and_who_guessed(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Once an hour for each token and peer; no token and no hash stands in it."""
    good = new_token()
    known = tokens(clock, entry("grafana", good))
    with caplog.at_level(logging.INFO, logger="reaper.web"):
        for _ in range(3):
            known.reader(PEER, f"Bearer {good}")
        for _ in range(12):
            with pytest.raises(Refused):
                known.reader(PEER, "Bearer guessed-wrong")
    said = [str(record.msg) for record in caplog.records]
    events = [found[1] for one in said if (found := re.search(r"'event': '([^']*)'", one))]
    assert events == ["token used", "wrong token", "too many wrong tokens"]
    assert all(PEER in one for one in said)
    assert "grafana" in said[0]
    assert not any(secret in one for one in said for secret in (good, hash_of(good), "guessed"))
