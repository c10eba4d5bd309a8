"""What may stand at a place of a file: the models' annotations, followed along pydantic's `loc`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, Tag
from pydantic.fields import FieldInfo

from reaper.config.located_yaml.reading import Located, child
from reaper.core.language.selector import Way

_LISTS = (list, tuple, set, frozenset)


@dataclass(frozen=True)
class Alternative:
    """One type that may stand somewhere; `tag` where a discriminator chooses it."""

    type: Any
    tag: str | None = None


@dataclass(frozen=True)
class Shape:
    """Everything that may stand at a place; empty where nothing is known of it."""

    alternatives: tuple[Alternative, ...] = ()
    field: FieldInfo | None = None

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """The keys that a mapping here may have, as they are written."""
        models = (
            a.type
            for a in self.alternatives
            if isinstance(a.type, type) and issubclass(a.type, BaseModel)
        )
        return {
            info.alias or name: info
            for model in models
            for name, info in model.model_fields.items()
        }

    @property
    def tags(self) -> list[str]:
        return [a.tag for a in self.alternatives if a.tag is not None]

    @property
    def words(self) -> list[str]:
        """The fixed values that may stand here."""
        return [str(word) for a in self.alternatives for word in _words(a.type)]

    @property
    def plain(self) -> str:
        """The name of the one type that may stand here besides nothing, in lower case.

        `int`, `date`, `duration`.
        """
        types = [
            a.type for a in self.alternatives if isinstance(a.type, type) and a.type is not NoneType
        ]
        return types[0].__name__.lower() if len(types) == 1 else ""

    @property
    def description(self) -> str:
        return (self.field.description if self.field else None) or ""

    @property
    def secret(self) -> bool:
        """Whether what stands here must not be repeated; an unknown shape may be secret."""
        return not self.alternatives or any(
            a.type in (SecretStr, SecretBytes) for a in self.alternatives
        )

    def home(self, key: int | str) -> str | None:
        """Where a key belongs that has no place here, but one level below.

        None when it has none there either.
        """
        inner = {name: self.under(name) or Shape() for name in self.fields}
        if words := next((name for name, shape in inner.items() if key in shape.words), None):
            return f"write '{words}: {key}'"
        alternatives = [
            f"under '{name}:'"
            for name, shape in inner.items()
            if key in (*shape.fields, *shape.tags)
        ]
        alternatives += [
            f"in an entry of '{name}:'"
            for name, shape in inner.items()
            if key in shape.entry.fields
        ]
        return f"it belongs {' or '.join(alternatives)}" if alternatives else None

    @property
    def entry(self) -> Shape:
        """What may stand in the list that may stand here."""
        return self.under(0) or Shape()

    def under(self, element: int | str) -> Shape | None:
        """The shape of what stands under a key or at a position.

        None when the element is no such thing.
        """
        if element in self.fields:
            info = self.fields[str(element)]
            return Shape(tuple(_flat(info.annotation)), info)
        container = _LISTS if isinstance(element, int) else (dict,)
        alternatives = [a for a in self.alternatives if get_origin(a.type) in container]
        inner = [
            arg
            for a in alternatives
            for arg in get_args(a.type)[-1 if dict in container else 0 :]
            if arg is not ...
        ]
        return Shape(tuple(one for arg in inner for one in _flat(arg))) if alternatives else None

    def chosen(self, tag: int | str) -> Shape | None:
        """The shape once a discriminator chose; None when nothing here has this tag."""
        alternatives = tuple(Alternative(a.type) for a in self.alternatives if a.tag == tag)
        return Shape(alternatives, self.field) if alternatives else None


def _words(annotation: Any) -> Iterable[object]:  # noqa: ANN401 - annotations are anything
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


@dataclass(frozen=True)
class Spot:
    """A place that an error speaks of.

    Its path in the file, what may stand there, and what around it.
    """

    path: Way
    shape: Shape
    around: Shape


def spot(loc: Way, located: Located, model: type[BaseModel] | None) -> Spot:
    """Follow a `loc` through the file and the model, leaving out what stands for a choice
    of type.
    """
    around = shape = Shape((Alternative(model),) if model else ())
    path: Way = ()
    node = located.root
    for element in loc:
        if (chosen := shape.chosen(element)) is not None:
            shape = chosen
            continue
        inner, below = shape.under(element), child(node, element)
        if inner is not None or below is not None or element == loc[-1]:
            around, shape = shape, inner or Shape()
            path, node = (*path, element), below or node
    return Spot(path, shape, around)


# annotations are anything
def _flat(annotation: Any, tag: str | None = None) -> Iterator[Alternative]:  # noqa: ANN401
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *notes = get_args(annotation)
        yield from _flat(inner, next((n.tag for n in notes if isinstance(n, Tag)), tag))
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from _flat(one, tag)
    elif (choices := getattr(annotation, "choices", None)) is not None:
        yield from _flat(choices(), tag)
    else:
        yield Alternative(annotation, tag)
