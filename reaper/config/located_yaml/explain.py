"""What a model refuses, in a person's words: what was written, where, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from reaper.config.located_yaml.reading import Located
from reaper.config.located_yaml.shapes import Shape, Spot, spot
from reaper.core.language.selector import Way
from reaper.core.model.duration import is_duration
from reaper.core.model.suggestions import closest, did_you_mean
from reaper.errors import Problem

_KINDS = {
    "string": ("a text", "put it in quotes"),
    "int": ("a whole number", "write one without quotes, like 3"),
    "float": ("a number", "write only the number, without quotes or unit, like 0.5"),
    "bool": ("true or false", "write one of the two, without quotes"),
    "list": ("a list", "start each entry with '- ', or write [one, other]"),
    "tuple": ("a list", "start each entry with '- ', or write [one, other]"),
    "set": ("a list", "start each entry with '- ', or write [one, other]"),
    "dict": ("a mapping", "write 'key: value'"),
    "model": ("a mapping", "write 'key: value'"),
    "mapping": ("a mapping", "write 'key: value'"),
    "date": ("a date", "write one like 2026-12-31"),
    "path": ("a path", "write the name of a file or folder"),
    "duration": ("a duration", "write one like 90m, 2h, 1h30m or 2d"),
    "url": ("an address", "write one like https://acme.aimms.cloud"),
}
_BOUNDS = {
    "greater_than_equal": "{shown} is too small; the minimum is {ge}",
    "greater_than": "{shown} is too small; it must be more than {gt}",
    "less_than_equal": "{shown} is too large; the maximum is {le}",
    "less_than": "{shown} is too large; it must be less than {lt}",
    "string_too_short": "the text is empty; enter a value",
    "string_too_long": "this text is too long; at most {max_length} characters are allowed",
    "too_short": "this list is too short; write at least {min_length} entry",
    "too_long": "this list is too long; at most {max_length} entries are allowed",
}
_CODES = {
    "extra_forbidden": "unknown-key",
    "unexpected_keyword_argument": "unknown-key",
    "missing": "missing-key",
    "missing-key": "missing-key",
    "union_tag_invalid": "unknown-rule",
    "union_tag_not_found": "no-rule",
    "literal_error": "unknown-word",
    "enum": "unknown-word",
    "never": "never",
    "window": "window",
    "duration": "duration",
}
_LONGEST_SHOWN = 60
_ONE_KEY = "write a mapping with one key"
_ALIKE = 0.7
"""Of words that exclude one another more is asked than of keys: 'latest' is not 'oldest'."""


def explain(
    error: ValidationError,
    located: Located,
    model: type[BaseModel] | None = None,
    *,
    noun: str = "choice",
) -> list[Problem]:
    """Every error as a problem at its place, in file order.

    With the model that refused, unknown keys are told which are known, and values are repeated
    where they are no secret. `noun` names what a tagged union chooses between, like `rule`.
    """
    teller = _Teller(located, noun)
    problems = [
        (spot(_way(details), located, model), details)
        for details in error.errors(include_url=False)
    ]
    misspelt = {
        (*at.path[:-1], _guess(at))
        for at, details in problems
        if details["type"] == "extra_forbidden"
    }
    told = [
        teller.problem(at, details)
        for at, details in problems
        if details["type"] != "missing" or at.path not in misspelt
    ]
    return sorted(set(told))


def _way(details: Any) -> Way:  # noqa: ANN401 - pydantic's ErrorDetails, its ctx untyped
    """Where it is; a check of the whole can name the part that it speaks of."""
    return (*details["loc"], *details.get("ctx", {}).get("at", ()))


def _guess(at: Spot) -> str | None:
    """The key that was probably meant, where the one that was written has no place near."""
    return None if at.around.home(at.path[-1]) else closest(at.path[-1], at.around.fields)


class _Teller:
    def __init__(self, located: Located, noun: str) -> None:
        self._located = located
        self._noun = noun

    # pydantic's ErrorDetails, its ctx untyped
    def problem(self, at: Spot, details: Any) -> Problem:  # noqa: ANN401
        path: Way = at.path
        code = _CODES.get(details["type"], "wrong-value")
        match details["type"]:
            case "extra_forbidden" | "unexpected_keyword_argument":
                return self._located.problem(path, _unknown_key(at), at_key=True, code=code)
            case "missing":
                return self._located.problem(path[:-1], _missing(at), code=code)
            case "union_tag_invalid":
                tag = details["ctx"]["tag"]
                return self._located.problem(
                    (*path, tag), self._no_such(tag, at.shape.tags), at_key=True, code=code
                )
            case "union_tag_not_found":
                return self._located.problem(
                    path, self._not_one(details["input"], at.shape.tags), code=code
                )
            case _:
                return self._located.problem(path, self._refused(at, details), code=code)

    def _no_such(self, tag: str, tags: Sequence[str]) -> str:
        return f"'{tag}' is not a {self._noun}{_listed(f'valid {self._noun}s are', tags, closest(tag, tags))}"

    def _not_one(self, value: object, tags: Sequence[str]) -> str:
        noun, listed = self._noun, _listed(f"valid {self._noun}s are", tags)
        if not isinstance(value, dict):
            how = (
                "put them under 'any:' or 'all:'"
                if isinstance(value, list) and _joins(tags)
                else _ONE_KEY
            )
            return f"{_shown(value)} is not a {noun}; {how}{listed}"
        strange = [key for key in value if key not in tags] if tags else []
        if strange:
            return (
                f"{_quoted(strange)} is not allowed here; a {noun} is a mapping with one "
                f"key{listed}"
            )
        if not value:
            return f"an empty mapping is not a {noun}{listed}"
        join = "; put them into a list under 'any:' or 'all:'" if _joins(tags) else "; keep one"
        return f"{len(value)} {noun}s ({_quoted(value)}) where only one is allowed{join}"

    def _refused(self, at: Spot, details: Any) -> str:  # noqa: ANN401 - see problem
        kind, value, ctx = details["type"], details["input"], details.get("ctx", {})
        if value is None:
            return f"the value is missing; {_wanted(at, kind)}"
        if "why" in ctx:
            return str(ctx["why"])
        shown = "this value" if at.shape.secret else _shown(value, self._located.written(at.path))
        if at.shape.words:
            return (
                f"{shown} is not one of "
                f"{', '.join(at.shape.words)}{did_you_mean(value, at.shape.words, _ALIKE)}"
            )
        if (expected := _KINDS.get(kind.partition("_")[0])) and kind.endswith(
            ("_type", "_parsing", "_from_float")
        ):
            return f"{shown} is not {expected[0]}; {_meant(at.shape, value) or _wanted(at, kind)}"
        return _bounded(shown, kind, ctx) or _otherwise(shown, at, details)


def _unknown_key(at: Spot) -> str:
    key, fields = at.path[-1], list(at.around.fields)
    home = at.around.home(key)
    return (
        "unknown key "
        f"'{key}'{f'; {home}' if home else ''}{_listed('valid keys are', fields, _guess(at))}"
    )


def _missing(at: Spot) -> str:
    described = f": {at.shape.description}" if at.shape.description else ""
    return f"the key '{at.path[-1]}' is missing; add it{described}"


def _wanted(at: Spot, kind: str) -> str:
    """What would be right at a place where something of the wrong kind stands."""
    if at.shape.words:
        return f"write one of {', '.join(at.shape.words)}"
    if at.shape.fields:
        return f"write 'key: value'{_listed('valid keys are', list(at.shape.fields))}"
    if at.shape.tags:
        return f"write one of {', '.join(at.shape.tags)}"
    if (noun := _KINDS.get(kind.partition("_")[0]) or _KINDS.get(at.shape.plain)) is not None:
        return noun[1]
    return (
        f"write {at.shape.description}"
        if at.shape.description
        else "write a value, or leave the key out"
    )


def _meant(shape: Shape, value: object) -> str | None:
    """The key that a bare number or duration was probably meant for."""
    plain = (
        "int"
        if type(value) is int
        else "duration"
        if isinstance(value, str) and is_duration(value)
        else ""
    )
    key = next(
        (key for key in shape.fields if plain and (shape.under(key) or Shape()).plain == plain),
        None,
    )
    return f"write {{{key}: {value}}}" if key else None


def _bounded(shown: str, kind: str, ctx: dict[str, Any]) -> str | None:
    template = _BOUNDS.get(kind)
    plain = {key: f"{bound:g}" if isinstance(bound, float) else bound for key, bound in ctx.items()}
    return template.format(shown=shown, **plain) if template else None


def _otherwise(shown: str, at: Spot, details: Any) -> str:  # noqa: ANN401 - see _Teller.problem
    if at.shape.description:
        return f"{shown} is not valid; expected: {at.shape.description}"
    if details["type"].startswith("date"):
        return f"{shown} is not a date; {_KINDS['date'][1]}"
    message = str(details["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return (
        f"{shown} is not valid; it {message.removeprefix('Input ')}"
        if message.startswith("Input ")
        else message
    )


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


def _joins(tags: Sequence[str]) -> bool:
    return {"any", "all"} <= set(tags)


def _quoted(words: Iterable[object]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _listed(lead: str, words: Sequence[str], guess: str | None = None) -> str:
    hint = f"; did you mean '{guess}'?" if guess else ""
    return f"{hint or ';'} {lead} {', '.join(words)}" if words else hint
