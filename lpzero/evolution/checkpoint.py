"""A checkpoint: the whole state of an evolution as JSON, random generators included.

Floating-point numbers are written with all their digits, so that a resumed run goes on bit for bit. The hashes of what
was met are the bytes of an array of integers, in base 64.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import InputError
from lpzero.evolution.archive import Numbers
from lpzero.evolution.breeding import Breeding
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.evolution import State
from lpzero.evolution.individual import Individual
from lpzero.evolution.island import Island
from lpzero.fitness import Correlation, Status
from lpzero.formula import parse
from lpzero.settings import one_line, place_in, reason_of, shorten

SCHEMA = 2
_PLAIN = ("generation", "begun", "evaluated", "duplicates", "pruned", "best", "best_tau", "stale", "seconds")
_OF_FORMULA = ("key", "size", "higher_is_better", "objective", "signature")


class _Part(BaseModel):
    """A part of a checkpoint, nothing else in it."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Plain(_Part):
    generation: Annotated[int, Field(ge=0)]
    begun: bool
    evaluated: Annotated[int, Field(ge=0)]
    duplicates: Annotated[int, Field(ge=0)]
    pruned: dict[str, int]
    best: float | None
    best_tau: float | None
    stale: Annotated[int, Field(ge=0)]
    seconds: Annotated[float, Field(ge=0)]
    stopped_by: str


class _Correlation(_Part):
    tau_b: float
    tau_a: float
    rho: float
    distinct: float


class _Candidate(_Part):
    key: str
    size: int
    higher_is_better: bool
    objective: float | None
    signature: int | None
    search: _Correlation | None = None
    validation: _Correlation | None = None
    both: _Correlation | None = None


class _Island(_Part):
    rng: dict[str, Any]
    population: list[str]
    best: float | None
    stale: Annotated[int, Field(ge=0)]
    restarts: Annotated[int, Field(ge=0)]


def to_document(state: State) -> dict[str, Any]:
    """The state as plain JSON types."""
    populations = (individual.candidate for island in state.islands for individual in island.population)
    formulas = {candidate.key: candidate for candidate in (*state.kept, *populations)}
    return {
        "schema": SCHEMA,
        **{name: getattr(state, name) for name in (*_PLAIN, "stopped_by")},
        "formulas": [_candidate_to_document(candidate) for candidate in formulas.values()],
        "kept": [candidate.key for candidate in state.kept],
        "islands": [_island_to_document(island) for island in state.islands],
        "met": _numbers_to_text(state.met),
        "signatures": _numbers_to_text(state.signatures),
    }


def _numbers_to_text(numbers: Numbers) -> str:
    return base64.b64encode(numbers.settle().astype("<i8").tobytes()).decode()


def _numbers_from_text(text: str) -> Numbers:
    return Numbers(np.frombuffer(base64.b64decode(text, validate=True), dtype="<i8").astype(np.int64))


def _island_to_document(island: Island) -> dict[str, Any]:
    return {
        "rng": island.rng.bit_generator.state,
        "population": [individual.candidate.key for individual in island.population],
        "best": island.best,
        "stale": island.stale,
        "restarts": island.restarts,
    }


def _island_from_document(document: dict[str, Any], formulas: dict[str, Candidate], config: Breeding) -> Island:
    island = _Island.model_validate(document)
    rng = np.random.default_rng()
    rng.bit_generator.state = island.rng
    many = config.select == "nsga2"
    population = [Individual(formulas[key], config.parsimony, many=many) for key in island.population]
    return Island(rng, population, island.best, island.stale, island.restarts)


def _candidate_to_document(candidate: Candidate) -> dict[str, Any]:
    document = {name: getattr(candidate, name) for name in _OF_FORMULA}
    for name in ("search", "validation", "both"):
        part = getattr(candidate, name)
        if part is not None:
            document[name] = asdict(part)
    return document


def _candidate_from_document(document: dict[str, Any]) -> Candidate:
    candidate = _Candidate.model_validate(document)
    # what is no formula would end the run much later
    parse(candidate.key)
    values: dict[str, Any] = {name: getattr(candidate, name) for name in _OF_FORMULA}
    for name in ("search", "validation", "both"):
        part = getattr(candidate, name)
        values[name] = None if part is None else Correlation(**part.model_dump())
    return Candidate(status=Status.OK, **values)


def from_document(document: dict[str, Any], config: Breeding) -> State:
    """Read what :func:`to_document` wrote.

    Args:
        document: The checkpoint.
        config: The settings of the run that wrote it.

    Raises:
        InputError: The document is damaged or of another version.
    """
    try:
        if document["schema"] != SCHEMA:
            raise InputError(f"expected a checkpoint of schema {SCHEMA}, found {shorten(document['schema'])}")
        _Plain.model_validate({name: document[name] for name in (*_PLAIN, "stopped_by")})
        formulas = {candidate.key: candidate for candidate in map(_candidate_from_document, document["formulas"])}
        islands = [_island_from_document(island, formulas, config) for island in document["islands"]]
        if len(islands) != config.islands:
            raise InputError(f"expected a checkpoint of {config.islands} islands, found {len(islands)}")
        return State(
            islands,
            kept=[formulas[key] for key in document["kept"]],
            met=_numbers_from_text(document["met"]),
            signatures=_numbers_from_text(document["signatures"]),
            stopped_by=document["stopped_by"],
            **{name: document[name] for name in _PLAIN},
        )
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        raise InputError(f"the checkpoint is damaged ({place_in(fault['loc'])}: {one_line(fault['msg'])})") from err
    except (KeyError, TypeError, ValueError, AssertionError, AttributeError, OverflowError) as err:
        raise InputError(f"the checkpoint is damaged ({type(err).__name__}: {reason_of(err)})") from err
