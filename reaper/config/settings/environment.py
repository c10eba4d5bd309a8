"""Environment variables.

What is wrong with those that set something, and which only look as if they did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from reaper.core.model.suggestions import closest

_PLAIN = {
    "bool_parsing": "this is neither true nor false; write one of the two",
    "int_parsing": "this is not a whole number; write one like 8",
    "int_type": "this is not a whole number; write one like 8",
    "float_parsing": "this is not a number; write one like 0.5",
    "literal_error": "this is not one of {expected}",
    "model_type": "this is not a mapping; write it as JSON, or set its keys one by one, after two more underscores",
}
_LISTED = "; docs/settings.md lists them"
_ALIKE = 0.8
_OF_KUBERNETES = re.compile(
    r"(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
"""What Kubernetes sets in every pod beside a service that is named after the program.

REAPER_PORT=tcp://10.0.0.1:80.
"""


class Variables:
    """The variables that a model of settings is read from, and those that only look like them.

    A misspelt limit or stop file must not be an absent one. `besides` are variables that mean
    something and are no settings.
    """

    def __init__(self, model: type[BaseModel], prefix: str, besides: Iterable[str] = ()) -> None:
        self._prefix = prefix
        self._known = [*_names(model), *map(self._short, besides)]

    # pydantic's ErrorDetails
    def set(self, error: Any, environment: Mapping[str, str]) -> bool:  # noqa: ANN401
        """Whether what an error speaks of was set by a variable."""
        top = f"{self._prefix}{error['loc'][0] if error['loc'] else ''}".upper()
        return any(
            name.upper() == top or name.upper().startswith(f"{top}__") for name in environment
        )

    def refused(self, error: Any) -> str:  # noqa: ANN401
        """What is wrong with a variable, in one line."""
        name = "__".join(str(part).upper() for part in error["loc"] if isinstance(part, str))
        if error["type"] == "extra_forbidden":
            return self._told(f"{self._prefix}{name}")
        ctx = error.get("ctx", {})
        plain = (
            _PLAIN.get(error["type"], "").format(**ctx)
            or f"this {error['msg'].removeprefix('Input ')}"
        )
        return f"environment variable {self._prefix}{name}: {ctx.get('why') or plain}"

    def misspelt(self, environment: Mapping[str, str], mentioned: str) -> list[str]:
        """What is spelt like a setting and is none, one line each.

        None of those whose names are mentioned.
        """
        return [
            self._told(name) for name in self._strange(environment, mentioned) if self._alike(name)
        ]

    def without_effect(self, environment: Mapping[str, str], mentioned: str) -> list[str]:
        """The others that set nothing, one line each."""
        return [
            self._told(name)
            for name in self._strange(environment, mentioned)
            if not self._alike(name)
        ]

    def _strange(self, environment: Mapping[str, str], mentioned: str) -> Iterator[str]:
        for name, value in sorted(environment.items()):
            short = self._short(name)
            if (
                not name.upper().startswith(self._prefix)
                or short in self._known
                or name in mentioned
            ):
                continue
            if not short.startswith("TEST_") and not _of_kubernetes(short, value):
                yield name

    def _alike(self, name: str) -> bool:
        return bool(get_close_matches(self._short(name), self._known, 1, _ALIKE))

    def _told(self, name: str) -> str:
        lead, _, last = self._short(name).rpartition("__")
        around = [
            one.rpartition("__")[2]
            for one in self._known
            if lead and one.rpartition("__")[0] == lead
        ]
        near = closest(last, around) if around else closest(self._short(name), self._known)
        before = f"{self._prefix}{lead}__" if around else self._prefix
        there = f"; there is {', '.join(f'{before}{one}' for one in around)}" if around else _LISTED
        hint = f"; did you mean '{before}{near}'?" if near else there
        return f"environment variable {name}: no such setting{hint}"

    def _short(self, name: str) -> str:
        return name.upper().removeprefix(self._prefix)


def _of_kubernetes(short: str, value: str) -> bool:
    return _OF_KUBERNETES.fullmatch(short) is not None and (
        not short.endswith("PORT") or "://" in value
    )


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for field, about in model.model_fields.items():
        name = f"{before}{field.upper()}"
        yield name
        for inner in _models(about.annotation):
            yield from _names(inner, f"{name}__")


# annotations are anything
def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for one in get_args(annotation):
            yield from _models(one)
