"""What an OpenAPI document says of a request and its answer, with every reference followed.

Nothing in it is trusted: references may lead nowhere or in circles, and anything may be of another
shape. What cannot be followed says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from reaper.platforms.aimms.document import NotReadable
from reaper.platforms.aimms.reliance import SERVICES

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
MOST_OPERATIONS = 5_000
_LONGEST_CHAIN = 20
_MOST_PARTS = 500
_FIRST_SEGMENTS = {"sessions": "session-manager", "tasks": "tasks", "user": "user-manager"}
_SUCCESSES = ("200", "201", "202", "2XX", "2xx", "default")

Node = Mapping[str, Any]
NOTHING: Node = {}


@dataclass(frozen=True, slots=True)
class Described:
    """An operation as the document has it."""

    service: str
    method: str
    path: str
    node: Node
    item: Node

    @property
    def segments(self) -> list[str]:
        return self.path.split("/")


class Document:
    """A document of OpenAPI 3. Raises NotReadable for anything else."""

    def __init__(self, content: object) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("paths"), dict):
            raise NotReadable("it is not an OpenAPI document: it has no paths")
        if "swagger" in content:
            raise NotReadable(
                "it is written in Swagger 2, which is not compared: convert it to OpenAPI 3"
            )
        self.version = str(content.get("openapi"))
        if re.fullmatch(r"3\.\d{1,2}(\.\d{1,3})?", self.version) is None:
            raise NotReadable("it does not say which OpenAPI it is: `openapi: 3.1.0` is missing")
        self._content: Node = content
        self.operations = list(self._operations(content["paths"]))

    @property
    def release(self) -> str:
        """The version of the service, where it is a number."""
        version = str(mapping(self._content.get("info")).get("version"))
        return version if re.fullmatch(r"[0-9.]{1,20}", version) else "of unknown version"

    @property
    def services(self) -> set[str]:
        return {operation.service for operation in self.operations}

    def parameters(self, operation: Described, place: str = "query") -> dict[str, Node]:
        """The parameters there by name; those of the operation replace those of its path."""
        written = (*_list(operation.item, "parameters"), *_list(operation.node, "parameters"))
        nodes = map(self.follow, written)
        return {
            str(node["name"]): node for node in nodes if node.get("in") == place and "name" in node
        }

    def enumerated(self, operation: Described, place: int) -> set[str] | None:
        """The values of the path's parameter at that place, where the document lists them."""
        name = operation.segments[place].strip("{}")
        for written in (*_list(operation.node, "parameters"), *_list(operation.item, "parameters")):
            node = self.follow(written)
            if node.get("in") == "path" and node.get("name") == name:
                return self.values(mapping(node.get("schema")))
        return None

    def body(self, operation: Described) -> Node:
        return self.follow(operation.node.get("requestBody"))

    def schema_of_body(self, operation: Described) -> Node:
        return self._content_schema(self.body(operation))

    def schema_of_answer(self, operation: Described, codes: tuple[str, ...] = _SUCCESSES) -> Node:
        answers = mapping(operation.node.get("responses"))
        first = next((answers[code] for code in codes if code in answers), None)
        return self._content_schema(self.follow(first))

    def key_headers(self) -> set[str]:
        """The headers by which the document has a key travel, in lower case."""
        schemes = mapping(mapping(self._content.get("components")).get("securitySchemes"))
        nodes = map(self.follow, schemes.values())
        return {
            str(node.get("name")).lower()
            for node in nodes
            if node.get("type") == "apiKey" and node.get("in") == "header"
        }

    def follow(self, written: object) -> Node:
        """The node itself, or what its reference within this document leads to."""
        node = mapping(written)
        for _ in range(_LONGEST_CHAIN):
            if "$ref" not in node:
                return node
            node = self._pointed_at(str(node["$ref"]))
        return NOTHING

    def parts(self, schema: object) -> Iterator[Node]:
        """The schema and what it is put together from: of all, any or one of them."""
        left = [self.follow(schema)]
        before: set[int] = set()
        while left and len(before) < _MOST_PARTS:
            node = left.pop()
            if id(node) in before:
                continue
            before.add(id(node))
            yield node
            for word in ("allOf", "anyOf", "oneOf"):
                left += map(self.follow, _list(node, word))

    def properties(self, schema: object) -> dict[str, Node]:
        """The fields by name; none where the document says nothing of them."""
        return {
            str(name): mapping(field)
            for part in self.parts(schema)
            for name, field in mapping(part.get("properties")).items()
        }

    def types(self, schema: object) -> set[str]:
        """None of them where it is left open; `null` is no type of its own."""
        written = (part.get("type") for part in self.parts(schema))
        types = {
            str(one) for type_ in written for one in (type_ if isinstance(type_, list) else [type_])
        }
        return types - {"null", "None"}

    def formats(self, schema: object) -> set[str]:
        return {str(part["format"]) for part in self.parts(schema) if "format" in part}

    def values(self, schema: object) -> set[str] | None:
        """What the field may be, in lower case; None where that is left open."""
        found: set[str] = set()
        for part in self.parts(schema):
            found |= {str(value).casefold() for value in _list(part, "enum")}
            found |= {str(part["const"]).casefold()} if "const" in part else set()
        return found - {"none", "null"} or None

    def entries(self, schema: object) -> Node:
        """The schema of a list's entries."""
        return next((self.follow(p["items"]) for p in self.parts(schema) if "items" in p), NOTHING)

    def _content_schema(self, node: Node) -> Node:
        content = mapping(node.get("content"))
        kinds = [kind for kind in content if "json" in str(kind).lower()] or list(content)
        return self.follow(mapping(content[kinds[0]]).get("schema")) if kinds else NOTHING

    def _pointed_at(self, reference: str) -> Node:
        if not reference.startswith("#/"):
            return NOTHING
        node: object = self._content
        for part in reference[2:].split("/")[:_LONGEST_CHAIN]:
            node = mapping(node).get(unquote(part).replace("~1", "/").replace("~0", "~"))
        return mapping(node)

    def _operations(self, paths: Node) -> Iterator[Described]:
        root = self._root()
        count = 0
        for path, written in paths.items():
            service, relative = _placed(f"{root}/{str(path).lstrip('/')}", str(path))
            item = self.follow(written)
            for method in METHODS:
                if service and isinstance(item.get(method), dict):
                    count += 1
                    if count > MOST_OPERATIONS:
                        raise NotReadable(f"it has more than {MOST_OPERATIONS:,} operations")
                    yield Described(service, method, relative, item[method], item)

    def _root(self) -> str:
        """The path of the first server's address, below which the paths are."""
        servers = _list(self._content, "servers")
        url = str(mapping(servers[0]).get("url", "")) if servers else ""
        try:
            return urlsplit(url).path.rstrip("/")
        except ValueError:
            return ""


def _placed(full: str, path: str) -> tuple[str, str]:
    """The service that the path belongs to, and the path within it; no service of a strange one."""
    for name, root in SERVICES.items():
        if f"{full}/".casefold().startswith(f"{root}/"):
            return name, full[len(root) :].rstrip("/")
    first = path.strip("/").split("/")[0].casefold()
    return _FIRST_SEGMENTS.get(first, ""), f"/{path.strip('/')}"


def mapping(node: object) -> Node:
    return node if isinstance(node, dict) else NOTHING


def _list(node: Node, key: str) -> list[Any]:
    written = node.get(key)
    return written if isinstance(written, list) else []
