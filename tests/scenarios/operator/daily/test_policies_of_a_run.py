"""What each policy found in a run, and one that has found nobody for long."""

from __future__ import annotations

import pytest
from support.safety_cli import Cli, Desk
from support.safety_house import idle

from reaper.store import MANY

POLICIES = """\
policies:
  - name: idle
    select: {kind: webui}
    terminate_when: {idle: 2h}
    exempt: [{owner: ben@Supply, reason: month end}]
  - name: trainees
    select: {kind: webui, owner: '*@Trainning'}
    terminate_when: {age: 1h}
  - name: later
    from: 2999-01-01
    select: {kind: webui}
    terminate_when: {age: 1h}
"""


def test_a_run_counts_the_sessions_of_each_policy(reaper: Cli, desk: Desk) -> None:
    """On the screen, in JSON and on record; a policy that is not in force is not counted."""
    desk.write(POLICIES, acme=desk.account(idle("s1"), idle("s2", "ben@Supply")))
    (run,) = reaper("run", "-o", "json").json["runs"]
    assert run["policies"] == {"idle": {"offender": 1, "exempt": 1}, "trainees": {}}
    assert reaper("runs", "-o", "json").json["runs"][0]["judged"] == run["policies"]
    shown = reaper("run").out
    assert "policy idle: 1 offender, 1 exempt" in shown
    assert "policy trainees: selects no session" in shown


@pytest.mark.slow
def test_a_policy_that_selects_nobody_in_many_runs_is_told(reaper: Cli, desk: Desk) -> None:
    """From then on by each run, once where only what needs a person is printed; never where its
    text is new or it has had sessions.
    """
    desk.write(POLICIES, acme=desk.account(idle("s1")))
    printed = [reaper("run", "--quiet").err for _ in range(MANY + 1)]
    told = f"acme: policy trainees selected no session in the last {MANY} runs"
    assert [number for number, text in enumerate(printed, 1) if told in text] == [MANY]
    assert "idle" not in "".join(printed)
    (run,) = reaper("run", "-o", "json").json["runs"]
    assert run["unmatched"] == ["trainees"]
    assert f"in the last {MANY} runs" in reaper("run").out
    desk.write(POLICIES.replace("age: 1h", "age: 2h"), acme=desk.account(idle("s1")))
    assert reaper("run", "-o", "json").json["runs"][0]["unmatched"] == []
