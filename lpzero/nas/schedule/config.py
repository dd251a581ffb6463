"""The settings of a search by a schedule, validated; a run keeps them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lpzero.nas.config import PoolConfig
from lpzero.nas.schedule.document import Evolution


class PredictorConfig(BaseModel):
    """What scores architectures, so that it is found again.

    Attributes:
        kind: What it is.
        name: What it is called.
        text: The formula or the name of the metric, the path of a kept predictor, or the table of a look-up; empty for
            a training.
        higher_is_better: Which scores are better.
        column: Of a look-up, what it was published with beside the quality; empty for the quality.
        sha256: Of the document of a kept predictor; empty for another.
        steps: Of a training; None for as many as the recipe has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["proxy", "kept", "lookup", "training"]
    name: str
    text: str
    higher_is_better: bool
    column: str = ""
    sha256: str = ""
    steps: Annotated[int, Field(ge=1)] | None = None


class PhaseConfig(BaseModel):
    """Which predictor scores from an iteration on.

    Attributes:
        begins: The iteration, counted from 0.
        predictor: Its place among the predictors.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    begins: Annotated[int, Field(ge=0)]
    predictor: Annotated[int, Field(ge=0)]


class ScheduleConfig(PoolConfig):
    """Everything that decides the result of a search by a schedule, beside where it picks.

    Attributes:
        evolution: The sizes of the evolution.
        predictors: What scores, each once.
        phases: Which of them scores from which iteration on, the first from 0 on.
        control: Whether a random search with as many scores of the last predictor stands beside it.
        exact: Whether the first population begins with what integer programs are certain of, by the first predictor.
    """

    evolution: Evolution
    predictors: Annotated[list[PredictorConfig], Field(min_length=1)]
    phases: Annotated[list[PhaseConfig], Field(min_length=1)]
    control: bool
    exact: bool = False

    @model_validator(mode="after")
    def _holds_together(self) -> ScheduleConfig:
        begins = [phase.begins for phase in self.phases]
        behind = all(one < other for one, other in pairwise(begins))
        if begins[0] != 0 or not behind or begins[-1] >= self.evolution.iterations:
            raise ValueError("expected phases one behind the other, the first from 0 on")
        if max(phase.predictor for phase in self.phases) >= len(self.predictors):
            raise ValueError("expected the place of a predictor in every phase")
        return self

    def phase_at(self, iteration: int) -> int:
        """The place of the phase that scores an iteration."""
        return max(i for i, phase in enumerate(self.phases) if phase.begins <= iteration)
