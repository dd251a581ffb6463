"""The settings of an evolution on tables of choices, validated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lpzero.evolution import defaults
from lpzero.evolution.config import Rate, leaves_room

SEARCH_SHARE, VALIDATION_SHARE = 0.4, 0.2
MAX_DEPTH, MAX_SIZE = 14, 30
"""Every axis takes a node to reduce: formulas of units are deeper than others."""


class ChoicesPart(BaseModel):
    """A table of choices.

    Attributes:
        table: Its folder.
        records_sha256: Digest of its records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    table: str
    records_sha256: str


class ChoicesConfig(BaseModel):
    """Everything that decides the result.

    Attributes:
        grammar: ``"units"``.
        tables: What formulas are ranked on, each table counting the same; pairs never cross tables.
        hold_out: Tables that take no part in anything but the final figures.
        seed: Seed of every random choice, at least 0.
        search_layers, validation_layers: Share of each table's layers that formulas are ranked on, and that the choice
            looks at as well; the rest is sealed, at least two layers.
        islands, population, generations, epoch, migrants, restart_after, max_evals, budget, patience, select,
            tournament, crossover_rate, mutation_rate, elite, parsimony, max_depth, max_size: As of
            :class:`lpzero.evolution.config.EvolveConfig`.
        device: ``"cpu"``, where the arrays lie.
        deterministic: Nothing to a processor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    grammar: Literal["units"] = "units"
    tables: Annotated[list[ChoicesPart], Field(min_length=1)]
    hold_out: list[ChoicesPart] = Field(default_factory=list)
    seed: Annotated[int, Field(ge=0)] = 0
    search_layers: Annotated[float, Field(gt=0, lt=1)] = SEARCH_SHARE
    validation_layers: Annotated[float, Field(ge=0, lt=1)] = VALIDATION_SHARE
    islands: Annotated[int, Field(ge=1, le=64)] = 2
    population: Annotated[int, Field(ge=4, le=100_000)] = 60
    generations: Annotated[int, Field(ge=0)] = 10
    epoch: Annotated[int, Field(ge=1)] = defaults.EPOCH
    migrants: Annotated[int, Field(ge=0)] = defaults.MIGRANTS
    restart_after: Annotated[int, Field(ge=0)] = defaults.RESTART_AFTER
    max_evals: Annotated[int, Field(ge=1)] | None = None
    budget: Annotated[float, Field(gt=0)] | None = None
    patience: Annotated[int, Field(ge=1)] | None = None
    max_depth: Annotated[int, Field(ge=4, le=24)] = MAX_DEPTH
    max_size: Annotated[int, Field(ge=4, le=200)] = MAX_SIZE
    select: Literal["tournament", "nsga2"] = defaults.SELECT
    tournament: Annotated[int, Field(ge=1)] = defaults.TOURNAMENT
    crossover_rate: Rate = defaults.CROSSOVER_RATE
    mutation_rate: Rate = defaults.MUTATION_RATE
    elite: Annotated[int, Field(ge=0)] = 3
    parsimony: Annotated[float, Field(ge=0)] = defaults.PARSIMONY
    device: Literal["cpu"] = "cpu"
    deterministic: bool = False

    @property
    def spaces(self) -> tuple[str, ...]:
        """None: formulas are about units."""
        return ()

    @property
    def operands(self) -> tuple[str, ...]:
        """None of other packages."""
        return ()

    @property
    def primitives(self) -> tuple[str, ...]:
        """None of other packages."""
        return ()

    @property
    def terms(self) -> int:
        """None: no weights are fitted."""
        return 0

    _room = field_validator("elite", "migrants")(leaves_room)
