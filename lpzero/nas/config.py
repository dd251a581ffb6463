"""The settings of a search, validated; a run keeps them. Those of where it picks are shared by all searches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lpzero.costs.cost import CostName
from lpzero.nas import defaults
from lpzero.operands.defaults import BATCH, TOKENS


class PoolConfig(BaseModel):
    """What every search of architectures is set: where it picks, and what stands beside each pick.

    Attributes:
        space: What :func:`lpzero.spaces.get_space` finds the search space by.
        protocol: Which model an architecture stands for.
        table: Only the architectures of this table may be picked; empty for the whole space.
        left_out: Ids of the table's records that may not be picked: what scores was chosen on them.
        seed: Seed of every random choice, at least 0.
        limits: The highest costs, by name.
        against: The cost that the front sets against the score.
        costs: Costs that are measured for every row of the result, besides those that are counted.
        keep: How many of the best are written out, at least 1.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        device: ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        corpus: Path of the text to train on; empty where nothing is trained.
        validation: Path of the text to validate on; likewise.
        principles: What a file of principles says, which candidates keep; None for the whole space.
        checkpoint: Path of the checkpoint whose sub-networks are searched by a text; empty for other spaces.
        calibration: Path of the text that the units of a checkpoint are put in order by, and on whose end losses of its
            sub-networks are measured; empty for other spaces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    space: str
    protocol: str
    table: str = ""
    left_out: list[str] = []
    seed: Annotated[int, Field(ge=0)] = 0
    limits: dict[str, float] = {}
    against: CostName = defaults.AGAINST
    costs: list[CostName] = []
    keep: Annotated[int, Field(ge=1)] = defaults.KEEP
    batch: Annotated[int, Field(ge=1)] = BATCH
    tokens: Annotated[int, Field(ge=2)] = TOKENS
    device: Literal["cpu", "cuda"] = "cpu"
    deterministic: bool = False
    corpus: str = ""
    validation: str = ""
    principles: dict[str, Any] | None = None
    checkpoint: str = ""
    calibration: str = ""


class SearchConfig(PoolConfig):
    """Everything that decides the result of a search.

    Attributes:
        space: What :func:`lpzero.spaces.get_space` finds the search space by.
        protocol: Which model an architecture stands for.
        proxies: Texts of formulas, or names of coded metrics; several are combined by their mean rank.
        names: What each is called, in the same order.
        higher_is_better: The direction of each.
        table: Only the architectures of this table may be picked; empty for the whole space.
        left_out: Ids of the table's records that may not be picked: the proxies were chosen on them.
        seed: Seed of every random choice, at least 0.
        limits: The highest costs, by name.
        against: The cost that the front, and NSGA-II, set against the score.
        costs: Costs that are measured for every row of the result, besides those that are counted.
        algorithm: How architectures are proposed.
        samples: Stop after so many scored architectures, at least 1; None for no limit, where there is a budget.
        budget: Stop after so many seconds, in which the random search beside it takes its turns; None for no limit.
        keep: How many of the best are written out, at least 1.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        device: ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        verify: How many of the best are trained, at least 2; 0 for none.
        corpus: Path of the text to train on; empty without ``verify``.
        validation: Path of the text to validate on; likewise.
        principles: What a file of principles says, which candidates keep; None for the whole space.
        checkpoint: Path of the checkpoint whose sub-networks are searched by a text; empty for other spaces.
        calibration: Path of the text that the units of a checkpoint are put in order by, and on whose end losses of its
            sub-networks are measured; empty for other spaces.
    """

    proxies: Annotated[list[str], Field(min_length=1)]
    names: list[str]
    higher_is_better: list[bool]
    algorithm: Literal["guided", "evolution", "nsga2", "local", "random", "exact"] = defaults.ALGORITHM
    samples: Annotated[int, Field(ge=1)] | None = defaults.SAMPLES
    budget: Annotated[float, Field(gt=0)] | None = None
    verify: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _holds_together(self) -> SearchConfig:
        if self.samples is None and self.budget is None:
            raise ValueError("expected samples or a budget, for the search to end")
        if not len(self.proxies) == len(self.names) == len(self.higher_is_better):
            raise ValueError("expected a name and a direction for every proxy")
        return self

    @field_validator("verify")
    @classmethod
    def _enough_for_an_interval(cls, number: int) -> int:
        if number == 1:
            raise ValueError("expected at least 2, for there to be an interval")
        return number
