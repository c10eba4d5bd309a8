"""How a setting is refused, in words for the person who wrote it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Strict(BaseModel):
    """A group of settings. An unknown key is an error, and no message repeats what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def wrong(message: str) -> PydanticCustomError:
    """The error for a validator to raise; `message` says what is wrong, and what to write."""
    return PydanticCustomError("setting", "{why}", {"why": message})
