"""A case passes when the policies say of its fleet what it expects, and otherwise tells what they
say.
"""

from pathlib import Path

import pytest
from support.cases_tools import POLICY, Try, write_cases

from reaper.config.policy_tests import load_cases, run_case

SECOND = """\
policies:
  - {name: old, select: {kind: webui}, terminate_when: {age: 24h}}
"""


@pytest.mark.parametrize(
    ("session", "verdict"),
    [
        ("idle: 2h", "offender"),
        ("idle: 1h59m", "compliant"),
        ("age: 9h", "compliant"),
        ("age: 9h, idle: unknown", "undetermined"),
        ("owner: unknown, idle: 3h", "undetermined"),
        ("state: dozing, idle: 3h", "undetermined"),
        ("owner: admin@ROOT, idle: 3h", "exempt"),
        ("owner: svc-a@ROOT, idle: 3h", "unselected"),
        ("kind: task, age: 9h", "unselected"),
        ("ended: 3h", "unselected"),
    ],
)
def test_a_session_is_judged_as_given(trial: Try, session: str, verdict: str) -> None:
    """Each verdict can be expected, and a case that expects another one fails."""
    assert trial(f"fleet: [{{id: a, {session}}}], expect: {{a: {verdict}}}").passed
    other = "compliant" if verdict == "offender" else "offender"
    (mismatch,) = trial(f"fleet: [{{id: a, {session}}}], expect: {{a: {other}}}").mismatches
    assert (mismatch.expected, mismatch.found) == (f"a: {other}", verdict)


def test_what_is_not_said_is_a_session_in_use(trial: Try) -> None:
    """A session of which nothing is said is a browser session of an hour in which something just
    happened.
    """
    verdict = trial("fleet: [{id: a}], expect: {a: compliant}").verdicts[0]
    session = verdict.session
    assert (session.kind, session.state, session.owner) == ("webui", "running", "anna@Planning")
    assert verdict.reason == "idle 0s (active just now, as nothing else is given)"
    assert session.created_at is not None
    assert session.started_at == session.created_at


def test_a_session_is_as_old_as_what_happened_in_it(trial: Try) -> None:
    """Without an age, a session was created when the earliest thing happened that is said of it."""
    (verdict,) = trial(
        "at: 2026-03-02T12:00Z, fleet: [{id: a, idle: 9h}], others: offender"
    ).verdicts
    assert str(verdict.session.created_at) == "2026-03-02 03:00:00+00:00"


@pytest.mark.parametrize(
    ("said", "passes"), [("operations", True), ("op*ns", True), ("o?erations", False), ("z", False)]
)
def test_a_reason_is_a_part_of_the_verdicts(trial: Try, said: str, *, passes: bool) -> None:
    """The expected reason occurs in the verdict's, and `*` in it stands for anything.

    Nothing else is special.
    """
    case = (
        f"fleet: [{{id: a, owner: admin@ROOT, idle: 3h}}], expect: "
        f"{{a: {{verdict: exempt, reason: '{said}'}}}}"
    )
    assert trial(case).passed is passes


def test_a_wrong_reason_is_told_with_the_right_one(trial: Try) -> None:
    """A verdict that comes for another reason is a failure that says so."""
    case = "fleet: [{id: a, idle: 3h}], expect: {a: {verdict: offender, reason: age}}"
    (mismatch,) = trial(case).mismatches
    assert mismatch.expected == "a: offender because of 'age'"
    assert mismatch.found == "offender for another reason"
    assert mismatch.evidence == ("idle-webui: offender", "  idle 2h: yes, idle 3h (as given)")


@pytest.mark.parametrize(
    ("session", "evidence"),
    [
        (
            "age: 9h, idle: unknown",
            ["idle-webui: undetermined", "  idle 2h: unknown, its log cannot be read"],
        ),
        ("owner: svc-a@ROOT", ["no policy selects it"]),
        (
            "owner: unknown, idle: 3h",
            [
                (
                    "idle-webui: undetermined; whether the policy selects it is not known; whether it "
                    "is exempt"
                )
            ],
        ),
    ],
)
def test_what_is_found_is_told_with_the_evidence(
    trial: Try, session: str, evidence: list[str]
) -> None:
    """Each policy's verdict is told with what was not known and what each of its rules found."""
    (mismatch,) = trial(f"fleet: [{{id: a, {session}}}], others: exempt").mismatches
    assert all(
        line.startswith(told) for line, told in zip(mismatch.evidence, evidence, strict=False)
    )
    assert len(mismatch.evidence) >= len(evidence)


def test_a_policy_that_is_not_in_force_is_named(trial: Try) -> None:
    """Where no policy looks at a session, those whose days have not come or are over are told with
    them.
    """
    Path("policies/idle-webui.yaml").write_text(f"{POLICY}    from: 2026-04-01\n", "utf-8")
    case = "at: 2026-0%s, fleet: [{id: a, idle: 3h}], expect: {a: offender}"
    assert trial(case % "4-01T00:00Z").passed
    (mismatch,) = trial(case % "3-31T23:59Z").mismatches
    assert mismatch.evidence == (
        "no policy selects it",
        "idle-webui is not in force: it begins on 2026-04-01",
    )


def test_several_policies(trial: Try) -> None:
    """A verdict is the gravest of all policies, or that of the policy which is named."""
    Path("policies/old.yaml").write_text(SECOND, "utf-8")
    fleet = "fleet: [{id: a, age: 9h, idle: 3h}, {id: b, age: 30h, owner: admin@ROOT}]"
    assert trial(f"{fleet}, others: offender").passed
    exact = "[{policy: old, verdict: compliant}, {policy: idle-webui, verdict: offender}]"
    assert trial(
        f"{fleet}, expect: {{a: {exact}, b: {{policy: idle-webui, verdict: exempt}}}}"
    ).passed
    (mismatch,) = trial(
        f"{fleet}, expect: {{a: {{policy: old, verdict: offender}}}}, others: offender"
    ).mismatches
    assert (mismatch.way, mismatch.found) == (("expect", "a", 0), "compliant")
    assert mismatch.evidence == ("old: compliant", "  age 24h: no, age 9h")


def test_others(trial: Try) -> None:
    """`others` holds for every session that `expect` does not name, each by itself."""
    found = trial(
        "fleet: [{id: a, idle: 3h}, {id: b}, {id: c, idle: 2h}], expect: {a: offender}, others: "
        "compliant"
    )
    (mismatch,) = found.mismatches
    assert (mismatch.way, mismatch.expected) == (("others",), "c: compliant")


def test_who_would_end(trial: Try) -> None:
    """`ends` names exactly those that an enforcing run would end."""
    fleet = (
        "fleet: [{id: a, idle: 3h}, {id: b}, {id: c, idle: 2h}], expect: {b: compliant}, others: "
        "offender"
    )
    assert trial(f"{fleet}, ends: [c, a]").passed
    (mismatch,) = trial(f"{fleet}, ends: [a]").mismatches
    assert (mismatch.expected, mismatch.found) == ("ends a", "ends a, c")


def test_an_observing_policy_ends_nothing(trial: Try) -> None:
    """Its offenders are no steps, and a case that expects one is told why."""
    Path("policies/idle-webui.yaml").write_text(POLICY.replace("enforce", "observe"), "utf-8")
    (mismatch,) = trial("fleet: [{id: a, idle: 3h}], others: offender, ends: [a]").mismatches
    assert mismatch.evidence == ("a is only told of, idle-webui is in mode observe",)


def test_an_observing_policy_as_if_it_were_enforced() -> None:
    """With `mode: enforce`, a case file tries what a policy would do before it is trusted with
    doing it.
    """
    Path("policies/idle-webui.yaml").write_text(POLICY.replace("enforce", "observe"), "utf-8")
    write_cases(
        "mode: enforce\ncases:\n  - {name: one, fleet: [{id: a, idle: 3h}], others: offender, "
        "ends: [a]}\n"
    )
    (file,) = load_cases(Path("policies")).files
    assert run_case(file.document.cases[0], file.policies).passed


def test_who_waits(trial: Try) -> None:
    """`waiting` names exactly the offenders whose time has not come, and what is waited for."""
    Path("policies/idle-webui.yaml").write_text(POLICY + "    after: {observations: 3}\n", "utf-8")
    fleet = "fleet: [{id: a, idle: 3h}, {id: b}], expect: {b: compliant}, others: offender"
    assert trial(f"{fleet}, ends: [], waiting: {{a: 1 of 3 consecutive runs}}").passed
    (named,) = trial(f"{fleet}, waiting: {{}}").mismatches
    (because,) = trial(f"{fleet}, waiting: {{a: until noon}}").mismatches
    assert (named.found, because.found) == ("waiting: a", "an offender in 1 of 3 consecutive runs")


def test_when_a_waiting_offender_becomes_due(trial: Try) -> None:
    """A case can say when the window of a policy opens, on any clock."""
    Path("policies/idle-webui.yaml").write_text(
        f"{POLICY}    only_during: daily 22:00-06:00 Europe/Amsterdam\n", "utf-8"
    )
    case = (
        "at: 2026-03-28T12:00Z, fleet: [{id: a, idle: 3h}], others: offender, waiting: {a: {due: "
        "'%s'}}"
    )
    assert trial(case % "2026-03-28T22:00 Europe/Amsterdam").passed
    assert trial(case % "2026-03-28T21:00Z").passed
    (mismatch,) = trial(case % "2026-03-29T22:00 Europe/Amsterdam").mismatches
    assert (mismatch.expected, mismatch.found) == (
        "a: due 2026-03-29T20:00Z",
        "due 2026-03-28T21:00Z",
    )
    assert "outside its window" in mismatch.evidence[0]


def test_a_wait_without_end(trial: Try) -> None:
    """Where nobody can tell when an offender becomes due, no moment is the right one."""
    Path("policies/idle-webui.yaml").write_text(
        f"{POLICY}    after: {{observations: 3}}\n", "utf-8"
    )
    (told,) = trial(
        "fleet: [{id: a, idle: 3h}], others: offender, waiting: {a: {due: 2026-01-14T12:00Z}}"
    ).mismatches
    assert told.found == "nobody can tell when it is due"


@pytest.mark.parametrize(
    ("after", "before", "passes"),
    [
        ("observations: 3", "offender_runs: 2", True),
        ("observations: 3", "offender_runs: 1", False),
        ("for: 15m", "offender_runs: 1, offender_for: 15m", True),
        ("for: 15m", "offender_runs: 9, offender_for: 14m", False),
        ("for: 15m", "offender_runs: 9", False),
    ],
)
def test_earlier_runs(trial: Try, after: str, before: str, *, passes: bool) -> None:
    """A session can have been an offender in earlier runs, so that a policy's `after` can
    be tried.
    """
    Path("policies/idle-webui.yaml").write_text(f"{POLICY}    after: {{{after}}}\n", "utf-8")
    assert (
        trial(f"fleet: [{{id: a, idle: 3h, {before}}}], others: offender, ends: [a]").passed
        is passes
    )


def test_a_halted_run_ends_nothing(trial: Try) -> None:
    """A plan over a limit can be expected, and then nothing would end."""
    many = ", ".join(f"{{id: s{n}, owner: u{n}@A, idle: 3h}}" for n in range(5))
    Path("policies/idle-webui.yaml").write_text(POLICY + "    limits: {sessions: 4}\n", "utf-8")
    assert trial(f"fleet: [{many}], others: offender, halted: at most 4, ends: []").passed
    (ends,) = trial(f"fleet: [{many}], others: offender, ends: [s0]").mismatches
    assert ends.evidence[0].startswith("halted: policy idle-webui would end 5 sessions")
    (not_halted,) = trial("fleet: [{id: a}], others: compliant, halted: at most").mismatches
    assert not_halted.found == "not halted"


def test_the_moment_decides_on_an_exemption() -> None:
    """An exemption that has an end holds at the case's moment, whatever today is."""
    Path("policies/idle-webui.yaml").write_text(
        POLICY.replace("operations}", "x, until: 2001-02-03}"), "utf-8"
    )
    one = (
        "  - {name: one, at: 2001-02-0%sT12:00Z, fleet: [{id: a, owner: admin@ROOT, idle: 3h}], "
        "others: %s}\n"
    )
    write_cases("cases:\n" + one % (3, "exempt") + one % (4, "offender"))
    (file,) = load_cases(Path("policies")).files
    assert all(run_case(case, file.policies).passed for case in file.document.cases)
