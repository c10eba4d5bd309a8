"""A secret as a person gives it: by itself, in an environment variable, or in a file."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticCustomError

from reaper import files
from reaper.errors import ConfigurationError


def given(model: BaseModel, key: str) -> list[str]:
    """Which of the three ways are used, by their keys: `key`, `key_env` and `key_file`."""
    return [name for name in (key, f"{key}_env", f"{key}_file") if getattr(model, name) is not None]


def one_way(model: BaseModel, key: str, whose: str, *, needed: bool = True) -> None:
    """Raises PydanticCustomError unless exactly one way is used.

    None will do where the secret is not needed.
    """
    sources = given(model, key)
    if len(sources) > 1 or (needed and not sources):
        there = " and ".join(sources) or "none"
        message = f"{whose}: give one of {key}_env, {key}_file or {key}; there is {there}"
        raise PydanticCustomError("setting", "{why}", {"why": message})


def read(model: BaseModel, key: str, whose: str, what: str) -> SecretStr:
    """The secret that is given under `key`.

    Raises ConfigurationError when the variable or file does not have it.
    """
    secret: SecretStr | None = getattr(model, key)
    if secret is not None:
        return secret
    variable: str | None = getattr(model, f"{key}_env")
    text = (
        _of_variable(variable, whose, what)
        if variable
        else _of_file(getattr(model, f"{key}_file"), whose, what)
    )
    if not text.isascii() or not text.isprintable():
        raise ConfigurationError(
            f"{whose}: its {what} contains characters that are not allowed in a {what}"
        )
    return SecretStr(text)


def _of_variable(variable: str, whose: str, what: str) -> str:
    text = os.environ.get(variable, "").strip()
    if not text:
        raise ConfigurationError(
            f"{whose}: its {what} is missing; set the environment variable {variable}"
        )
    return text


def _of_file(file: Path, whose: str, what: str) -> str:
    try:
        text = files.read_text(file).strip()
    except OSError as error:
        why = f"its {what} cannot be read from {file}: {error.strerror}"
        raise ConfigurationError(f"{whose}: {why}") from None
    if not text:
        raise ConfigurationError(f"{whose}: the {what} file {file} is empty")
    return text
