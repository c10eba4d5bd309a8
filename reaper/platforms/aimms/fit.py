"""Whether a tenant's own OpenAPI documents fit what the client relies on, and what else they tell.

The findings can be mailed: no address, name or text of the tenant's is in them, and a word of its
is shown only where it looks like a word of an API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reaper.core.model.kinds import KINDS
from reaper.errors import NotFound, Refused, ServerFault, Unintelligible
from reaper.platforms.aimms.address import SESSIONS
from reaper.platforms.aimms.document import NotReadable, fetch
from reaper.platforms.aimms.openapi import Described, Document
from reaper.platforms.aimms.reliance import (
    HEADER,
    KNOWN,
    KNOWN_FIELDS,
    SERVICES,
    Field,
    Operation,
    relied_on,
)

if TYPE_CHECKING:
    from typing import Literal

    from reaper.platforms.aimms.connection import Connection

    Generation = Literal[1, 2]

MOST_NEW = 200
_SHORT = 2  # characters of a name that many a word contains by chance
_FILTER = re.compile(
    r"\w+_(equal|contain)_(cs|ci)|\w+_(not_)?in|created_at_(from|to)|begin|end|contains|offset|"
    r"limit|sort|appVersion|before|after|groupIndex"
)
_WORD = re.compile(r"[@$]?[A-Za-z_][A-Za-z0-9_-]{0,39}")
_CREDENTIAL = re.compile(r"(?=[A-Za-z]*\d[A-Za-z]*\d)[A-Za-z0-9]{16,}|[0-9a-fA-F-]{20,}")
_ACTIVITY = re.compile(
    r"event|metric|statistic|activit|usage|utili[sz]|idle|last_|alive", re.IGNORECASE
)
_SENT = {HEADER.lower(), "accept", "content-type", "user-agent"}
_SHAPES = {
    "text": {"string"},
    "time": {"string"},
    "number": {"number", "integer"},
    "integer": {"integer", "number"},
    "list": {"array"},
}


class Kind(StrEnum):
    """What a finding is: a `gap` is what the document leaves open."""

    MISSING = "missing"
    DIFFERENT = "different"
    NEW = "new"
    GAP = "not described"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; `breaks` says whether the client relies on it."""

    kind: Kind
    service: str
    where: str
    what: str
    breaks: bool = False


@dataclass(frozen=True)
class Fit:
    """What the documents of one tenant come to."""

    generation: Generation
    documents: Sequence[str]
    compared: int
    findings: Sequence[Finding]

    @property
    def fits(self) -> bool:
        return not any(finding.breaks for finding in self.findings)

    def of(self, kind: Kind) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind is kind]


def compare(
    documents: Sequence[Document], generation: Generation | None, names: Iterable[str] = ()
) -> Fit:
    """Compare the documents of one tenant. `names` are shown nowhere.

    Without a generation it is the one that the documents look like.
    """
    generation = generation or (2 if any(map(_newer, documents)) else 1)
    services = {service for document in documents for service in document.services}
    relied = [one for one in relied_on(generation) if one.service in services]
    words = _Words(names)
    findings = [f for one in relied for f in _compared(one, documents, words)]
    findings += [_header(document) for document in documents if _other_header(document)]
    findings += _news(relied, documents, words)
    titles = [
        f"{', '.join(sorted(d.services)) or 'no service'} {d.release} (OpenAPI {d.version})"
        for d in documents
    ]
    return Fit(generation, titles, len(relied), list(dict.fromkeys(findings)))


def compare_tenant(
    connection: Connection, generation: Generation | None, names: Iterable[str]
) -> Fit:
    """Compare what the tenant itself hands out; only the session-manager's document is needed.

    Raises AccountError where that cannot be had or read.
    """
    documents, gaps = [], []
    for service, root in SERVICES.items():
        try:
            documents.append(_of_service(connection, root))
        except (Refused, Unintelligible, ServerFault):
            if root == SESSIONS:
                raise
            gaps.append(Finding(Kind.GAP, service, "every request", "no document was to be had"))
    fit = compare(documents, generation, names)
    return replace(fit, findings=[*fit.findings, *gaps])


def _of_service(connection: Connection, root: str) -> Document:
    """The document in JSON, else in YAML. Raises AccountError."""
    troubles = []
    for path in (f"{root}/openapi.json", f"{root}/openapi.yaml"):
        try:
            return Document(fetch(connection, path))
        except (NotFound, Unintelligible, NotReadable) as error:
            troubles.append(f"{path}: {error}")
    what = f"it has no OpenAPI document that can be read: {'; '.join(troubles)}"
    raise Unintelligible(connection.faults.line(what))


def _newer(document: Document) -> bool:
    return any(one.path.casefold().endswith("/terminate") for one in document.operations)


def _compared(one: Operation, documents: Sequence[Document], words: _Words) -> Iterator[Finding]:
    matches = [(d, o) for d in documents for o in d.operations if _is(one, o, d)]
    if not matches:
        yield Finding(
            Kind.MISSING, one.service, str(one), "the whole request" + _without(one), one.needed
        )
        return
    document, described = matches[0]
    comparison = _Comparison(document, one, words)
    if one.needed and str(described.node.get("deprecated")).lower() == "true":
        yield Finding(Kind.NEW, one.service, str(one), "the whole request is deprecated")
    yield from comparison.parameters(described)
    yield from comparison.body(described)
    yield from comparison.answer(described)


def _without(one: Operation | Field) -> str:
    return "" if one.needed else " (reaper does without)"


def _is(one: Operation, described: Described, document: Document) -> bool:
    """Whether it is that request: each segment is the same, or stands for any of its kind."""
    ours, theirs = one.path.split("/"), described.segments
    if (one.service, one.method) != (described.service, described.method):
        return False
    return len(ours) == len(theirs) and all(
        _same(our, described, place, document) for place, our in enumerate(ours)
    )


def _same(our: str, described: Described, place: int, document: Document) -> bool:
    their = described.segments[place]
    if not their.startswith("{"):
        return our.casefold() == their.casefold()
    if our.startswith("{"):
        return True
    values = document.enumerated(described, place)
    return our in KINDS and (values is None or our in values)


class _Comparison:
    """One request as the client makes it, and as the document describes it."""

    def __init__(self, document: Document, one: Operation, words: _Words) -> None:
        self._document, self._one, self._words = document, one, words

    def parameters(self, described: Described) -> Iterator[Finding]:
        theirs = self._document.parameters(described)
        for name in (*self._one.parameters, *self._one.wishes):
            wish = name in self._one.wishes
            if name not in theirs:
                cost = " (reaper does without: it reads more)" if wish else ""
                yield self._finding(Kind.MISSING, f"parameter {name}{cost}", breaks=not wish)
        ours = {*self._one.parameters, *self._one.wishes}
        for name, node in theirs.items():
            shown = self._words.shown(name)
            if name not in ours and str(node.get("required")).lower() == "true":
                yield self._finding(Kind.DIFFERENT, f"parameter {shown} is required", breaks=True)
            elif name not in ours and _FILTER.fullmatch(name) is None:
                yield self._finding(Kind.NEW, f"parameter {shown}{_hint(name)}")

        for name, node in self._document.parameters(described, "header").items():
            if str(node.get("required")).lower() == "true" and name.lower() not in _SENT:
                what = f"header {self._words.shown(name)} is required"
                yield self._finding(Kind.DIFFERENT, what, breaks=True)

    def body(self, described: Described) -> Iterator[Finding]:
        if not self._one.body:
            if str(self._document.body(described).get("required")).lower() == "true":
                yield self._finding(Kind.DIFFERENT, "a body is required", breaks=True)
            return
        yield from self._fields(self._one.body, self._document.schema_of_body(described), "body")

    def answer(self, described: Described) -> Iterator[Finding]:
        if self._one.answer:
            schema = self._document.schema_of_answer(described)
            yield from self._fields(self._one.answer, schema, "answer")
        if self._one.denial:
            schema = self._document.schema_of_answer(described, ("404", "4XX", "default"))
            yield from self._fields(self._one.denial, schema, "answer 404")

    def _fields(self, fields: Sequence[Field], schema: Any, where: str) -> Iterator[Finding]:  # noqa: ANN401 - of anybody's document
        theirs = self._document.properties(schema)
        if not theirs:
            yield self._finding(Kind.GAP, f"the fields of the {where}")
            return
        for field in fields:
            name = field.name if field.name in theirs else field.alias
            if name in theirs:
                yield from self._field(field, theirs[name], where)
            else:
                what = f"field {field.name} of the {where}{_without(field)}"
                yield self._finding(Kind.MISSING, what, breaks=field.needed)
        known = {name for field in fields for name in (field.name, field.alias)} | KNOWN_FIELDS
        for name in sorted(set(theirs) - known):
            what = f"field {self._words.shown(name)} of the {where}{_hint(name)}"
            yield self._finding(Kind.NEW, what)

    def _field(self, field: Field, schema: Any, where: str) -> Iterator[Finding]:  # noqa: ANN401
        types = self._document.types(schema)
        what = f"field {field.name} of the {where}"
        if types and types.isdisjoint(_SHAPES[field.shape]):
            told = ", ".join(map(self._words.shown, sorted(types)))
            yield self._finding(
                Kind.DIFFERENT, f"{what} is {told}, not {field.shape}", breaks=field.needed
            )
            return
        formats = self._document.formats(schema)
        if field.shape == "time" and formats and "date-time" not in formats:
            told = ", ".join(map(self._words.shown, sorted(formats)))
            yield self._finding(
                Kind.DIFFERENT, f"{what} is a {told}, not a date-time", breaks=field.needed
            )
        yield from self._values(field, self._document.values(schema), what)
        if field.fields:
            yield from self._fields(field.fields, self._document.entries(schema), f"{field.name}[]")

    def _values(self, field: Field, values: set[str] | None, what: str) -> Iterator[Finding]:
        if values is None or not field.needed_values:
            return
        for value in sorted(field.needed_values - values):
            yield self._finding(Kind.DIFFERENT, f"{what} is never {value}", breaks=field.needed)
        for value in sorted(values - field.values):
            yield self._finding(Kind.NEW, f"{what} may be {self._words.shown(value)}")

    def _finding(self, kind: Kind, what: str, *, breaks: bool = False) -> Finding:
        return Finding(kind, self._one.service, str(self._one), what, breaks and self._one.needed)


def _other_header(document: Document) -> bool:
    headers = document.key_headers()
    return bool(headers) and HEADER.lower() not in headers


def _header(document: Document) -> Finding:
    service = ", ".join(sorted(document.services))
    what = f"the key is not expected in the header {HEADER}"
    return Finding(Kind.DIFFERENT, service, "every request", what, breaks=True)


def _news(
    relied: Sequence[Operation], documents: Sequence[Document], words: _Words
) -> Iterator[Finding]:
    """What the documents have that neither the client nor the vendor's manual speaks of."""
    known = [*relied, *(o for s, m, p in KNOWN for o in _of_each_kind(s, m, p))]
    strange = [
        (described, document)
        for document in documents
        for described in document.operations
        if not any(_is(one, described, document) for one in known)
    ]
    for described, _ in strange[:MOST_NEW]:
        path = words.path(described.path)
        where = f"{described.method.upper()} {path}"
        yield Finding(Kind.NEW, described.service, where, f"the whole request{_hint(path)}")
    if len(strange) > MOST_NEW:
        what = f"{len(strange) - MOST_NEW:,} more requests"
        yield Finding(Kind.NEW, strange[0][0].service, "elsewhere", what)


def _of_each_kind(service: str, method: str, path: str) -> Iterator[Operation]:
    for kind in KINDS if "{kind}" in path else ("",):
        yield Operation(service, method, path.replace("{kind}", kind))


def _hint(name: str) -> str:
    return ": it may tell activity" if _ACTIVITY.search(name) else ""


class _Words:
    """Shows of a document only what can be no name, secret or text of the tenant's."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [name.casefold() for name in names if name]

    def shown(self, word: str) -> str:
        folded = word.casefold()
        known = any(name == folded or (name[_SHORT:] and name in folded) for name in self._names)
        plain = _WORD.fullmatch(word) and not _CREDENTIAL.search(word)
        return word if plain and not known else "(not shown)"

    def path(self, path: str) -> str:
        return "/".join(map(self._segment, path.split("/")[:20]))

    def _segment(self, segment: str) -> str:
        if segment.startswith("{") and segment.endswith("}"):
            return f"{{{self.shown(segment[1:-1])}}}"
        return self.shown(segment) if segment else ""
