"""Environment variables: what is wrong with those that set something, and which only look as if they did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from reaper.core.words import did_you_mean

_PLAIN = {
    "bool_parsing": "this is neither true nor false; write one of the two",
    "int_parsing": "this is no whole number; write one like 8",
    "int_type": "this is no whole number; write one like 8",
    "float_parsing": "this is no number; write one like 0.5",
    "extra_forbidden": "there is no such setting; docs/operations.md lists them",
}
_ALIKE = 0.8
_OF_KUBERNETES = re.compile(r"(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")
"""What Kubernetes sets in every pod beside a service that is named after the program: REAPER_PORT=tcp://10.0.0.1:80."""


class Variables:
    """The variables that a model of settings is read from, and those that only look like them.

    A misspelt limit or stop file must not be an absent one.
    """

    def __init__(self, model: type[BaseModel], prefix: str) -> None:
        self._known = list(_names(model))
        self._prefix = prefix

    def set(self, error: Any, environment: Mapping[str, str]) -> bool:  # noqa: ANN401 - pydantic's ErrorDetails
        """Whether what an error speaks of was set by a variable."""
        top = f"{self._prefix}{error['loc'][0] if error['loc'] else ''}".upper()
        return any(name.upper() == top or name.upper().startswith(f"{top}__") for name in environment)

    def refused(self, error: Any) -> str:  # noqa: ANN401
        """What is wrong with a variable, in one line."""
        name = "__".join(str(part).upper() for part in error["loc"] if isinstance(part, str))
        why = error.get("ctx", {}).get("why") or _PLAIN.get(error["type"]) or error["msg"]
        return f"environment variable {self._prefix}{name}: {why}"

    def misspelt(self, environment: Mapping[str, str], mentioned: str) -> list[str]:
        """What is spelt like a setting and is none, one line each; none of those whose names are mentioned."""
        return [self._told(name) for name in self._strange(environment, mentioned) if self._alike(name)]

    def without_effect(self, environment: Mapping[str, str], mentioned: str) -> list[str]:
        """The others that set nothing, one line each."""
        return [self._told(name) for name in self._strange(environment, mentioned) if not self._alike(name)]

    def _strange(self, environment: Mapping[str, str], mentioned: str) -> Iterator[str]:
        for name, value in sorted(environment.items()):
            short = self._short(name)
            if not name.upper().startswith(self._prefix) or short in self._known or name in mentioned:
                continue
            if not short.startswith("TEST_") and not _of_kubernetes(short, value):
                yield name

    def _alike(self, name: str) -> bool:
        return bool(get_close_matches(self._short(name), self._known, 1, _ALIKE))

    def _told(self, name: str) -> str:
        asked = did_you_mean(self._short(name), self._known).replace("'", f"'{self._prefix}", 1)
        return f"environment variable {name}: there is no such setting{asked or '; docs/operations.md lists them'}"

    def _short(self, name: str) -> str:
        return name.upper().removeprefix(self._prefix)


def _of_kubernetes(short: str, value: str) -> bool:
    return _OF_KUBERNETES.fullmatch(short) is not None and (not short.endswith("PORT") or "://" in value)


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for field, about in model.model_fields.items():
        name = f"{before}{field.upper()}"
        yield name
        for inner in _models(about.annotation):
            yield from _names(inner, f"{name}__")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - annotations are anything
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for one in get_args(annotation):
            yield from _models(one)
