"""The settings that every discovery has, validated; a run folder keeps them, and ``--config`` reads them back."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lpzero.evolution.defaults import LARGEST_PART, LARGEST_TEST
from lpzero.operands.defaults import BATCH, ELEMENTS, TOKENS


class TableConfig(BaseModel):
    """What every search against a table works on.

    Attributes:
        space: Name of the search space.
        protocol: Which model an architecture of the space stands for.
        table: Name of the table with the measured qualities.
        seed: Seed of every random choice, at least 0.
        search_size: Records that formulas are ranked on, at least 4.
        validation_size: Records that the choice of the result looks at as well, at least 0.
        test_size: Records of the sealed test at most, 4 or more, drawn by the seed where more are left.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        elements: Elements of each tensor that a sketch keeps.
        device: ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        pairs: Which pairs of architectures formulas are ranked by: ``"all"``, those of ``"matched"`` size (parameters
            outside the embeddings within 25 %), or those of equal ``"width"``.
        operands: Names of operands: of an evolution those of other packages that may be drawn beside those of the
            package.
        principles: What a file of principles says: records that break its hard rules take no part, not even in the
            sealed test; None for all records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    space: str
    protocol: str
    table: str
    seed: Annotated[int, Field(ge=0)] = 0
    search_size: Annotated[int, Field(ge=4)] = LARGEST_PART
    validation_size: Annotated[int, Field(ge=0)] = LARGEST_PART
    test_size: Annotated[int, Field(ge=4)] = LARGEST_TEST
    batch: Annotated[int, Field(ge=1)] = BATCH
    tokens: Annotated[int, Field(ge=2)] = TOKENS
    elements: Annotated[int, Field(ge=16)] = ELEMENTS
    device: Literal["cpu", "cuda"] = "cpu"
    deterministic: bool = False
    pairs: Literal["all", "matched", "width"] = "all"
    operands: list[str] = Field(default_factory=list)
    principles: dict[str, Any] | None = None


class TablePart(BaseModel):
    """A table beside the one of the settings, and how much of it is seen.

    Attributes:
        table: Its name or folder.
        space: Name of the search space.
        protocol: Which model an architecture of it stands for.
        search_size: Records that formulas are ranked on, at least 4; nothing of a table that is held out.
        validation_size: Records that the choice looks at as well, at least 0; likewise.
        table_sha256: Digest of its records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    table: str
    space: str
    protocol: str
    search_size: Annotated[int, Field(ge=4)] = LARGEST_PART
    validation_size: Annotated[int, Field(ge=0)] = LARGEST_PART
    table_sha256: str = ""


Config = TypeVar("Config", bound=TableConfig)
