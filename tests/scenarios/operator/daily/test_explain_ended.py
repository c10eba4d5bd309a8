"""`reaper explain` of a session that is gone begins with what its owner asks."""

from __future__ import annotations

from support.safety_cli import Cli, Desk
from support.safety_house import idle


def test_who_when_and_why_come_first(reaper: Cli, desk: Desk) -> None:
    """The policy or the person, the moment it was seen to be over, and the reason."""
    desk.acme(idle("s1"), idle("s2", "ben@Supply", idle="5m"))
    reaper("run", "--enforce")
    reaper("terminate", "s2", "--reason", "asked by ben", "--by", "eva", "--enforce")
    first, who, why, *_ = reaper("explain", "s1").out.splitlines()
    assert first.startswith("s1 in acme: terminated at 2")
    assert "who: policy idle in run 1, by " in who
    assert "why: idle 5h" in why
    shown = reaper("explain", "s2").out
    assert "asked for by hand: session s2, " in shown
    assert "by eva: asked by ben" in shown
    ended = reaper("explain", "s1", "-o", "json").json["recorded"]["ended"]
    assert (ended["outcome"], ended["policy"], ended["run"]) == ("terminated", "idle", 1)


def test_a_session_that_ended_by_itself_is_not_ours(reaper: Cli, desk: Desk) -> None:
    """No step ended it, and that is said."""
    account = desk.acme(idle("s1", idle="1h"))
    reaper("run", "--enforce")
    account.world.end("s1")
    assert "not ended by this reaper" in reaper("explain", "s1").out
