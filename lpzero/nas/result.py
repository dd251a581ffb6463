"""What a command shows of the result of a search, and so has to be in one that a folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lpzero.errors import InputError
from lpzero.nas.config import CostName
from lpzero.settings import one_line, place_in

Ends = Annotated[list[float], Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    """A part of a result; further keys may be there."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Proxy(_Part):
    proxy: str


class _Row(_Part):
    key: str
    scores: list[float | None]
    costs: dict[CostName, float]


class _Truth(_Part):
    regret: float
    percentile: float


class _Difference(_Part):
    mean: float
    interval: Ends


class _Proof(_Part):
    table: str
    losses: dict[str, list[Any]]
    means: dict[str, float]
    difference: dict[str, _Difference]

    @model_validator(mode="after")
    def _of_every_group(self) -> _Proof:
        groups = set(self.losses)
        if not groups <= set(self.means) or not groups - {"found"} <= set(self.difference):
            raise ValueError("expected a mean and a difference for each group")
        return self


class _Result(_Part):
    schema_: Annotated[Literal[1], Field(alias="schema")]
    run: str
    proxies: list[_Proxy]
    algorithm: str
    scored: int
    failed: int
    seed: int
    seconds: float
    limits: dict[CostName, float]
    against: str
    best: Annotated[list[_Row], Field(min_length=1)]
    front: list[Any]
    controls: dict[str, _Row | None]
    truth: dict[str, _Truth | None] | None
    proof: _Proof | None

    @model_validator(mode="after")
    def _has_rows_of_one_kind(self) -> _Result:
        costs = set(self.best[0].costs)
        named = {"found": self.best[0], **self.controls}
        for name, row in named.items():
            if row is not None and not costs <= set(row.costs):
                raise ValueError(f"expected the costs of the best in {name}")
            if row is not None and self.truth and self.truth.get(name) is None:
                raise ValueError(f"expected the truth of {name}")
        return self


def check_result(document: dict[str, Any], path: Path) -> None:
    """Raise InputError, naming the key, where a document is no result of a search, as that of an evolution is not."""
    try:
        _Result.model_validate(document)
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        key = place_in(fault["loc"]) or "the whole"
        found = "none" if fault["type"] == "missing" else one_line(fault["msg"].removeprefix("Value error, "))
        raise InputError(f"{path}: expected the result of a search, found {key}: {found}: begin a new search") from None
