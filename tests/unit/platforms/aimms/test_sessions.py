"""The paths of both generations; above all, what DELETE is never used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reaper.core.model.session import Session
from reaper.errors import AccountError, Conflict, NotFound, ServerFault, Unintelligible, Unreachable
from reaper.platforms.aimms.sessions import SessionManager

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from support.clock import Clock
    from support.scripted_server import Answer, Connect, MakeItem, Serve, Served

    Generation = Literal[1, 2]
    Managing = Callable[..., tuple[SessionManager, Served]]

DENIED = {"errorCode": 404, "errorId": "NotFound", "message": "there is no such session"}
ROOT = "/pro/session-manager/v1/sessions"


@pytest.fixture
def managing(serve: Serve, connect: Connect, clock: Clock) -> Managing:
    def start(
        generation: Generation | None, answer: Answer = lambda _: {}
    ) -> tuple[SessionManager, Served]:
        served = serve(answer)
        return SessionManager(connect(served), generation, (), clock), served

    return start


@pytest.mark.parametrize("kind", ["webui", "task"])
@pytest.mark.parametrize(
    ("generation", "method", "end"), [(1, "DELETE", ""), (2, "PATCH", "/terminate")]
)
def test_termination_is_one_request_of_its_generation(
    managing: Managing, kind: str, generation: Generation | None, method: str, end: str
) -> None:
    """Generation 1 terminates by DELETE, generation 2 by PATCH of terminate, each once."""
    manager, served = managing(generation)
    manager.terminate(Session("s1", kind, "running"))
    assert [(asked.method, asked.path) for asked in served.asked] == [
        (method, f"{ROOT}/{kind}/s1{end}")
    ]


def test_an_unknown_generation_ends_nothing(managing: Managing, session: Session) -> None:
    """While the generation is unknown no request is sent, and the error says what to set."""
    manager, served = managing(None)
    with pytest.raises(AccountError, match="set generation: 1 or 2"):
        manager.terminate(session)
    assert served.asked == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((404, DENIED), NotFound),
        ((404, {}), Unintelligible),
        ((409, {}), Conflict),
        ((503, {}), ServerFault),
        (None, Unreachable),
    ],
)
@pytest.mark.parametrize("generation", [1, 2])
def test_a_termination_is_never_repeated(
    managing: Managing,
    session: Session,
    generation: Generation | None,
    answer: object,
    error: type[AccountError],
) -> None:
    """Whatever comes back, a termination is asked for once."""
    manager, served = managing(generation, lambda _: answer)
    with pytest.raises(error):
        manager.terminate(session)
    assert len(served.asked) == 1


@pytest.mark.parametrize(
    ("generation", "path"),
    [(1, f"{ROOT}/logs/webui/s1"), (None, f"{ROOT}/logs/webui/s1"), (2, f"{ROOT}/webui/s1/logs")],
)
def test_logs_are_where_the_generation_has_them(
    managing: Managing, session: Session, generation: Generation | None, path: str
) -> None:
    """Each generation's log path is used; the older one, which both have, while it is unknown."""
    manager, served = managing(generation, lambda _: {"total": 0, "items": []})
    manager.last_activity(session)
    assert served.asked[0].path == path


@pytest.mark.parametrize(
    "name",
    ["6b1f9c1e-0000-4000-8000-00000000000a", "6b1f9c1e000040008000a00000000000", "a:b@c~1.2"],
)
@pytest.mark.parametrize("generation", [1, 2])
def test_an_id_of_any_form_is_one_segment(
    managing: Managing, name: str, generation: Generation | None
) -> None:
    """A UUID with dashes or without, or another form of id, arrives as it is."""
    manager, served = managing(generation)
    manager.terminate(Session(name, "webui", "running"))
    tail = served.asked[0].raw_path.removeprefix(f"{ROOT}/webui/")
    assert tail.count("/") == (0 if generation == 1 else 1)
    assert served.asked[0].path.startswith(f"{ROOT}/webui/{name}")


UNUSABLE = [
    "", ".", "..", "a\nb", "a b", "x" * 201, "../task/x", "..\\task\\x", "a/b", "a\\b", "a?b=c", "a#b", "a%2Fb",
    "%2e%2e", "a..b", "a;b", "a\0", "a\u200b", "\uff0e\uff0e\uff0f", "a\u00a0", "ä", "?webui0",
]  # fmt: skip


@pytest.mark.parametrize("name", UNUSABLE)
@pytest.mark.parametrize("generation", [1, 2])
def test_what_cannot_be_an_id_is_not_asked_for(
    managing: Managing, name: str, generation: Generation | None
) -> None:
    """An id that a server might read as another path is never requested, and never taken for one
    that is gone.
    """
    manager, served = managing(generation)
    session = Session(name, "webui", "running")
    for ask in (
        lambda: manager.read("webui", name),
        lambda: manager.terminate(session),
        lambda: manager.delete(session),
    ):
        with pytest.raises(AccountError, match="nothing was sent") as refused:
            ask()
        assert not isinstance(refused.value, NotFound)
    assert manager.last_activity(session).at is None
    assert served.asked == []


def test_one_session_is_read_also_when_it_is_over(managing: Managing, item: MakeItem) -> None:
    """A look at one session shows it as it is."""
    manager, served = managing(2, lambda _: item(1, id="s1", state="Terminated", created_at="bad"))
    found = manager.read("webui", "s1")
    assert (found.state, found.created_at, len(found.problems)) == ("terminated", None, 1)
    assert served.asked[0].path == f"{ROOT}/webui/s1"


@pytest.mark.parametrize("changes", [{"id": "s2"}, {"id": ...}, {"kind": "task"}])
def test_another_session_is_unintelligible(
    managing: Managing, item: MakeItem, changes: dict[str, object]
) -> None:
    """An answer that is not the session asked for is none."""
    manager, _ = managing(2, lambda _: item(1, **{"id": "s1", **changes}))
    with pytest.raises(Unintelligible):
        manager.read("webui", "s1")


@pytest.mark.parametrize(
    ("generation", "kinds"),
    [(1, ("webui", "task")), (2, ("webui", "task", "solve")), (None, ("webui", "task", "solve"))],
)
def test_the_kinds_of_each_generation(
    managing: Managing, generation: Generation | None, kinds: tuple[str, ...]
) -> None:
    """Generation 1 has no solve sessions."""
    assert managing(generation)[0].kinds == kinds
