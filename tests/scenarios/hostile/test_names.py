"""Names are compared as people read them.

No spelling that looks the same makes two people of one, or one of two.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from support.hostile_house import IDLE, OLD, House, quota

NAME = "jürgen@ROOT"

SPELLINGS: dict[str, str] = {
    "capitals": "JÜRGEN@root",
    "decomposed": unicodedata.normalize("NFD", NAME),
    "composed": unicodedata.normalize("NFC", NAME),
    "zero-width space": "jür\u200bgen@ROOT",
    "zero-width joiner": "jür\u200dgen@ROOT",
    "soft hyphen": "jür\u00adgen@ROOT",
    "byte order mark": "\ufeffjürgen@ROOT",
    "word joiner": "jür\u2060gen@ROOT",
    "left-to-right mark": "jürgen\u200e@ROOT",
    "right-to-left mark": "jürgen@RO\u200fOT",
    "embedding": "\u202ajürgen\u202c@ROOT",
    "isolate": "\u2066jürgen\u2069@ROOT",
    "trailing space": "jürgen @ROOT ",
    "no-break space": "jürgen\u00a0@ROOT",
    "leading space": " jürgen@ ROOT",
    "full-width letters": "ｊürgen@ＲＯＯＴ",  # noqa: RUF001 - that is the point
    "variation selector": "jürgen\ufe0f@ROOT",
}
QUICK = {"decomposed", "zero-width space", "no-break space", "full-width letters"}
ONE_BY_ONE = [
    what if what in QUICK else pytest.param(what, marks=pytest.mark.slow) for what in SPELLINGS
]
FOLDS = [
    ("straße@ROOT", "STRASSE@ROOT"),
    ("straße@ROOT", "STRAẞE@ROOT"),
    ("ﬁona@ROOT", "FIONA@root"),
]
DOTS = [("İpek@ROOT", "ipek@ROOT"), ("irmak@ROOT", "IRMAK@ROOT"), ("ırmak@ROOT", "IRMAK@ROOT")]  # noqa: RUF001
TWO_WORDS = [("anna maria@ROOT", "anna  maria@ROOT"), ("anna maria@ROOT", "anna\u00a0maria@ROOT")]

EXEMPTING: dict[str, str] = {
    "by name": NAME,
    "by a glob": "jürg*@ROOT",
    "by a glob of one letter": "j?rgen@ROOT",
    "by a regex": "/^jürgen@ROOT$/",
    "by another spelling": SPELLINGS["decomposed"].upper(),
    "by another spelling's glob": SPELLINGS["decomposed"].replace("gen", "g*"),
}


def everyone(house: House, **more: Any) -> None:  # noqa: ANN401 - fields as they are sent
    """An idle session of each spelling, named for it, and one of somebody else."""
    house.may_end = {"somebody-else"}
    for what, owner in SPELLINGS.items():
        house.session(what.replace(" ", "-"), owner, **more)
    house.session("somebody-else", "ben@ROOT")


@pytest.mark.parametrize("how", EXEMPTING)
@pytest.mark.parametrize("where", ["protect", "exempt", "by hand"])
def test_an_exemption_covers_every_spelling(house: House, where: str, how: str) -> None:
    """However the name is written in the exemption and sent by the server: exempt."""
    everyone(house)
    one = {"owner": EXEMPTING[how], "reason": "operations"}
    house.write(
        {**IDLE, "exempt": [one] if where == "exempt" else []},
        protect=[one] if where == "protect" else [],
    )
    if where == "by hand":
        assert (
            house.reaper(
                "exempt", "add", "--owner", EXEMPTING[how], "--reason", "operations", "--forever"
            ).code
            == 0
        )
    assert house.run().planned == {"somebody-else"}


@pytest.mark.parametrize("pattern", ["jürgen@ROOT", "j*rgen@ROOT", "/^jürgen@ROOT$/", "/^j.rgen@/"])
def test_who_is_not_selected_is_not_in_any_spelling(house: House, pattern: str) -> None:
    """`{not: ...}` leaves out every spelling of a name."""
    everyone(house)
    run = house.run({**IDLE, "select": {"kind": "webui", "owner": {"not": pattern}}})
    assert run.planned <= {"somebody-else"}


@pytest.mark.parametrize(("written", "sent"), [*FOLDS, *DOTS, *TWO_WORDS])
def test_letters_that_fold_are_one_letter(house: House, written: str, sent: str) -> None:
    """Written one way and sent the other, and the other way round: exempt."""
    house.session("one", sent)
    assert house.run(IDLE, protect=[{"owner": written, "reason": "asked for"}]).planned == set()
    house.server.tenant.sessions["webui", "one"].sent["user_name"] = written.partition("@")[0]
    assert house.run(IDLE, protect=[{"owner": sent, "reason": "asked for"}]).planned == set()


@pytest.mark.parametrize("field", ["app", "environment", "name", "description"])
@pytest.mark.parametrize(
    "spelling", ["DÉPÔT", "de\u0301po\u0302t", "dé\u200bpôt", " dépôt\u00a0", "\uff44épôt"]
)
def test_other_names_are_compared_like_owners(house: House, field: str, spelling: str) -> None:
    """An app, an environment, a session's name or description in another spelling.

    Exempt all the same.
    """
    name = {"app": "app_name", "environment": "environment_name"}.get(field, field)
    sent: dict[str, Any] = {name: spelling}
    house.session("one", **sent)
    assert house.run(IDLE, protect=[{field: "dépôt", "reason": "asked for"}]).planned == set()


@pytest.mark.parametrize("spelling", ONE_BY_ONE)
@pytest.mark.parametrize("kind", ["solve", "task"])
def test_work_in_flight_is_its_owners_in_every_spelling(
    house: House, kind: str, spelling: str
) -> None:
    """The owner's solve or task runs under another spelling of his name: his session is busy."""
    house.session("waiting", NAME)
    house.session("work", SPELLINGS[spelling], kind, log=[])
    assert house.run(IDLE, enforce=False).planned == set()


@pytest.mark.parametrize("spelling", ["PLANNER", "plan\u200bner", " Planner", "Ｐlanner"])  # noqa: RUF001
def test_work_in_flight_is_for_the_same_app_in_every_spelling(house: House, spelling: str) -> None:
    """The app is compared as owners are."""
    house.session("waiting", NAME)
    house.session("work", NAME, "solve", log=[], app_name=spelling)
    assert house.run(IDLE, enforce=False).planned == set()


@pytest.mark.parametrize("spelling", ONE_BY_ONE)
def test_nobody_is_alone_beside_another_spelling_of_himself(house: House, spelling: str) -> None:
    """A solve whose owner has a session under another spelling is no orphan, however long
    it lasts.
    """
    house.session("here", SPELLINGS[spelling], idle="1m")
    house.session("solve", NAME, "solve", log=[])
    policy = {**OLD, "terminate_when": {"orphan": "10m"}, "steps": ["terminate"]}
    for _ in range(2):
        assert house.run(policy, enforce=False).planned == set()
        house.later("11m")


@pytest.mark.parametrize("part", ["environment_name", "user_name"])
def test_with_an_owner_half_known_nobody_is_alone(house: House, part: str) -> None:
    """ANNA without a readable environment may be anna@Planning: her task is no orphan."""
    unread: dict[str, Any] = {part: None}
    house.session("half", "ANNA@PLANNING", idle="1m", **unread)
    house.session("solve", "anna@Planning", "solve", log=[])
    policy = {**OLD, "terminate_when": {"orphan": "10m"}, "steps": ["terminate"]}
    for _ in range(3):
        assert house.run(policy, enforce=False).planned == set()
        house.later("10m")


def test_several_spellings_hold_one_seat(house: House) -> None:
    """Two people hold two seats, however many spellings one of them has: nobody's is freed."""
    for what, owner in SPELLINGS.items():
        house.session(what, owner)
    house.session("third", "ben@ROOT", idle="8h")
    rule = {"seats": {"high": 2, "low": 1, "floor": "1h"}}
    assert house.run({**IDLE, "terminate_when": rule}).planned == set()


def test_two_people_are_two_people_to_a_quota(house: House) -> None:
    """`a@b` in ROOT and `a` in `b@ROOT` are written alike and have one session each."""
    house.session("one", age="9h", user_name="a@b", environment_name="ROOT")
    house.session("other", age="8h", user_name="a", environment_name="b@ROOT")
    assert house.run(quota(1)).planned == set()


def test_of_two_people_written_alike_only_one_is_exempt_by_a_solve(house: House) -> None:
    """The solve of one does not keep the other's session; his own does."""
    house.may_end = {"other"}
    house.session("one", user_name="a@b", environment_name="ROOT")
    house.session("other", user_name="a", environment_name="b@ROOT")
    house.session("work", kind="solve", log=[], user_name="a@b", environment_name="ROOT")
    assert house.run(IDLE).planned <= {"other"}


def test_a_quota_counts_all_spellings_and_spares_the_uninvolved(house: House) -> None:
    """One owner with two sessions in two spellings has two; another one with one has one."""
    house.may_end = {"first"}
    house.session("first", NAME, age="9h")
    house.session("second", SPELLINGS["decomposed"], age="8h")
    house.session("third", "ben@ROOT", age="9h")
    assert house.run(quota(1)).planned <= {"first"}


def test_a_solve_in_another_spelling_is_seen_at_the_second_look(house: House) -> None:
    """It begins after the first look, under another spelling of the owner's name.

    Nothing is asked.
    """
    house.session("waiting", NAME)
    later = SPELLINGS["decomposed"].upper()
    house.server.upon("read", lambda _: house.session("work", later, "solve", log=[]))
    assert house.run(IDLE).outcomes == {"waiting": "no-longer-due"}


SUSPECT = {
    "a zero-width space": "jür\u200bgen@ROOT",
    "a soft hyphen": "jür\u00adgen@ROOT",
    "a Cyrillic o": "r\u043eot@ROOT",
    "a Greek nu in a glob": "a\u03bdn*@Planning",
}
_SAYS = (
    "invisible",
    "hidden",
    "u+",
    "script",
    "cyrillic",
    "greek",
    "mixed",
    "zero width",
    "soft hyphen",
)


@pytest.mark.parametrize("what", SUSPECT)
def test_policy_check_tells_of_letters_that_nobody_sees(house: House, what: str) -> None:
    """A pattern with invisible characters or letters of two scripts is told, with what is odd about
    it.
    """
    house.write(IDLE, protect=[{"owner": SUSPECT[what], "reason": "operations"}])
    assert any(word in house.reaper("policy", "check").said for word in _SAYS)


@pytest.mark.parametrize("what", SUSPECT)
def test_exempt_add_tells_of_letters_that_nobody_sees(house: House, what: str) -> None:
    """The same where an exemption is given by hand."""
    house.write(IDLE)
    run = house.reaper(
        "exempt", "add", "--owner", SUSPECT[what], "--reason", "operations", "--forever"
    )
    assert any(word in run.said for word in _SAYS)


@pytest.mark.parametrize("name", [NAME, "анна@ROOT", "李@ROOT", "anna@Planning"])
def test_an_ordinary_name_is_nothing_to_tell_of(house: House, name: str) -> None:
    """A name of one script, whichever it is, is told of by nobody."""
    house.write(IDLE, protect=[{"owner": name, "reason": "operations"}])
    run = house.reaper("policy", "check")
    assert run.code == 0
    assert not any(word in run.said for word in _SAYS)
