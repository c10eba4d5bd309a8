"""For how long a session must have been an offender before it is ended."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from reaper.core.language.selector import SAID, Written, problem
from reaper.core.model.duration import Duration

LEAST_LOOKS = 3
"""This many consecutive looks show that something lasts: two are two moments."""


class After(Written):
    """How long a session must have been an offender, in every complete look, before it is ended."""

    observations: Annotated[int | None, SAID] = Field(
        None, ge=1, strict=True, description="in how many consecutive complete runs", examples=[3]
    )
    for_: Annotated[Duration | None, SAID] = Field(
        None, alias="for", description="for how long", examples=["15m"]
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.observations is None and self.for_ is None:
            raise problem("after", "say how many runs or how long: {observations: 3} or {for: 15m}")
        return self
