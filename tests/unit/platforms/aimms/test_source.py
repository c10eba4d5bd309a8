"""The account as the house sees it.

One snapshot with its doubts, activities, and the one way to end a session.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.tenant_documents import a_document

from reaper.core.model.session import Session
from reaper.errors import (
    AccountError,
    Conflict,
    Gone,
    ServerFault,
    Unauthorized,
    Unintelligible,
    Unreachable,
)
from reaper.platforms.aimms.logs import DEFAULT_IGNORE, compile_ignore
from reaper.platforms.aimms.source import AccountEnder, AccountSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from support.clock import Clock
    from support.scripted_server import Answer, Asked, Connect, MakeItem, Serve, Served

    from reaper.ports import SessionEnder, SessionSource

    Open = Callable[..., tuple[AccountSource, Served]]

ROOT = "/pro/session-manager/v1"
DENIED = {"errorCode": 404, "errorId": "NotFound", "message": "there is no such session"}
NEW = a_document(2)
OLD = a_document(1)


class Account:
    """A whole account of answers; any path can be given another."""

    def __init__(self, document: object, **lists: list[object]) -> None:
        self.document = document
        self.lists: dict[str, list[object]] = {"webui": [], "task": [], "solve": [], **lists}
        self.special: dict[str, object] = {}

    def __call__(self, asked: Asked) -> object:
        path = asked.path.removeprefix(ROOT)
        if path in self.special:
            return self.special[path]
        if "openapi" in path:
            return self.document
        kind = path.removeprefix("/sessions/")
        if asked.method == "GET" and kind in self.lists:
            return {
                "total": len(self.lists[kind]),
                "items": self.lists[kind][int(asked.params.get("offset", 0)) :],
            }
        return (404, {}) if asked.method == "GET" else {}


@pytest.fixture
def account(serve: Serve, connect: Connect, clock: Clock) -> Iterator[Open]:
    opened = []

    def start(
        answer: Answer, generation: Literal["auto", 1, 2] = "auto", **options: int
    ) -> tuple[AccountSource, Served]:
        served = serve(answer)
        ignore = compile_ignore(DEFAULT_IGNORE)
        source = AccountSource(
            connect(served), clock=clock, generation=generation, ignore=ignore, **options
        )
        opened.append(source)
        return source, served

    yield start
    for source in opened:
        source.close()


def test_it_keeps_the_promises_of_the_ports(account: Open) -> None:
    """The source and the ender are what ports.py describes, by type and by name."""
    source, _ = account(Account(NEW))
    as_source: SessionSource = source
    as_ender: SessionEnder = AccountEnder(source)
    assert as_source.account == "acme"
    assert as_ender


def test_a_snapshot_holds_every_kind(account: Open, item: MakeItem) -> None:
    """All kinds of the generation are listed, and a complete look has no doubts."""
    source, _ = account(
        Account(NEW, webui=[item(1)], task=[item(2, kind="task")], solve=[item(3, kind="solve")])
    )
    snapshot = source.fetch()
    assert [session.kind for session in snapshot.sessions] == ["webui", "task", "solve"]
    assert (snapshot.complete, snapshot.account, source.generation) == (True, "acme", 2)
    assert source.connection.requests == 1 + 3 * 2


def test_generation_one_has_no_solves(account: Open) -> None:
    """A generation 1 tenant is not asked for what it does not have."""
    source, served = account(Account(OLD))
    assert source.fetch().complete
    assert source.generation == 1
    assert f"{ROOT}/sessions/solve" not in [asked.path for asked in served.asked]


def test_the_generation_is_asked_for_once(account: Open) -> None:
    """A generation once known is not asked for again."""
    source, served = account(Account(NEW))
    source.fetch()
    source.fetch()
    assert sum("openapi" in asked.path for asked in served.asked) == 1


def test_a_generation_from_the_settings_stands_without_a_document(
    account: Open, session: Session
) -> None:
    """What the settings say serves where the tenant's document cannot be had."""
    source, served = account(Account((404, {})), generation=1)
    assert source.fetch().complete
    AccountEnder(source).terminate(session)
    assert served.asked[-1].method == "DELETE"
    assert sum("openapi" in asked.path for asked in served.asked) == 2


@pytest.mark.parametrize(("setting", "document"), [(1, NEW), (2, OLD)])
def test_a_generation_that_the_document_contradicts_is_a_doubt(
    account: Open, session: Session, setting: Literal[1, 2], document: object
) -> None:
    """Where settings and document differ nothing is ended, not even before the first look."""
    source, served = account(Account(document), generation=setting)
    for ask in (AccountEnder(source).terminate, AccountEnder(source).delete):
        with pytest.raises(AccountError):
            ask(session)
    assert all(asked.method == "GET" for asked in served.asked)
    (doubt,) = source.fetch().doubts
    assert doubt.startswith(
        f"the settings tell generation {setting}, and the tenant's OpenAPI document shows another"
    )


def test_an_unknown_generation_is_a_doubt_until_it_is_known(
    account: Open, session: Session
) -> None:
    """Without a document the account is only observed; the next look asks again."""
    answers = Account((404, {}))
    answers.special["/sessions/solve"] = (404, DENIED)
    source, served = account(answers)
    (doubt,) = source.fetch().doubts
    assert doubt.startswith(
        "the API generation is unknown (no OpenAPI document): set generation: 1 or 2"
    )
    asked_before = len(served.asked)
    with pytest.raises(AccountError, match="generation is unknown"):
        AccountEnder(source).terminate(session)
    assert len(served.asked) == asked_before
    answers.document = NEW
    answers.special.clear()
    assert source.fetch().complete


@pytest.mark.parametrize("answer", [(500, {}), (403, {}), (404, {}), b"<html>", (429, {})])
def test_a_kind_that_cannot_be_listed_is_a_doubt(
    account: Open, item: MakeItem, answer: object
) -> None:
    """One kind that fails leaves the others, and a look that must not be acted upon."""
    answers = Account(NEW, webui=[item(1)])
    answers.special["/sessions/task"] = answer
    snapshot = account(answers)[0].fetch()
    assert len(snapshot.sessions) == 1
    (doubt,) = snapshot.doubts
    assert doubt.startswith("task: not listed: acme (http")


@pytest.mark.parametrize(
    ("answer", "error"), [((500, {}), ServerFault), ((403, {}), Unauthorized), (None, Unreachable)]
)
def test_when_no_kind_can_be_listed_there_is_an_error(
    account: Open, answer: object, error: type[AccountError]
) -> None:
    """A look that saw nothing is an error, not an empty fleet."""
    source, _ = account(lambda asked: NEW if "openapi" in asked.path else answer)
    with pytest.raises(error):
        source.fetch()


def test_a_refused_key_is_an_error_at_once(account: Open, item: MakeItem) -> None:
    """An expired key is never a mere doubt about one kind."""
    answers = Account(NEW, webui=[item(1)])
    answers.special["/sessions/task"] = (401, {})
    with pytest.raises(Unauthorized):
        account(answers)[0].fetch()


def test_malformed_sessions_are_reported(account: Open, item: MakeItem) -> None:
    """What cannot be read stands in the snapshot beside the good sessions, without a doubt."""
    snapshot = account(Account(NEW, webui=[item(1), None, item(2, created_at=5)]))[0].fetch()
    assert (len(snapshot.sessions), len(snapshot.unreadable), snapshot.complete) == (2, 1, True)


def test_an_id_means_one_session(account: Open, item: MakeItem) -> None:
    """An id that two kinds show counts once, and is reported."""
    snapshot = account(Account(NEW, webui=[item(1)], task=[item(1, kind="task")]))[0].fetch()
    assert [session.kind for session in snapshot.sessions] == ["webui"]
    assert snapshot.unreadable[0].problem == "the same id is listed as webui"


def test_probes_are_independent(account: Open, clock: Clock) -> None:
    """Each session has its answer by id; one bad log costs only its own."""
    line = {"index": 2, "timestamp": "2026-11-23T11:00:00Z", "message": "x"}
    answers = Account(NEW)
    answers.special = {
        f"/sessions/webui/s{n}/logs": {"total": 2, "items": [line]} for n in range(20)
    }
    answers.special["/sessions/webui/s3/logs"] = (503, {})
    answers.special["/sessions/webui/s4/logs"] = b"<html>"
    source, _ = account(answers, workers=4)
    found = source.probe([Session(f"s{n}", "webui", "running") for n in range(20)])
    assert list(found) == [f"s{n}" for n in range(20)]
    assert {name for name, activity in found.items() if activity.at is None} == {"s3", "s4"}
    assert all(activity.learnt_at == clock.now() for activity in found.values())


def test_probing_nothing_asks_nothing(account: Open) -> None:
    """No sessions, no requests."""
    source, served = account(Account(NEW))
    assert source.probe([]) == {}
    assert served.asked == []


def test_probing_raises_nothing(account: Open, session: Session) -> None:
    """Even a refused key gives an activity that is unknown, with the cause."""
    source, _ = account(lambda _: (401, {}))
    activity = source.probe([session])["s1"]
    assert activity.at is None
    assert "the key is unknown or expired" in activity.source


def test_the_owners_sessions_are_checked_here(account: Open, item: MakeItem) -> None:
    """The whole list is read, for a filter of the server's would miss who is spelt otherwise, or
    may be the owner.
    """
    others = [
        item(2, user_name="A\u200bNN "),
        item(3, environment_name="X"),
        item(4, user_name=None),
        item(5, state="Terminated"),
        item(7, user_name="ben"),
    ]
    source, served = account(Account(NEW, webui=[item(1), *others, item(6)]))
    found = source.owned_by(Session("s", "webui", "running", "ann", "ROOT"))
    assert [session.id[-1] for session in found] == ["1", "2", "4", "6"]
    assert not [
        key for key in served.asked[-1].params if key.startswith(("user_name", "environment_name"))
    ]


PAGE = (404, b"<html>not found</html>")
ANOTHER = {"errorCode": "404", "errorId": "NotFound", "message": "x"}


def test_a_session_is_gone_when_the_service_and_its_list_say_so(
    account: Open, item: MakeItem
) -> None:
    """Its own address says 404 in the service's form, and the whole list, asked for unfiltered,
    does not hold it.
    """
    answers = Account(NEW, webui=[item(1)])
    answers.special["/sessions/webui/s1"] = (404, DENIED)
    source, served = account(answers, 2)
    with pytest.raises(Gone):
        source.read("webui", "s1")
    assert "state_not_in" not in served.asked[-1].params


@pytest.mark.parametrize(
    "answer", [PAGE, (404, {}), (404, {"message": "x"}), (404, ANOTHER), (410, b"")]
)
def test_a_404_in_another_form_is_no_end(account: Open, answer: object) -> None:
    """A gateway knows nothing of sessions."""
    answers = Account(NEW)
    answers.special["/sessions/webui/s1"] = answer
    with pytest.raises(Unintelligible):
        account(answers, 2)[0].read("webui", "s1")


@pytest.mark.parametrize(
    "listed",
    [
        {"webui": [{"state": "Running"}]},
        {"webui": [{"created_at": 5, "kind": 7}]},
        {"webui": [{"id": "a\nb"}]},
    ],
    ids=["running", "unreadable", "without an id"],
)
def test_a_404_that_the_list_does_not_confirm_is_no_end(
    account: Open, item: MakeItem, listed: dict[str, list[dict[str, object]]]
) -> None:
    """The list shows it, or an entry that could be it."""
    answers = Account(NEW, webui=[item(1, **{"id": "s1", **one}) for one in listed["webui"]])
    answers.special["/sessions/webui/s1"] = (404, DENIED)
    with pytest.raises(Unintelligible):
        account(answers, 2)[0].read("webui", "s1")


@pytest.mark.parametrize("answer", [{"total": 3, "items": []}, (500, {}), PAGE, (404, DENIED)])
def test_a_list_that_cannot_be_read_confirms_no_end(account: Open, answer: object) -> None:
    """It broke off, or could not be had."""
    answers = Account(NEW)
    answers.special |= {"/sessions/webui/s1": (404, DENIED), "/sessions/webui": answer}
    with pytest.raises(AccountError) as caught:
        account(answers, 2)[0].read("webui", "s1")
    assert not isinstance(caught.value, Gone)


def test_a_session_that_only_its_list_shows_is_over_where_it_is_over_there(
    account: Open, item: MakeItem
) -> None:
    """The list is a word of the service, too."""
    answers = Account(NEW, webui=[item(1, id="s1", state="Terminated")])
    answers.special["/sessions/webui/s1"] = (404, DENIED)
    assert account(answers, 2)[0].read("webui", "s1").state == "terminated"


def test_an_incomplete_list_of_the_owner_is_an_error(
    account: Open, item: MakeItem, session: Session
) -> None:
    """What could not be read completely cannot be counted."""
    source, _ = account(lambda _: {"total": 9, "items": [item(1)]})
    with pytest.raises(AccountError, match="moved"):
        source.owned_by(session)
    with pytest.raises(AccountError, match="owner"):
        source.owned_by(replace(session, user=None))


def test_a_conflict_makes_the_generation_be_asked_for_again(
    account: Open, session: Session
) -> None:
    """A tenant that was updated meanwhile is not sent a second DELETE, which no longer terminates
    there.
    """
    answers = Account(OLD)
    answers.special["/sessions/webui/s1"] = (409, {})
    source, served = account(answers)
    source.fetch()
    answers.document = NEW
    ender = AccountEnder(source)
    with pytest.raises(Conflict):
        ender.terminate(session)
    ender.terminate(session)
    assert [asked.method for asked in served.asked if asked.method != "GET"] == ["DELETE", "PATCH"]


def test_a_source_closes_what_it_opened(account: Open, session: Session) -> None:
    """After close no worker is left; closing twice is fine."""
    source, _ = account(Account(NEW))
    with source:
        source.probe([session])
        pool = source._pool
    source.close()
    assert source._pool is None
    assert pool is not None
    assert pool._shutdown


@pytest.mark.parametrize("bad", [{"id": "../task/x"}, {"kind": 5}, {"type": "task", "kind": ...}])
def test_an_unreadable_entry_is_somebody_in_every_list(
    account: Open, item: MakeItem, bad: dict[str, object]
) -> None:
    """What cannot be read of the owner's sessions, or of the solves in flight, is not left out of
    them.
    """
    entry = {**item(2), **bad}
    entry = {name: value for name, value in entry.items() if value is not ...}
    in_flight = entry if "type" in bad else {**entry, "kind": bad.get("kind", "solve")}
    source, _ = account(Account(NEW, webui=[item(1), entry], solve=[in_flight]))
    for found in (
        source.owned_by(Session("s", "webui", "running", "ann", "ROOT"))[1:],
        source.computing(),
    ):
        (somebody,) = found
        assert (somebody.nameless, somebody.half_read, somebody.owner) == (True, True, "ann@ROOT")


def test_the_session_itself_must_be_readable_in_its_owners_list(
    account: Open, item: MakeItem
) -> None:
    """A session that is listed as another kind is not gone, but unreadable."""
    source, _ = account(Account(NEW, webui=[item(1, kind="task")]))
    with pytest.raises(AccountError, match="cannot be read"):
        source.owned_by(Session(item(1)["id"], "webui", "running", "ann", "ROOT"))
