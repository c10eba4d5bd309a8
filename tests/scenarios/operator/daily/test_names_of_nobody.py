"""A name that nobody has: in a policy, in an exemption, and in one by hand."""

from __future__ import annotations

import pytest
from support.safety_cli import Cli, Desk
from support.safety_house import idle

POLICIES = """\
protect:
  - {owner: tom@Trainning, reason: courses}
policies:
  - name: idle
    select: {kind: webui, owner: ['*@Planning', 'eva@supply']}
    terminate_when: {idle: 2h}
    exempt:
      - {app: {not: Demand*}, reason: others}
  - name: solves
    select: {kind: solve}
    terminate_when: {age: 9h}
"""


@pytest.fixture
def fleet(desk: Desk) -> None:
    acme = desk.account(idle("s1", "tom@Training"), idle("s2", "eva@Supply"))
    globex = desk.account(idle("s3", "anna@Planning"))
    desk.write(POLICIES, acme=acme, globex=globex)


@pytest.mark.usefixtures("fleet")
def test_check_live_names_what_matches_nobody(reaper: Cli) -> None:
    """With the place, over all accounts together; and how many each policy matches. Nothing is
    recorded.
    """
    checked = reaper("policy", "check", "--live")
    assert (checked.code, reaper("runs", "-o", "json").json["runs"]) == (0, [])
    assert "all.yaml:2:13: no session has the owner 'tom@Trainning' now" in checked.err
    assert "did you mean 'tom@Training'?" in checked.err
    assert "it is spelled 'eva@Supply', and here upper and lower case count" in checked.err
    assert checked.err.count("warning: ") == 2
    assert "idle: observe, 1 exempt, matches 1 session now" in checked.out
    assert "solves: observe, matches 0 sessions now" in checked.out
    found = reaper("policy", "check", "--live", "--account", "acme", "-o", "json").json
    assert [one["code"] for one in found["problems"]] == ["nobody"] * 3
    assert reaper("policy", "check", "--live", "--strict").code == 2
    assert reaper("policy", "check").err == ""


@pytest.mark.usefixtures("fleet")
def test_an_exemption_by_hand_says_whom_it_covers(reaper: Cli) -> None:
    """Whom now, or that it is nobody and what was probably meant."""
    good = reaper("exempt", "add", "--owner", "TOM@*", "--forever", "--reason", "course")
    assert "covers 1 session now: webui s1 of tom@Training" in good.out
    bad = reaper("exempt", "add", "--owner", "tom@Trainning", "--until", "3d", "--reason", "x")
    assert (bad.code, "covers 0 sessions now" in bad.out) == (0, True)
    assert "no session has the owner 'tom@Trainning' now; did you mean 'tom@Tra" in bad.err
    by_hand = "exemption 2 by hand (owner tom@Trainning) covers no session now"
    assert by_hand in reaper("policy", "check", "--live").err


def test_an_account_that_cannot_be_asked_does_not_keep_an_exemption(
    reaper: Cli, desk: Desk
) -> None:
    """It holds, and that nobody knows whom it covers is told; a check is exit code 3."""
    desk.write(acme="http://127.0.0.1:9")
    added = reaper("exempt", "add", "--owner", "a@B", "--forever", "--reason", "course")
    assert (added.code, "warning: whom it covers now is not known: acme" in added.err) == (0, True)
    assert len(reaper("exempt", "list", "-o", "json").json["exemptions"]) == 1
    assert reaper("policy", "check", "--live").code == 3
