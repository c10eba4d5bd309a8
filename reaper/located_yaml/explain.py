"""What a model refuses, in a person's words: what was written, where, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from reaper.errors import Problem
from reaper.located_yaml.reading import Located
from reaper.located_yaml.shapes import Loc, Spot, spot

_KINDS = {
    "string": ("a text", "put it in quotes"),
    "int": ("a whole number", "write one without quotes, like 3"),
    "float": ("a number", "write one without quotes, like 0.5"),
    "bool": ("true or false", "write one of the two, without quotes"),
    "list": ("a list", "start each entry with '- ', or write [one, other]"),
    "tuple": ("a list", "start each entry with '- ', or write [one, other]"),
    "set": ("a list", "start each entry with '- ', or write [one, other]"),
    "dict": ("a mapping", "write 'key: value'"),
    "model": ("a mapping", "write 'key: value'"),
    "mapping": ("a mapping", "write 'key: value'"),
    "date": ("a date", "write one like 2026-12-31"),
    "path": ("a path", "write the name of a file or folder"),
    "url": ("an address", "write one like https://acme.aimms.cloud"),
}
_BOUNDS = {
    "greater_than_equal": "{shown} is too small; the least is {ge}",
    "greater_than": "{shown} is too small; it must be more than {gt}",
    "less_than_equal": "{shown} is too large; the most is {le}",
    "less_than": "{shown} is too large; it must be less than {lt}",
    "string_too_short": "an empty text says nothing; write one",
    "string_too_long": "this text is too long; at most {max_length} characters fit",
    "too_short": "this list is too short; write at least {min_length} entry",
    "too_long": "this list is too long; at most {max_length} entries fit",
}
_CODES = {
    "extra_forbidden": "unknown-key",
    "unexpected_keyword_argument": "unknown-key",
    "missing": "missing-key",
    "union_tag_invalid": "unknown-rule",
    "union_tag_not_found": "no-rule",
    "literal_error": "unknown-word",
    "never": "never",
    "window": "window",
    "duration": "duration",
}
_LONGEST_SHOWN = 60


def explain(
    error: ValidationError, located: Located, model: type[BaseModel] | None = None, *, noun: str = "choice"
) -> list[Problem]:
    """Every error as a problem at its place, in file order.

    With the model that refused, unknown keys are told which are known, and values are repeated where they are no
    secret. `noun` names what a tagged union chooses between, like `rule`.
    """
    teller = _Teller(located, noun)
    found = [(spot(details["loc"], located, model), details) for details in error.errors(include_url=False)]
    misspelt = {(*at.path[:-1], _guess(at)) for at, details in found if details["type"] == "extra_forbidden"}
    told = [
        teller.problem(at, details) for at, details in found if details["type"] != "missing" or at.path not in misspelt
    ]
    return sorted(set(told))


def close_to(word: object, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    by_plain = {one.replace("-", "_").lower(): one for one in known}
    close = get_close_matches(str(word).replace("-", "_").lower(), by_plain, 1, 0.6)
    return by_plain[close[0]] if close else None


def _guess(at: Spot) -> str | None:
    return close_to(at.path[-1], at.around.fields)


class _Teller:
    def __init__(self, located: Located, noun: str) -> None:
        self._located = located
        self._noun = noun

    def problem(self, at: Spot, details: Any) -> Problem:  # noqa: ANN401 - pydantic's ErrorDetails, its ctx untyped
        path: Loc = at.path
        code = _CODES.get(details["type"], "wrong-value")
        match details["type"]:
            case "extra_forbidden" | "unexpected_keyword_argument":
                return self._located.problem(path, _unknown_key(at), at_key=True, code=code)
            case "missing":
                return self._located.problem(path[:-1], _missing(at), code=code)
            case "union_tag_invalid":
                tag = details["ctx"]["tag"]
                return self._located.problem((*path, tag), self._no_such(tag, at.shape.tags), at_key=True, code=code)
            case "union_tag_not_found":
                return self._located.problem(path, self._not_one(details["input"], at.shape.tags), code=code)
            case _:
                return self._located.problem(path, self._refused(at, details), code=code)

    def _no_such(self, tag: str, tags: Sequence[str]) -> str:
        return f"'{tag}' is no {self._noun}{_listed(f'{self._noun}s are', tags, close_to(tag, tags))}"

    def _not_one(self, value: object, tags: Sequence[str]) -> str:
        noun, listed = self._noun, _listed(f"{self._noun}s are", tags)
        if not isinstance(value, dict):
            return f"{_shown(value)} is no {noun}; write a mapping with one key{listed}"
        strange = [key for key in value if key not in tags] if tags else []
        if strange:
            return f"{_quoted(strange)} cannot stand here; one {noun} is a mapping with one key{listed}"
        if not value:
            return f"an empty mapping is no {noun}{listed}"
        join = "; put them into a list under 'any:' or 'all:'" if {"any", "all"} <= set(tags) else "; keep one"
        return f"{len(value)} {noun}s ({_quoted(value)}) stand where one belongs{join}"

    def _refused(self, at: Spot, details: Any) -> str:  # noqa: ANN401 - see problem
        kind, value, ctx = details["type"], details["input"], details.get("ctx", {})
        if value is None:
            return f"nothing is written here; {_wanted(at, kind)}"
        if "why" in ctx:
            return str(ctx["why"])
        shown = "this value" if at.shape.secret else _shown(value, self._located.written(at.path))
        if at.shape.words:
            return f"{shown} is none of {', '.join(at.shape.words)}{_did_you_mean(close_to(value, at.shape.words))}"
        if (expected := _KINDS.get(kind.partition("_")[0])) and kind.endswith(("_type", "_parsing", "_from_float")):
            return f"{shown} is not {expected[0]}; {_wanted(at, kind)}"
        return _bounded(shown, kind, ctx) or _otherwise(shown, at, details)


def _unknown_key(at: Spot) -> str:
    known = list(at.around.fields)
    return f"unknown key '{at.path[-1]}'{_listed('the keys here are', known, _guess(at))}"


def _missing(at: Spot) -> str:
    described = f": {at.shape.description}" if at.shape.description else ""
    return f"the key '{at.path[-1]}' is missing; add it{described}"


def _wanted(at: Spot, kind: str) -> str:
    """What would be right at a place where something of the wrong kind stands."""
    if at.shape.words:
        return f"write one of {', '.join(at.shape.words)}"
    if at.shape.fields:
        return f"write 'key: value'{_listed('the keys here are', list(at.shape.fields))}"
    if at.shape.tags:
        return f"write one of {', '.join(at.shape.tags)}"
    if (known := _KINDS.get(kind.partition("_")[0])) is not None:
        return known[1]
    return f"write {at.shape.description}" if at.shape.description else "write a value, or leave the key out"


def _bounded(shown: str, kind: str, ctx: dict[str, Any]) -> str | None:
    template = _BOUNDS.get(kind)
    return template.format(shown=shown, **ctx) if template else None


def _otherwise(shown: str, at: Spot, details: Any) -> str:  # noqa: ANN401 - see _Teller.problem
    if at.shape.description:
        return f"{shown} will not do; it should be: {at.shape.description}"
    if details["type"].startswith("date"):
        return f"{shown} is not a date; {_KINDS['date'][1]}"
    told = str(details["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{shown} will not do; it {told.removeprefix('Input ')}" if told.startswith("Input ") else told


def _shown(value: object, written: str = "") -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            text = written or str(value)
            return f"'{text[:_LONGEST_SHOWN]}{'...' if len(text) > _LONGEST_SHOWN else ''}'"


def _quoted(words: Iterable[object]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _did_you_mean(guess: str | None) -> str:
    return f"; did you mean '{guess}'?" if guess else ""


def _listed(lead: str, words: Sequence[str], guess: str | None = None) -> str:
    asked = _did_you_mean(guess)
    return f"{asked or ';'} {lead} {', '.join(words)}" if words else asked
