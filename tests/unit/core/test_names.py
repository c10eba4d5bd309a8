"""Names as people read them: how they are spelt costs nobody a session."""

from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core_builders import NOW, a_policy, a_session, active, ago, house, ruling, rulings

from reaper.core.explaining.explanation import mismatches
from reaper.core.judging.judge import judge
from reaper.core.judging.persistence import Condition
from reaper.core.judging.verdict import Ruling
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import Answer, matcher
from reaper.core.model.names import folded, oddities
from reaper.core.model.owner import Owner
from reaper.core.model.session import Session

OLD = {"age": "1h"}
RESPELT = [
    "JÜRGEN@ROOT",
    "ju\u0308rgen@ROOT",
    "j\u00fc\u200brgen@ROOT",
    "j\u00fcr\u00adgen@ROOT",
    "\ufeffj\u00fcrgen@ROOT",
    "j\u00fcr\u2060gen@ROOT",
    "j\u00fcr\u200egen@ROOT",
    "j\u00fcrgen\u00a0@ROOT",
    "j\u00fcrgen@ROOT\u3000",
    "\uff4a\u00fc\uff52\uff47\uff45\uff4e@\uff32\uff2f\uff2f\uff34",
]


# any field of a session
def owned_by(text: str, id_: str = "s1", **more: Any) -> Session:  # noqa: ANN401
    user, _, environment = text.partition("@")
    return a_session(id_, user=user, environment=environment, **more)


@pytest.mark.parametrize("spelt", RESPELT)
@pytest.mark.parametrize(
    "pattern",
    [
        "j\u00fcrgen@ROOT",
        "j\u00fcr*@root",
        "J\u00dcRG?N@*",
        "/^j\u00fcrgen@ROOT$/",
        "/^j[\u00fcu]r/",
    ],
)
def test_an_exemption_covers_however_either_is_spelt(spelt: str, pattern: str) -> None:
    """Exact names, patterns and regular expressions alike, and whichever of the two is
    spelt oddly.
    """
    for exemption, session in [
        (pattern, spelt),
        (normalize("NFD", pattern), spelt),
        (spelt, "j\u00fcrgen@ROOT"),
    ]:
        exempt = (
            [{"owner": exemption, "reason": "tested"}] if exemption.strip() == exemption else []
        )
        assert (
            not exempt or ruling(a_policy(OLD, exempt=exempt), owned_by(session)) is Ruling.EXEMPT
        )


@pytest.mark.parametrize("spelt", RESPELT)
def test_a_selection_is_not_widened_by_spelling(spelt: str) -> None:
    """Only what is written alike is selected, and whoever reads like one that is left out is left
    out.
    """
    session = owned_by(spelt)
    assert rulings(a_policy(OLD, {"owner": "j\u00fcrgen@ROOT"}), [session]) == {}
    for excluded in ("j\u00fcrgen@ROOT", "j\u00fcr*@ROOT", "/^j\u00fcrgen@/"):
        assert rulings(a_policy(OLD, {"owner": {"not": excluded}}), [session]) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Stra\u00dfe", "STRASSE"),
        ("\u0130stanbul", "istanbul"),
        ("\u0131rmak", "IRMAK"),
        ("i\u0307", "I"),
        ("\u017fum", "SUM"),
        ("a\u00a0\u2003b", "A b"),
        ("\ufb01n", "FIN"),
        ("e\u200b\u0301", "\u00c9"),
        ("a\ufe0fb", "ab"),
    ],
)
def test_what_reads_alike_is_one_name(one: str, other: str) -> None:
    """Whatever differs only in case, form or what nobody sees."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "ana"), ("a b", "ab"), ("m\u00fcller", "muller"), ("o", "\u043e")]
)
def test_what_reads_differently_is_not(one: str, other: str) -> None:
    """White space within a name, an umlaut or another script makes another one."""
    assert folded(one) != folded(other)


@given(st.text(max_size=20))
def test_folding_twice_folds_no_more(text: str) -> None:
    """The folded form of a name is its own; it has no case, and one normal form."""
    plain = folded(text)
    assert folded(plain) == plain
    assert folded(f" {text}\u200b\u00a0") == plain


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, str.swapcase, *(f for f in ("NFC", "NFD", "NFKC", "NFKD"))]
)
@given(text=st.text(st.characters(codec="utf-8", max_codepoint=0x24F), max_size=20))
# a function or form
def test_neither_case_nor_form_makes_another_name(change: Any, text: str) -> None:  # noqa: ANN401
    """Of any letters in the scripts of Europe."""
    assert folded(change(text) if callable(change) else normalize(change, text)) == folded(text)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        (r"/^\S+$/", "anna", True),
        (r"/^\S+$/", "two words", False),
        (r"/^\W/", "anna", False),
        (r"/^\D+$/", "a1", False),
        ("/^[A-Z]+$/", "anna", True),
        ("/^[^A-Z]+$/", "ANNA", True),
        ("/^gro.e$/", "GROSSE", True),
        ("/^gro[\u00df]e$/", "GROSSE", True),
        ("gro?e", "GROSSE", True),
        (r"/^\x{fc}ber$/", "U\u0308BER", True),
        (r"/^\Q\u00dcber\E$/".replace(r"\u00dc", "\u00dc"), "u\u0308ber", True),
        ("/(?-i:Anna)/", "ANNA", True),
        ("/^night $/", "night", True),
        ("night *", "night", True),
        ("night *", "nightly", False),
        ("/^\uff08x\uff09$/", "(X)", True),
        ("/^\uff08x\uff09$/", "x", False),
        ("[TEST] *", "[test] x", True),
    ],
)
def test_a_pattern_keeps_its_meaning(pattern: str, name: str, matches: bool) -> None:
    """Its letters are folded, and neither its escapes nor what they stand for."""
    assert matcher(pattern, fold=True)(name) is matches


@pytest.mark.parametrize("match", [{"kind": {"not": "/WEBUI/"}}, {"kind": {"not": "\uff37ebui"}}])
def test_a_kind_has_no_spelling(match: dict[str, object]) -> None:
    """Also under `not`, and in a regular expression."""
    assert a_policy(OLD, match).test(a_session()) is Answer.NO


@pytest.mark.parametrize("name", ["\u200b", "\u00ad\u2060"])
def test_a_name_that_nobody_sees_is_refused(name: str) -> None:
    """It would be read as the empty name, and exempt whatever has none."""
    with pytest.raises(ValueError, match="can never match"):
        Exemption.model_validate({"name": name, "reason": "x"})


def test_two_people_are_not_one_for_an_at_sign() -> None:
    """`a@b` in `ROOT` and `a` in `b@ROOT` have a quota each."""
    fleet = [
        a_session("s1", user="a@b", environment="ROOT"),
        a_session("s2", user="a", environment="b@ROOT"),
    ]
    quota = {"owner_sessions": {"over": 1, "keep": "newest"}}
    assert set(rulings(a_policy(quota), fleet).values()) == {Ruling.COMPLIANT}


def test_one_person_has_one_quota_however_spelt() -> None:
    """Two spellings are one owner, and share what may stay."""
    fleet = [
        owned_by("anna@ROOT", "s1", created_at=ago("3h")),
        owned_by("\uff21NNA@root", "s2", created_at=ago("2h")),
    ]
    quota = {"owner_sessions": {"over": 1, "keep": "newest"}}
    assert rulings(a_policy(quota), fleet)["p", "s1"] is Ruling.OFFENDER


def test_with_half_an_owner_nobody_is_alone() -> None:
    """One whose environment is not known may be the owner, however the rest is spelt."""
    task, half = (
        owned_by("anna@Planning", kind="task"),
        a_session("s2", user="A\u200bNNA", environment=None),
    )
    lonely = {("s1", Condition.ALONE.value): ago("5h")}
    orphans = house(a_policy({"orphan": "2h"}, {"kind": "task"}))
    assert judge(orphans, [task, half], {}, NOW, lonely)[0].ruling is Ruling.UNDETERMINED
    other = a_session("s2", user="ben", environment=None)
    assert judge(orphans, [task, other], {}, NOW, lonely)[0].ruling is Ruling.OFFENDER


def test_the_solve_of_another_spelling_keeps_the_session() -> None:
    """Its owner and its app are compared as people read them."""
    tab = owned_by("j\u00fcrgen@ROOT", app="Pl\u00e4ner")
    solve = owned_by("ju\u0308rgen@root", "s2", kind="solve", app="PLA\u0308NER ")
    assert (
        ruling(a_policy({"idle": "2h"}), tab, active(tab, ago("3h")), others=[solve])
        is Ruling.COMPLIANT
    )


KNOWN = Owner("a", "b")


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        (Owner("a", "b"), Answer.YES),
        (Owner("a", None), Answer.UNKNOWN),
        (Owner(None, None), Answer.UNKNOWN),
        (Owner("c", None), Answer.NO),
        (Owner("a", "c"), Answer.NO),
    ],
)
def test_an_owner_may_be_another(other: Owner, answer: Answer) -> None:
    """Where a part is not known, nobody knows; a part that differs settles it."""
    assert KNOWN.may_be(other) is other.may_be(KNOWN) is answer
    assert (other in KNOWN.partly) is (answer is Answer.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("an\u200bna", "character 3 of 'an<U+200B>na' is invisible (U+200B ZERO WIDTH SPACE)"),
        ("a\u00a0b", "character 2 of 'a\u00a0b' is no plain space (U+00A0 NO-BREAK SPACE)"),
        (
            "Pl\u0430n",
            "character 3 of 'Pl\u0430n' is U+0430 CYRILLIC SMALL LETTER A among Latin letters",
        ),
        (
            "x@\u0391\u0392B",
            "character 5 of 'x@\u0391\u0392B' is U+0042 LATIN CAPITAL LETTER B among Greek letters",
        ),
    ],
)
def test_what_cannot_be_seen_is_said(text: str, told: str) -> None:
    """By the character and its place."""
    assert list(oddities(text)) == [told]


@pytest.mark.parametrize(
    "text",
    [
        "Planner 2",
        "J\u00fcrgen",
        "ju\u0308rgen",
        "\u041f\u043b\u0430\u043d x",
        "Plan\u8a08\u753b",
        "svc-*@*",
    ],
)
def test_what_can_be_seen_is_not(text: str) -> None:
    """Several scripts beside one another are nothing odd, and accents neither."""
    assert list(oddities(text)) == []


@pytest.mark.parametrize(
    ("app", "alike"), [("planner", True), ("Plan\u200bner", True), ("Router", False)]
)
def test_a_selection_that_fails_by_spelling_is_explained(app: str, alike: bool) -> None:
    """Its author would see no difference otherwise."""
    (found,) = mismatches(a_policy(OLD, {"app": app}), a_session())
    assert found.alike is alike
