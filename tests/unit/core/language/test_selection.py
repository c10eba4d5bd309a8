"""Whom selectors and exemptions mean, and that a slip of case never costs a session."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from support.core_builders import a_policy, a_session, house, ruling, rulings, the_verdict

from reaper.core.judging.judge import judge
from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import Policy
from reaper.core.language.selector import Exemption, Selector
from reaper.core.model.matching import Answer, is_regex
from reaper.core.model.session import Problem

OLD = {"age": "1h"}


def selects(**fields: Any) -> bool:  # noqa: ANN401 - any match
    return bool(rulings(a_policy(OLD, fields), [a_session()]))


def exempts(**fields: Any) -> bool:  # noqa: ANN401 - any match
    rules = a_policy(OLD, exempt=[{"reason": "tested", **fields}])
    return ruling(rules, a_session()) is Ruling.EXEMPT


@pytest.mark.parametrize(
    "match",
    [
        "anna@Planning",
        "anna@*",
        "*@Planning",
        "ann?@Plan*",
        ["bob@ROOT", "anna@*"],
        {"not": "bob@*"},
    ],
)
def test_matches(match: object) -> None:
    """Exact names, patterns, lists of both and their negation are all ways to name an owner."""
    assert selects(owner=match)
    assert exempts(owner=match)


@pytest.mark.parametrize(
    "match", ["anna@ROOT", "nna@*", "anna@Plan", ["bob@ROOT", "c*@*"], {"not": ["bob@*", "anna@*"]}]
)
def test_mismatches(match: object) -> None:
    """A name matches whole or not at all."""
    assert not selects(owner=match)
    assert not exempts(owner=match)


def test_all_fields_must_match() -> None:
    """Each field narrows: a session is selected when every one of them matches."""
    assert selects(app="Planner", app_version="1.*", kind="webui")
    assert not selects(app="Planner", app_version="2.*", kind="webui")


@pytest.mark.parametrize(
    "field", ["app", "app_version", "owner", "environment", "name", "description"]
)
def test_every_field_can_be_matched(field: str) -> None:
    """Each text field of a session can be selected by, and its absence leaves the
    selection open.
    """
    value = "x@y" if field == "owner" else "x"
    known: dict[str, Any] = {"user": "x", "environment": "y"} if field == "owner" else {field: "x"}
    unread: dict[str, Any] = {"user" if field == "owner" else field: None}
    session, unknown = a_session(**known), a_session(**unread)
    test = a_policy(OLD, {field: value}).test
    assert [test(one) for one in (session, unknown, a_session("s3", name="z"))] == [
        Answer.YES,
        Answer.UNKNOWN,
        Answer.NO,
    ]


def test_case_never_widens_a_selection() -> None:
    """A selection by another case selects nothing, and a negated one leaves out whom it
    may mean.
    """
    assert not selects(owner="Anna@planning")
    assert not selects(owner="ANNA@*")
    assert not selects(owner={"not": "ANNA@planning"})
    assert not selects(owner={"not": "ANNA@*"})


def test_case_never_narrows_an_exemption() -> None:
    """An exemption by another case still protects, and a negated one does not lose whom it
    protects.
    """
    assert exempts(owner="Anna@planning")
    assert exempts(owner="ANNA@*")
    assert exempts(owner={"not": "BOB@*"})
    assert exempts(owner={"not": "ANNA@Planning"})


@pytest.mark.parametrize(
    "negated", [{"kind": {"not": "WebUI"}}, {"state": {"not": ["Running", "QUEUED"]}}]
)
def test_kinds_and_states_have_no_case(negated: dict[str, object]) -> None:
    """Kinds and states are the same in any case, also under `not`."""
    assert selects(kind="WEBUI", state="Run*")
    assert not selects(**negated)
    assert not exempts(**negated)


def test_brackets_are_part_of_a_name() -> None:
    """`[` and `]` mean themselves, so that an app named with them can be exempt."""
    named = a_session(app="Planner [TEST]")
    assert (
        ruling(a_policy(OLD, exempt=[{"app": "Planner [TEST]", "reason": "tested"}]), named)
        is Ruling.EXEMPT
    )
    assert (
        ruling(a_policy(OLD, exempt=[{"app": "*[TEST]", "reason": "tested"}]), named)
        is Ruling.EXEMPT
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "web"},
        {"state": "finished"},
        {"kind": ["webui", "tsk"]},
        {"state": {"not": "runing"}},
        {"owner": "anna"},
        {"owner": "*anna"},
        {"app": ""},
        {"app": " Planner"},
        {"app": []},
        {"app": [["Planner"]]},
        {"app": [{"not": "Planner"}]},
        {"app": 5},
        {"app": None},
        {"app": {"no": "Planner"}},
        {"apps": "Planner"},
    ],
)
def test_what_can_never_match_is_refused(fields: dict[str, object]) -> None:
    """A match that no session could ever meet, or that is no match, does not load."""
    with pytest.raises(ValidationError):
        Selector.model_validate(fields)


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner": "a@b"},
        {"reason": "x"},
        {"owner": "a@b", "reason": ""},
        {"owner": "a@b", "reason": "x", "util": "y"},
    ],
)
def test_an_exemption_names_somebody_and_a_reason(wrong: dict[str, object]) -> None:
    """An exemption without a reason, without anybody to exempt, or with a misspelt key does not
    load.
    """
    with pytest.raises(ValidationError):
        Exemption.model_validate(wrong)


@pytest.mark.parametrize("until", [0, 86400, 20261231, "soon", "31.12.2026", "86400", True])
def test_until_is_a_day(until: object) -> None:
    """A number is no day, though a computer could read it as one of 1970."""
    with pytest.raises(ValidationError):
        Exemption.model_validate({"owner": "a@b", "reason": "x", "until": until})


def test_until_holds_through_its_day() -> None:
    """An exemption holds to the last moment of its day in UTC, and no longer."""
    exemption = Exemption.model_validate({"app": "Planner", "reason": "x", "until": "2026-12-31"})
    midnight = datetime(2027, 1, 1, tzinfo=UTC)
    assert exemption.until == date(2026, 12, 31)
    assert exemption.holds_at(midnight - timedelta(microseconds=1))
    assert not exemption.holds_at(midnight)
    session = a_session(created_at=midnight - timedelta(days=1))
    rules = house(a_policy(OLD), protect=[{"app": "Planner", "reason": "x", "until": "2026-12-31"}])
    moments = (midnight - timedelta(seconds=1), midnight)
    assert [judge(rules, [session], {}, now)[0].ruling for now in moments] == [
        Ruling.EXEMPT,
        Ruling.OFFENDER,
    ]


def test_exemptions_win_whatever_the_rule_says() -> None:
    """A session that meets the rule and an exemption is exempt, and the verdict names the
    exemption's reason.
    """
    rules = a_policy(OLD, exempt=[{"owner": "anna@Planning", "reason": "budget round"}])
    assert ruling(rules, a_session()) is Ruling.EXEMPT


def test_an_exemption_that_may_hold_convicts_nobody() -> None:
    """A session of which it is not known whether it is exempt is undetermined."""
    rules = a_policy(OLD, exempt=[{"app": "Router", "reason": "x"}])
    assert ruling(rules, a_session(app=None)) is Ruling.UNDETERMINED


def test_a_selection_that_may_hold_convicts_nobody() -> None:
    """A session of which it is not known whether the policy selects it is undetermined, and the
    verdict says so.
    """
    unread = a_session(app=None, problems=(Problem("app", "app_name: 5 is not text"),))
    verdict = the_verdict(a_policy(OLD, {"app": "Planner"}), unread)
    assert verdict.ruling is Ruling.UNDETERMINED
    assert verdict.reason == (
        "it could be read only in part (app_name: 5 is not text); whether the policy selects it "
        "is not known"
    )


def test_exempt_covers_its_policy_and_protect_covers_all() -> None:
    """A policy's exemption leaves other policies alone; `protect` binds every policy."""
    one = a_policy(OLD, exempt=[{"app": "Planner", "reason": "x"}], name="one")
    other = a_policy(OLD, name="other")
    apart = rulings(house(one, other), [a_session()])
    assert apart == {("one", "s1"): Ruling.EXEMPT, ("other", "s1"): Ruling.OFFENDER}
    everywhere = rulings(house(other, protect=[{"app": "Planner", "reason": "x"}]), [a_session()])
    assert everywhere == {("other", "s1"): Ruling.EXEMPT}


@pytest.mark.parametrize("select", [{}, None, "everything"])
def test_selecting_all_must_be_said(select: object) -> None:
    """An empty selection does not load; `all` selects every session."""
    with pytest.raises(ValidationError):
        a_policy(OLD, select)
    assert rulings(a_policy(OLD, "all"), [a_session(kind="solve")])


@pytest.mark.parametrize(
    "select", ["all", {"kind": "task"}, {"kind": {"not": "webui"}}, {"state": "running"}]
)
def test_idle_must_be_said_twice_where_silence_is_ambiguous(select: object) -> None:
    """`idle` on solves or tasks does not load unless it names those kinds."""
    with pytest.raises(ValidationError):
        a_policy({"any": [{"idle": "2h"}]}, select)
    assert a_policy({"idle": {"over": "2h", "kinds": ["webui", "task", "solve"]}}, select)


def test_observing_is_the_default() -> None:
    """A policy that does not say its mode only observes."""
    wanted = {"name": "p", "select": "all", "terminate_when": OLD}
    assert Policy.model_validate(wanted).mode == "observe"


@pytest.mark.parametrize(
    ("pattern", "name", "selected"),
    [
        ("/^Plan/", "Planner", True),
        ("/plan/", "Planner", False),
        ("/(?i)plan/", "Planner", True),
        ("/an.r$/", "Planner", False),
        ("/nn.r$/", "Planner", True),
        (r"/^\/a\/$/", "/a/", True),
        ("/", "/", True),
        ("//", "//", True),
    ],
)
def test_a_regex_is_found_anywhere(pattern: str, name: str, selected: bool) -> None:
    """Between slashes stands a regular expression, in which upper and lower case differ unless it
    says otherwise.
    """
    assert (
        a_policy({"age": "1h"}, {"app": pattern}).test(a_session(app=name)) is Answer.YES
    ) == selected


def test_a_regex_never_narrows_an_exemption_by_case() -> None:
    """As everywhere, a difference in case does not cost a session."""
    exempted = Exemption.model_validate({"app": "/^plan/", "reason": "x"})
    assert exempted.test(a_session(app="PLANNER")) is Answer.YES


@pytest.mark.parametrize("written", ["/(/", "/a{2000}/", r"/(a)\1/", "/(?=a)/"])
def test_a_bad_regex_is_refused_in_words(written: str) -> None:
    """What RE2 does not take, among it whatever could hang a run, is an error of the policy."""
    with pytest.raises(
        ValidationError,
        match=r"is not a valid regular expression: .*; only RE2 syntax is supported",
    ):
        a_policy({"age": "1h"}, {"app": written})


def test_a_regex_that_would_hang_others_answers_at_once() -> None:
    """RE2 takes time in proportion to the text."""
    policy = a_policy({"age": "1h"}, {"app": "/^(a+)+$/"})
    assert policy.test(a_session(app="a" * 50_000 + "b")) is Answer.NO


@pytest.mark.parametrize(
    ("written", "is_"), [("/a/", True), ("//", False), ("/", False), ("/a", False), ("a/", False)]
)
def test_what_a_regex_looks_like(written: str, is_: bool) -> None:
    """Two slashes with something between them; anything else is a name."""
    assert is_regex(written) is is_


def test_a_regex_keeps_its_case_where_names_do_not() -> None:
    """Of `kind` and `state`, names are read without regard to case, and a pattern is left as it was
    written.
    """
    assert Selector.model_validate({"kind": ["WebUI", r"/^t\Ssk$/"]}).kind == [
        "webui",
        r"/^t\Ssk$/",
    ]


def test_an_exemption_tells_until_when_it_holds() -> None:
    """Where it has an end."""
    written = {"owner": "anna@*", "reason": "night run"}
    assert "until" not in str(Exemption.model_validate(written))
    assert str(Exemption.model_validate({**written, "until": "2026-12-24"})).endswith(
        ", until 2026-12-24"
    )
