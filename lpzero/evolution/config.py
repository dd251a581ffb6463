"""The settings of an evolution, validated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from lpzero.evolution import defaults
from lpzero.evolution.discovery.config import TableConfig, TablePart
from lpzero.settings import check_settings

Rate = Annotated[float, Field(ge=0, le=1)]


def leaves_room(value: int, info: ValidationInfo) -> int:
    """A number of formulas that are kept or sent; raises ValueError where it is not below the population."""
    # a population that is wrong itself has its own message
    population = info.data.get("population", value + 1)
    if value >= population:
        raise ValueError(f"expected fewer than the population of {population}")
    return value


class EvolveConfig(TableConfig):
    """Everything that decides the result of an evolution, beside what every discovery is set.

    Attributes:
        grammar: ``"typed"``, ``"lpzero"``, ``"layered"`` or ``"weighted"``.
        terms: Terms of a weighted sum, 1 to 12; nothing to the other grammars.
        islands: Populations that evolve apart from each other between migrations, 1 to 64.
        population: Individuals of a generation of one island, 4 to 100,000.
        generations: Generations behind the first one, at least 0.
        epoch: Generations between two migrations, at least 1.
        migrants: The best of each island that its neighbour in the ring receives, fewer than the population.
        restart_after: An island without a better best for so many generations keeps its elite and draws the others
            anew; 0 for never.
        start: What the first populations hold beside seed formulas: ``"enumeration"``, the formulas that an enumeration
            of the grammar ``layered`` finds best on search and validation, and mutants of them (of the grammar
            ``weighted``, the sums of a forward selection); or ``"random"`` ones.
        seed_formulas: Texts of formulas that the first populations hold, beside mutants of them.
        primitives: Names of the primitives of other packages that may be drawn (:mod:`lpzero.formula.brought`); none
            for the grammars that are made of branches.
        rules: Whether rules prune formulas before they are evaluated.
        initialisations: Draws of weights and tokens that tau-a on search and validation together is averaged over, 1 to
            16: a formula that ranks by the luck of one draw falls behind. The one of the seed comes first.
        max_evals: Stop after this many evaluated formulas; None for no limit.
        budget: Stop after this many seconds of evolution; None for no limit.
        patience: Stop after this many generations without a better best; None for no limit.
        max_depth: Deepest formula, 4 to 24.
        max_size: Largest formula in nodes, 4 to 200.
        select: How parents and survivors are chosen: ``"tournament"`` by one fitness, or ``"nsga2"`` by objective,
            size and cost (Deb et al. 2002).
        objective: What is maximised: ``"joint"`` for tau-a on search and validation together, ``"plain"`` for that on
            the search split alone, ``"stable"`` for a lower quantile of the latter over bootstrap resamples.
        resamples: Resamples of the stable objective, 1 to 10,000.
        quantile: Which quantile, in (0, 1).
        tournament: Individuals that compete to be a parent, at least 1.
        crossover_rate: Probability that a child has two parents.
        mutation_rate: Probability that a child is mutated.
        elite: Individuals that survive unchanged, fewer than the population; 5 by default, or one fewer than a smaller
            population.
        parsimony: Rank correlation that one node more must earn, at least 0.
        beside: Other tables that formulas are ranked on at the same time, each counting as much as the first.
        hold_out: Tables that take no part in anything but the final figures.
        worst: Whether, of several tables, the objective is the least of them instead of their mean.
        judge: ``"all"`` tables at last, or ``"held_out"`` for those alone, which saves the passes on all others.
    """

    grammar: Literal["typed", "lpzero", "layered", "weighted"] = defaults.GRAMMAR
    terms: Annotated[int, Field(ge=1, le=12, validate_default=True)] = defaults.TERMS
    islands: Annotated[int, Field(ge=1, le=64)] = defaults.ISLANDS
    population: Annotated[int, Field(ge=4, le=100_000)] = defaults.POPULATION
    generations: Annotated[int, Field(ge=0)] = defaults.GENERATIONS
    epoch: Annotated[int, Field(ge=1)] = defaults.EPOCH
    migrants: Annotated[int, Field(ge=0)] = defaults.MIGRANTS
    restart_after: Annotated[int, Field(ge=0)] = defaults.RESTART_AFTER
    start: Literal["enumeration", "random"] = "enumeration"
    seed_formulas: list[str] = Field(default_factory=list)
    primitives: list[str] = Field(default_factory=list)
    rules: bool = True
    initialisations: Annotated[int, Field(ge=1, le=16)] = defaults.INITIALISATIONS
    max_evals: Annotated[int, Field(ge=1)] | None = None
    budget: Annotated[float, Field(gt=0)] | None = None
    patience: Annotated[int, Field(ge=1)] | None = None
    max_depth: Annotated[int, Field(ge=4, le=24)] = defaults.MAX_DEPTH
    max_size: Annotated[int, Field(ge=4, le=200)] = defaults.MAX_SIZE
    select: Literal["tournament", "nsga2"] = defaults.SELECT
    objective: Literal["joint", "plain", "stable"] = defaults.OBJECTIVE
    resamples: Annotated[int, Field(ge=1, le=10_000)] = defaults.RESAMPLES
    quantile: Annotated[float, Field(gt=0, lt=1)] = defaults.QUANTILE
    tournament: Annotated[int, Field(ge=1)] = defaults.TOURNAMENT
    crossover_rate: Rate = defaults.CROSSOVER_RATE
    mutation_rate: Rate = defaults.MUTATION_RATE
    elite: Annotated[int, Field(ge=0)] = defaults.ELITE
    parsimony: Annotated[float, Field(ge=0)] = defaults.PARSIMONY
    beside: list[TablePart] = Field(default_factory=list)
    hold_out: list[TablePart] = Field(default_factory=list)
    worst: bool = False
    judge: Literal["all", "held_out"] = "all"

    @property
    def spaces(self) -> tuple[str, ...]:
        """The spaces of the tables that formulas are ranked on, the first table's first."""
        return (self.space, *(part.space for part in self.beside))

    @model_validator(mode="before")
    @classmethod
    def _elite_of_a_small_population(cls, values: dict[str, object]) -> dict[str, object]:
        population = values.get("population")
        if values.get("elite") is None and isinstance(population, int):
            return {**values, "elite": max(0, min(defaults.ELITE, population - 1))}
        return values

    @field_validator("objective")
    @classmethod
    def _is_joint_beside_several_draws(cls, value: str, info: ValidationInfo) -> str:
        drawn = info.data.get("initialisations", 1)
        if drawn > 1 and value != "joint":
            raise ValueError("expected joint beside several `initialisations`")
        return value

    @field_validator("terms")
    @classmethod
    def _are_fewer_than_labels(cls, value: int, info: ValidationInfo) -> int:
        labels = info.data.get("search_size", 0) + info.data.get("validation_size", 0)
        # sizes that are wrong themselves have their own message
        if info.data.get("grammar") == "weighted" and 0 < labels <= value:
            raise ValueError(f"expected fewer than the {labels} labels that weights are fitted to")
        return value

    @field_validator("objective")
    @classmethod
    def _is_joint_beside_weights(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("grammar") == "weighted" and value != "joint":
            raise ValueError("expected joint beside the grammar weighted, whose weights are fitted to both splits")
        return value

    @field_validator("beside")
    @classmethod
    def _are_beside_the_joint_objective(cls, value: list[TablePart], info: ValidationInfo) -> list[TablePart]:
        if value and info.data.get("objective", "joint") != "joint":
            raise ValueError("expected the `objective` joint beside several tables")
        return value

    @field_validator("worst")
    @classmethod
    def _is_of_several(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("beside", [True]):
            raise ValueError("expected several tables to take the worst of")
        return value

    @field_validator("judge")
    @classmethod
    def _has_something_to_judge(cls, value: str, info: ValidationInfo) -> str:
        if value == "held_out" and not info.data.get("hold_out", [True]):
            raise ValueError("expected a table to `hold_out`, or all")
        return value

    _room = field_validator("elite", "migrants")(leaves_room)


def check_config(values: dict[str, object], *, source: str = "") -> EvolveConfig:
    """Validate the settings of an evolution; see :func:`lpzero.settings.check_settings`."""
    return check_settings(EvolveConfig, values, source=source)
