"""The settings of a search, validated; a run keeps them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class SearchConfig(BaseModel):
    """Everything that decides the result of a search.

    Attributes:
        space: Name of the search space.
        protocol: Which model an architecture stands for.
        proxies: Texts of formulas, or names of coded metrics; several are combined by their mean rank.
        higher_is_better: The direction of each.
        table: Only the architectures of this table may be picked; empty for the whole space.
        seed: Seed of every random choice, at least 0.
        limits: The highest costs, by name.
        algorithm: How candidates are proposed.
        samples: Stop after so many scored architectures, at least 1.
        budget: Stop after so many seconds of scoring; None for no limit.
        keep: How many of the best are written out, at least 1.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        device: ``"cpu"`` or ``"cuda"``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    space: str
    protocol: str
    proxies: Annotated[list[str], Field(min_length=1)]
    higher_is_better: list[bool]
    table: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    limits: dict[str, int] = {}
    algorithm: Literal["evolution", "local", "random"] = "evolution"
    samples: Annotated[int, Field(ge=1)] = 200
    budget: Annotated[float, Field(gt=0)] | None = None
    keep: Annotated[int, Field(ge=1)] = 8
    batch: Annotated[int, Field(ge=1)] = 8
    tokens: Annotated[int, Field(ge=2)] = 64
    device: Literal["cpu", "cuda"] = "cpu"
