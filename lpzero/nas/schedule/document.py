"""What a ``schedule.toml`` may say: the sizes of an evolution, and which predictor scores from which iteration on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lpzero.errors import InputError
from lpzero.result import Direction
from lpzero.settings import check_settings, one_line
from lpzero.spaces.toml.document import parse_toml, read_text

PARENTS, MUTANTS, CROSSOVERS, ITERATIONS, MUTATION = 25, 50, 50, 30, 0.3
"""Those of HAT (Wang et al. 2020, https://arxiv.org/abs/2005.14187), which HS-NAS takes over."""
LARGEST_POPULATION = 100_000
MOST_ITERATIONS = 10_000
TRAINING = "training"
PHASE = "phase"

Control = Literal["random", "none"]


class Evolution(BaseModel):
    """The sizes of an evolution.

    Attributes:
        parents: How many of the best of a population are kept and bred from, at least 2.
        mutants: Children of one parent, an iteration.
        crossovers: Children of two parents, an iteration.
        iterations: How often a population is scored, at least 1.
        mutation: The probability that a choice of a mutant is drawn anew, above 0 and at most 1.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    parents: Annotated[int, Field(ge=2, le=LARGEST_POPULATION)] = PARENTS
    mutants: Annotated[int, Field(ge=0, le=LARGEST_POPULATION)] = MUTANTS
    crossovers: Annotated[int, Field(ge=0, le=LARGEST_POPULATION)] = CROSSOVERS
    iterations: Annotated[int, Field(ge=1, le=MOST_ITERATIONS)] = ITERATIONS
    mutation: Annotated[float, Field(gt=0, le=1)] = MUTATION

    @property
    def population(self) -> int:
        """Architectures of a population: the parents and their children."""
        return self.parents + self.mutants + self.crossovers


class PhaseDocument(BaseModel):
    """One phase of a ``schedule.toml``.

    Attributes:
        from_: The iteration from which it scores, counted from 0.
        predictor: What scores: a proxy, the file of a kept predictor, ``lookup:TABLE``,
            ``lookup:TABLE:COLUMN`` or ``training``.
        direction: Which scores of a formula are better; None for what the predictor says.
        steps: Of a training; None for as many as the recipe has.
        exact: Whether its first population begins with what integer programs are certain of.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", populate_by_name=True)

    from_: Annotated[int, Field(alias="from", ge=0)]
    predictor: Annotated[str, Field(min_length=1, max_length=10_000)]
    direction: Direction | None = None
    steps: Annotated[int, Field(ge=1)] | None = None
    exact: bool = False


class ScheduleDocument(BaseModel):
    """The content of a ``schedule.toml``.

    Attributes:
        evolution: The sizes.
        control: ``"random"`` for a random search beside it, with as many scores of the last predictor; None for that,
            unless the last predictor trains.
        phases: In order, the first from iteration 0 on.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    evolution: Evolution
    control: Control | None
    phases: tuple[PhaseDocument, ...]

    @model_validator(mode="after")
    def _phases_follow_each_other(self) -> ScheduleDocument:
        begins = [phase.from_ for phase in self.phases]
        if begins[0] != 0:
            raise ValueError(f"phase 1: expected from = 0, found {begins[0]}: nothing would score before")
        for number, (one, other) in enumerate(pairwise(begins), start=2):
            if other <= one:
                raise ValueError(
                    f"phase {number}: expected it from an iteration behind {one}, found {other}: phases would overlap"
                )
        last = self.evolution.iterations - 1
        if begins[-1] > last:
            raise ValueError(
                f"phase {len(begins)}: expected it from iteration {last} on at the latest, the last one, found "
                f"{begins[-1]}"
            )
        return self


def read_schedule(path: Path) -> ScheduleDocument:
    """Read a ``schedule.toml``.

    Raises:
        InputError: It is not what it must be; one line names the file and the key.
    """
    values = parse_toml(path, read_text(path))
    sizes = {name: values.pop(name) for name in Evolution.model_fields if name in values}
    population, control, phases = (values.pop(name, None) for name in ("population", "control", PHASE))
    if values:
        expected = ", ".join(("population", *Evolution.model_fields, "control", f"[[{PHASE}]]"))
        raise InputError(f"{path}: {one_line(next(iter(values)), 60)}: no such key: expected one of {expected}")
    # a whole number is a probability as well
    if type(sizes.get("mutation")) is int:
        sizes["mutation"] = float(sizes["mutation"])  # type: ignore[arg-type]  # an int, as it says
    evolution = check_settings(Evolution, sizes, source=str(path))
    if population is not None and (type(population) is not int or population != evolution.population):
        raise InputError(
            f"{path}: population: expected {evolution.population}, the parents, mutants and crossovers together, found "
            f"{one_line(repr(population), 60)}"
        )
    if control not in (None, "random", "none"):
        raise InputError(f"{path}: control: expected random or none, found {one_line(repr(control), 60)}")
    found = tuple(_phase(path, number, given) for number, given in enumerate(_tables(path, phases), start=1))
    document: dict[str, object] = {"evolution": evolution, "control": control, "phases": found}
    try:
        return ScheduleDocument.model_validate(document)
    except ValueError as err:
        # what each part says was checked before: this is how the phases stand to each other
        reason: Any = err.errors(include_url=False)[0]["msg"]  # type: ignore[attr-defined]  # one of pydantic's
        raise InputError(f"{path}: {str(reason).removeprefix('Value error, ')}") from None


def _tables(path: Path, phases: object) -> list[Any]:
    if not isinstance(phases, list) or not phases:
        raise InputError(f"{path}: expected one [[{PHASE}]] or several, with from and predictor, found none")
    return phases


def _phase(path: Path, number: int, given: object) -> PhaseDocument:
    place = f"{path}: {PHASE} {number}"
    if not isinstance(given, dict):
        raise InputError(f"{place}: expected a table with from and predictor, found {type(given).__name__}")
    names = ("from", "predictor", "direction", "steps", "exact")
    for key in given:
        if key not in names:
            raise InputError(f"{place}: {one_line(str(key), 60)}: no such key: expected one of {', '.join(names)}")
    for key, kind in (("from", "the iteration that it scores from"), ("predictor", "what scores")):
        if key not in given:
            raise InputError(f"{place}: {key}: expected {kind}, found no such key")
    found = check_settings(PhaseDocument, given, source=place)
    if found.steps is not None and found.predictor != TRAINING:
        raise InputError(f"{place}: steps: expected it beside the predictor {TRAINING} alone")
    if found.exact and number > 1:
        raise InputError(f"{place}: exact: expected it in phase 1 alone: later ones go on with its population")
    return found
