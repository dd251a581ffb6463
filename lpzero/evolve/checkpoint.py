"""A checkpoint: the whole state of an evolution as JSON, random generator included.

Floating-point numbers are written with all their digits, so that a resumed run goes on bit for bit.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lpzero.errors import InputError
from lpzero.evolve.engine import State
from lpzero.evolve.individual import Evaluated, Individual
from lpzero.fitness import Correlation, Status
from lpzero.formula import parse

SCHEMA = 1


def to_document(state: State) -> dict[str, Any]:
    """The state as plain JSON types."""
    return {
        "schema": SCHEMA,
        "generation": state.generation,
        "stale": state.stale,
        "seconds": state.seconds,
        "stopped_by": state.stopped_by,
        "rng": state.rng.bit_generator.state,
        "population": [individual.evaluated.key for individual in state.population],
        "archive": [_known_to_document(known) for known in state.archive.values()],
    }


def _known_to_document(known: Evaluated) -> dict[str, Any]:
    document: dict[str, Any] = {"key": known.key, "formula": str(known.formula), "status": known.status.value}
    if known.rule is not None:
        document["rule"] = known.rule
    if known.ok:
        document["higher_is_better"] = known.higher_is_better
    for name, part in (("search", known.search), ("validation", known.validation), ("both", known.both)):
        if part is not None:
            document[name] = asdict(part)
    return document


def _known_from_document(document: dict[str, Any]) -> Evaluated:
    def correlation(name: str) -> Correlation | None:
        return Correlation(**document[name]) if name in document else None

    return Evaluated(
        key=document["key"],
        formula=parse(document["formula"]),
        status=Status(document["status"]),
        rule=document.get("rule"),
        higher_is_better=document.get("higher_is_better", True),
        search=correlation("search"),
        validation=correlation("validation"),
        both=correlation("both"),
    )


def from_document(document: dict[str, Any], parsimony: float) -> State:
    """Read what :func:`to_document` wrote.

    Raises:
        InputError: The document is damaged or of another version.
    """
    try:
        if document["schema"] != SCHEMA:
            raise InputError(f"expected a checkpoint of schema {SCHEMA}, found {document['schema']}")
        archive = {known.key: known for known in map(_known_from_document, document["archive"])}
        rng = np.random.default_rng()
        rng.bit_generator.state = document["rng"]
        return State(
            rng=rng,
            generation=document["generation"],
            population=[Individual(archive[key], parsimony) for key in document["population"]],
            archive=archive,
            stale=document["stale"],
            seconds=document["seconds"],
            stopped_by=document["stopped_by"],
        )
    except (KeyError, TypeError, ValueError, AssertionError) as err:
        raise InputError(f"the checkpoint is damaged ({type(err).__name__}: {err})") from err
