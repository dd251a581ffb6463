"""The settings of an enumeration, validated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lpzero.evolution.defaults import ENUMERATED_GRAMMAR, KEEP
from lpzero.evolution.discovery.config import TableConfig


class EnumerateConfig(TableConfig):
    """Everything that decides the result of an enumeration, beside what every discovery is set.

    Attributes:
        grammar: ``"lpzero"``, the paper's, or ``"layered"``, which also has the first and the last layer.
        operands: Names of the operands whose branches are enumerated, at least one.
        keep: Rankings of the search split that the choice looks at, at least 1.
    """

    grammar: Literal["lpzero", "layered"] = ENUMERATED_GRAMMAR
    operands: Annotated[list[str], Field(min_length=1)]
    keep: Annotated[int, Field(ge=1, le=1_000_000)] = KEEP
