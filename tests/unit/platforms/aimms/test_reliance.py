"""What reliance.py states is what the client really sends and reads, in both generations."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from reaper.clock import SystemClock
from reaper.core.model.session import Phase
from reaper.emulator import Config, Emulator, Scenario, SessionSpec
from reaper.errors import Conflict
from reaper.platforms.aimms import wire
from reaper.platforms.aimms.key import key_facts
from reaper.platforms.aimms.reliance import SERVICES, relied_on
from reaper.platforms.aimms.source import AccountEnder, AccountSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from support.scripted_server import Connect

    from reaper.platforms.aimms.reliance import Field, Operation

    Generation = Literal[1, 2]

FLEET: list[dict[str, Any]] = [
    {"id": "a", "owner": "anna@Planning", "age": "9h", "idle": "5h"},
    {"id": "b", "kind": "task", "owner": "ben@Supply", "age": "9h", "solving": True},
    {"id": "c", "kind": "task", "owner": "ben@Supply", "age": "9h"},
    {"id": "d", "kind": "task", "app": "Other", "state": "assigned", "owner": "ben@Supply"},
    {"id": "over", "kind": "solve", "owner": "ben@Supply", "age": "9h", "state": "finished"},
]


OF_OTHER_KINDS = {
    "PATCH /sessions/solve/{id}/terminate",
    "DELETE /sessions/webui/{id}",
    "DELETE /sessions/task/{id}",
}
"""What is asked of one kind of this fleet and not of the others."""


@pytest.fixture(params=[1, 2])
def generation(request: pytest.FixtureRequest) -> Generation:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def emulator(generation: Generation) -> Iterator[Emulator]:
    specs = [s for s in FLEET if generation == 2 or s.get("kind") != "solve"]
    scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in specs])
    with Emulator(Config(generation=generation, task_session_ids=True), scenario) as opened:
        yield opened


@pytest.fixture
def source(emulator: Emulator, connect: Connect, generation: Generation) -> AccountSource:
    clock = SystemClock()
    connection = connect(emulator, key="demo-key", clock=clock)
    return AccountSource(connection, clock=clock, generation=generation)


def everything(source: AccountSource) -> None:
    """Do all that the client can do."""
    source.unseen()
    key_facts(source.connection)
    snapshot = source.fetch(over=True)
    source.probe(snapshot.sessions)
    ender = AccountEnder(source)
    for session in snapshot.sessions:
        source.read(session.kind, session.id)
        if session.phase is Phase.OVER:
            ender.delete(session)
            continue
        task = source.tasks([session])[session.id].the_one if session.kind == "task" else None
        if task is not None:
            with suppress(Conflict):  # only one of them is solving
                ender.interrupt_solve(replace(session, task=task.key))
            ender.interrupt_execution(replace(session, task=task.key))
        ender.terminate(session)


def stated(operations: tuple[Operation, ...], method: str, path: str) -> Operation:
    """The operation that the request is of."""
    for one in operations:
        whole = f"{SERVICES[one.service]}{one.path}".split("/")
        parts = path.split("/")
        same = len(whole) == len(parts) and all(
            ours in (theirs, "{id}") for ours, theirs in zip(whole, parts, strict=True)
        )
        if same and one.method == method.lower():
            return one
    raise AssertionError(f"{method} {path} is not stated")


def test_every_request_is_stated_and_every_statement_is_sent(
    emulator: Emulator, source: AccountSource, generation: Generation
) -> None:
    """Paths, methods and parameters: nothing is sent that is not stated, nor stated in vain."""
    everything(source)
    operations = relied_on(generation)
    sent: dict[Operation, set[str]] = {}
    for request in emulator.requests:
        if "openapi" not in request.path:
            one = stated(operations, request.method, request.path)
            sent.setdefault(one, set()).update(parse_qs(request.query))
    for one, parameters in sent.items():
        assert parameters == {*one.parameters, *one.wishes}, one
    rest = {str(one) for one in operations if one not in sent}
    assert rest <= OF_OTHER_KINDS


class Read(dict[str, Any]):
    """An object of an answer that remembers which of its fields anybody asked for."""

    names: frozenset[str] = frozenset()

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - a dict's
        type(self).names |= {name}
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a dict's
        type(self).names |= {name}
        return super().__getitem__(name)


def names_of(fields: tuple[Field, ...]) -> set[str]:
    below = {name for field in fields for name in names_of(field.fields)}
    return below | {name for field in fields for name in (field.name, field.alias) if name}


def test_every_field_that_is_read_is_stated(
    source: AccountSource, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the client looks up in an answer, whole or spoilt, is what is stated of the answers."""
    monkeypatch.setattr(Read, "names", frozenset())

    class Recording:
        loads = staticmethod(lambda body: json.loads(body, object_hook=Read))

    monkeypatch.setattr(wire, "json", Recording)
    monkeypatch.setattr(wire, "UNUSUAL", b"")  # each page is read entry by entry
    everything(source)
    answers = {n for one in relied_on(generation) for n in names_of(one.answer)}
    assert answers - {"run_time", "gb_hours"} <= Read.names
    assert Read.names <= answers | {"scope", "name"}  # of a scope or group that is an object


def test_what_is_stated_of_a_session_is_what_the_wire_has() -> None:
    """A field that the wire model gets is stated by that alone."""
    session = next(one for one in relied_on(2) if one.path == "/sessions/webui/{id}")
    assert names_of(session.answer) == set(wire.Item.__annotations__)
