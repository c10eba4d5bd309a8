"""Slips that no model can see by itself.

Names that are not there, and sessions of which nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reaper.config.located_yaml import Located, closest
from reaper.config.policy_tests.model import Case
from reaper.core.language.selector import Way
from reaper.errors import Problem


def check_case(
    located: Located, number: int, case: Case, policies: Sequence[str] | None
) -> Iterator[Problem]:
    """Those of one case.

    `policies` are the names of those that it tries, None where they could not be read.
    """
    at, ids = ("cases", number), [session.id for session in case.fleet]
    names = {name for session in case.fleet for name in (session.id, *session.ids)}
    for place, id_ in _used_twice(case):
        yield located.problem(
            (*at, "fleet", place, "id"), f"the id '{id_}' is used twice in this fleet; change one"
        )
    for way, name in _mentioned(case):
        if name not in names:
            yield located.problem(
                (*at, *way), _stranger("session of this fleet", name, ids), at_key=way[-1] == name
            )
    unsaid = [
        session.id
        for session in {session.id: session for session in case.fleet}.values()
        if session.id not in case.expect and not set(session.ids) <= case.expect.keys()
    ]
    if unsaid and case.others is None:
        message = (
            f"nothing is expected of {', '.join(unsaid)}; add it under 'expect', or say 'others: "
            "compliant'"
        )
        yield located.problem(at, message)
    for way, name in _policies_named(case):
        if policies is not None and name not in policies:
            yield located.problem((*at, *way), _stranger("policy", name, policies))


def _used_twice(case: Case) -> Iterator[tuple[int, str]]:
    """Where in the fleet, and which id."""
    before: set[str] = set()
    for place, session in enumerate(case.fleet):
        own = {session.id, *session.ids}
        if twice := own & before:
            yield place, min(twice)
        before |= own


def _mentioned(case: Case) -> Iterator[tuple[Way, str]]:
    """Every session that is expected to be or do something."""
    yield from ((("expect", name), name) for name in case.expect)
    yield from ((("waiting", name), name) for name in case.waiting or ())
    yield from ((("ends", place), name) for place, name in enumerate(case.ends or ()))


def _policies_named(case: Case) -> Iterator[tuple[Way, str]]:
    for id_, several in case.expect.items():
        for place, expected in enumerate(several):
            if expected.policy is not None:
                yield ("expect", id_, place, "policy"), expected.policy


def _stranger(what: str, name: str, names: Sequence[str]) -> str:
    near = closest(name, names)
    return f"no {what} is named '{name}'; " + (
        f"did you mean '{near}'?" if near else f"there is {', '.join(names)}"
    )
