"""Controls that use labels: what somebody who has the same trained architectures would do without a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import torch

from lpzero.fitness.batch import rank_statistics
from lpzero.fitness.regression import expected, expected_elsewhere, with_logarithms
from lpzero.fitness.resample import Floats
from lpzero.proxy.score import shape_of
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features
from lpzero.spaces.space import SearchSpace

if TYPE_CHECKING:
    from lpzero.tables import Table

SPEC_RIDGE, SHAPE_QUADRATIC, STRONGEST_FEATURE = "spec_ridge", "shape_quadratic", "strongest_feature"
CONTROLS = {
    SPEC_RIDGE: "ridge regression on the features of the architecture and their logarithms",
    SHAPE_QUADRATIC: "ridge regression, quadratic in the logarithms of depth, width and parameter counts",
    STRONGEST_FEATURE: "the feature, or the difference of two counts of choices, that ranks the labelled ones best",
}
"""The controls that are fitted to labels, by name."""

SHAPE_COLUMNS = ("depth", "width", "params", "decoder_params", "attention_params")
"""What :func:`shape_columns` has the logarithms of."""


@dataclass(frozen=True)
class Control:
    """What a control expects of architectures.

    Attributes:
        name: One of ``CONTROLS``.
        labels: Qualities that it was fitted to.
        scores: (asked,), higher is better.
        what: What was chosen; empty where nothing was.
    """

    name: str
    labels: int
    scores: Floats
    what: str = ""


def fitted_controls(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    quality: np.ndarray,
    labelled: Sequence[int],
    asked: Sequence[int],
) -> list[Control]:
    """Fit every control to the same labels.

    Args:
        space: What says the shapes.
        architectures: All of them.
        quality: (architectures,), higher is better; only those of ``labelled`` are looked at.
        labelled: Indices of the architectures whose quality is known, 4 or more.
        asked: Indices of the architectures to rank.

    Raises:
        InputError: Fewer than 4 labels.
    """
    names, columns = with_logarithms([features(architecture) for architecture in architectures])
    shapes = shape_columns(space, architectures)
    what, directed = _strongest(dict(_single(names, columns)), quality, labelled)
    return [
        Control(SPEC_RIDGE, len(labelled), expected(columns, quality, labelled, asked)),
        Control(SHAPE_QUADRATIC, len(labelled), expected(shapes, quality, labelled, asked, quadratic=True)),
        Control(STRONGEST_FEATURE, len(labelled), directed[list(asked)], what),
    ]


def column_controls(table: Table, asked: Sequence[int]) -> list[Control]:
    """What a table says beside its quality, where it is there to be compared with.

    Args:
        table: The table.
        asked: Indices of the records to rank.
    """
    places = list(asked)
    return [
        Control(one.name, 0, np.array(one.values)[places] * (1 if one.higher_is_better else -1), one.meaning)
        for one in table.beside.columns
        if one.control
    ]


@dataclass(frozen=True)
class Labelled:
    """Architectures of a table whose quality is known.

    Attributes:
        space: What says their shapes.
        architectures: The architectures.
        quality: (architectures,), higher is better.
    """

    space: SearchSpace
    architectures: Sequence[Architecture]
    quality: np.ndarray


def transferred_controls(known: Sequence[Labelled], space: SearchSpace, asked: Sequence[Architecture]) -> list[Control]:
    """Fit the controls that can be asked about architectures of a table without labels: a quadratic in the shape.

    Args:
        known: One a table, 4 labels or more each.
        space: The space of what is asked about.
        asked: The architectures to rank.
    """
    columns = [shape_columns(one.space, one.architectures) for one in known]
    scores = expected_elsewhere(columns, [one.quality for one in known], shape_columns(space, asked))
    return [Control(SHAPE_QUADRATIC, sum(len(one.quality) for one in known), scores, "fitted to the other tables")]


def shape_columns(space: SearchSpace, architectures: Sequence[Architecture]) -> Floats:
    """Logarithms of depth, width and the parameters of all, decoder and attention: (architectures, 5).

    An architecture without any of one kind, such as attention, counts as one of it.
    """
    shapes = [shape_of(space, architecture) for architecture in architectures]
    counts = [[getattr(shape, name) for name in SHAPE_COLUMNS] for shape in shapes]
    return np.log(np.maximum(np.array(counts, dtype=np.float64), 1.0))


def _single(names: Sequence[str], columns: Floats) -> Iterator[tuple[str, Floats]]:
    """Single numbers by what they are; a logarithm ranks as what it is of."""
    plain = {name: columns[:, i] for i, name in enumerate(names) if not name.startswith("log ")}
    yield from plain.items()
    counts = [name for name in plain if "=" in name]
    for one, other in combinations(counts, 2):
        yield f"{one} - {other}", plain[one] - plain[other]


def _strongest(single: dict[str, Floats], quality: np.ndarray, labelled: Sequence[int]) -> tuple[str, Floats]:
    """The one with the highest tau-a on the labels in either direction, turned so that higher is better."""
    known = list(labelled)
    values = np.stack(list(single.values()))
    found = rank_statistics(torch.from_numpy(values[:, known]), torch.from_numpy(np.asarray(quality)[known])).tau_a
    taus = np.nan_to_num(found.numpy())
    best = int(np.argmax(np.abs(taus)))
    name = list(single)[best]
    return (name, values[best]) if taus[best] >= 0 else (f"- ({name})", -values[best])
