"""What a command shows of the result of a run, and so has to be in one that a folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lpzero.errors import InputError
from lpzero.settings import place_in

Ends = Annotated[list[float], Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    """A part of a result, with what a command shows of it; further keys may be there."""

    model_config = ConfigDict(strict=True)


class _Behind(_Part):
    tau_a: float | None = None


class _Lost(_Part):
    share: float


class _Figures(_Part):
    n: int
    tau_a: float | None = None
    tau_b: float | None = None
    rho: float | None = None
    distinct: float | None = None
    interval: Ends | None = None
    within_depth: _Behind | None = None
    matched_size: _Behind | None = None
    top_decile: _Behind | None = None
    regret: dict[str, _Lost] | None = None


class _Versus(_Part):
    interval: Ends | None = None
    difference: float | None = None
    p: float | None = None
    p_holm: float | None = None

    @model_validator(mode="after")
    def _whole(self) -> _Versus:
        if self.interval and (self.difference is None or not {"p", "p_holm"} <= self.model_fields_set):
            raise ValueError("expected a difference and its p-values")
        return self


class _Baseline(_Part):
    proxy: str
    test: _Figures
    versus: _Versus = _Versus()


class _Best(_Part):
    formula: str
    direction: Literal["higher", "lower"]
    size: int
    test: _Figures
    search: _Figures
    validation: _Figures
    sketch: dict[str, float | None]


class _Result(_Part):
    run: str
    table: str
    protocol: str
    seed: int
    evaluated: int
    seconds: float
    pruned: dict[str, int]
    best: _Best
    baselines: list[_Baseline]


class _Evolved(_Result):
    stopped_by: str


class _Top(_Part):
    rankings: int
    lost: dict[str, int]


class _Enumerated(_Result):
    formulas: int
    branches: int
    per_second: int
    distinct_formulas: int
    nonfinite: int
    constant: int
    top: _Top


def check_result(document: dict[str, Any], path: Path, *, enumerated: bool) -> None:
    """Check that a document is the result of a run.

    Args:
        document: What stands in the file.
        path: The file, for the message.
        enumerated: Whether it is that of an enumeration.

    Raises:
        InputError: A key is missing, or has another value than such a result; the message names it.
    """
    try:
        (_Enumerated if enumerated else _Evolved).model_validate(document)
    except ValidationError as err:
        key = place_in(err.errors(include_url=False)[0]["loc"])
        raise InputError(
            f"{path}: expected the result of a run, found none or another of its {key!r}: delete the file"
        ) from None
