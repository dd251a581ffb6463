"""The matrices that formulas are evaluated on: the sketches of many models below each other, one matrix a set of sites.

Models stand in order, so that some models in a row are a slice of every matrix. How large the matrices are is known
before the first one is filled, which takes one sketch at a time: memory does not grow with the number of models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpzero.errors import InputError
from lpzero.operands.operand import FAMILIES, OPERANDS, Operand
from lpzero.operands.shape import COUNTS, FANS
from lpzero.operands.sketch import Sketch

LANES = 32
"""Rows that a matrix is a multiple of: numbers at the end of an array, too few for the vectors of a processor, are
computed by other code, whose last bit may differ. Twice the longest vector of float32 today, as torch unrolls."""

Put = Callable[[str, int, np.ndarray], None]
TYPES: dict[str, np.dtype[Any]] = {
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
}

SETS: dict[str, tuple[Operand, ...]] = {
    name: tuple(row for row in OPERANDS.values() if row.sites == name)
    for name in dict.fromkeys(row.sites for row in OPERANDS.values())
}
"""Operands by the set of sites that they live at: those of one set combine element by element."""


WEIGHTS = OPERANDS["weight"].sites
"""The set of sites that the fans are counted at."""


def padded(number: int) -> int:
    """The next multiple of ``LANES``."""
    return -(-number // LANES) * LANES


@dataclass(frozen=True)
class Extent:
    """How large the matrices are.

    Attributes:
        models: Number of models.
        layers: Number of layers of the deepest model, the embedding and what follows the blocks included.
        elements: Elements that the sketches keep of each tensor.
        sites: Number of sites of all models together, by the name of their set.
        derived: Operands of other packages that the sketches keep, each with its set of sites.
    """

    models: int
    layers: int
    elements: int
    sites: Mapping[str, int]
    derived: tuple[tuple[str, str], ...] = ()

    def shapes(self) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
        """Type and shape of every array, by name and in an order in which each large one begins at 64 bytes."""
        wide, real, single = TYPES["I64"], TYPES["F64"], TYPES["F32"]
        shapes: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}
        # a slice may begin anywhere and still needs up to LANES - 1 rows behind its end
        rows = {name: padded(sites + LANES - 1) for name, sites in self.sites.items()}
        for name, operands in SETS.items():
            named = [*(one.name for one in operands), *(one for one, sites in self.derived if sites == name)]
            shapes |= {f"{one}.values": (single, (rows[name], self.elements)) for one in named}
            shapes[f"{name}.weights"] = single, (rows[name], self.elements)
            shapes[f"{name}.counts"] = real, (rows[name],)
            shapes[f"{name}.cells"] = wide, (rows[name],)
        shapes |= {f"{name}.values": (real, (rows[WEIGHTS],)) for name in FANS}
        shapes |= {f"{name}.values": (real, (padded(self.models + LANES - 1),)) for name in COUNTS}
        shapes |= {f"{name}.begins": (wide, (self.models + 1,)) for name in SETS}
        return {**shapes, "about": (wide, (3,))}


@dataclass(frozen=True)
class Outline:
    """What one sketch adds to the matrices, without its numbers.

    Attributes:
        layers: Number of its layers, the embedding and what follows the blocks included.
        elements: Elements that it keeps of each tensor.
        sites: Number of its sites, by the name of their set.
        derived: Operands of other packages that it keeps, each with its set of sites.
    """

    layers: int
    elements: int
    sites: Mapping[str, int]
    derived: tuple[tuple[str, str], ...] = ()


def outline_of(sketch: Sketch) -> Outline:
    """The outline of a sketch; raises InputError where its families keep different numbers of elements."""
    (elements, *others) = {part.weights.shape[1] for part in sketch.sites.values()}
    if others:
        raise InputError(f"expected a sketch with one number of elements, found {sorted([elements, *others])}")
    layers = 1 + max(site.layer for part in sketch.sites.values() for site in part.sites)
    kept = ((name, family) for family, part in sketch.sites.items() for name in part.values if name not in FAMILIES)
    return Outline(layers, elements, {name: len(_rows(sketch, name)) for name in SETS}, tuple(sorted(kept)))


def extent_of(outlines: Sequence[Outline]) -> Extent:
    """How large the matrices of some sketches are.

    Raises:
        InputError: There is no sketch, or they keep different numbers of elements, or different operands.
    """
    elements = {outline.elements for outline in outlines}
    if len(elements) != 1:
        raise InputError(f"expected sketches with one number of elements, found {sorted(elements) or 'no sketch'}")
    sites = {name: sum(outline.sites[name] for outline in outlines) for name in SETS}
    derived = {outline.derived for outline in outlines}
    if len(derived) != 1:
        raise InputError("expected sketches with the same operands, found some with those of other packages")
    return Extent(len(outlines), max(outline.layers for outline in outlines), elements.pop(), sites, derived.pop())


def _rows(sketch: Sketch, name: str) -> list[int]:
    """Which rows of its family belong to a set of sites."""
    row = SETS[name][0]
    return [i for i, site in enumerate(sketch.sites[row.site_family].sites) if row.group in (None, site.group)]


def fill(sketches: Iterable[Sketch], extent: Extent, put: Put) -> None:
    """Hand over every part of every array, a model at a time.

    Args:
        sketches: In the order of the models.
        extent: That of the same sketches.
        put: Called with (name of the array, its first row of the part, the part).
    """
    begun = dict.fromkeys(SETS, 0)
    for model, sketch in enumerate(sketches):
        for name in COUNTS:
            put(f"{name}.values", model, np.array([sketch.shape.counts[name]]))
        for name in FANS:
            put(f"{name}.values", begun[WEIGHTS], np.array(sketch.shape.fans[name]))
        for name, operands in SETS.items():
            part, rows, first = sketch.sites[operands[0].site_family], _rows(sketch, name), begun[name]
            weights = part.weights[rows]
            put(f"{name}.begins", model, np.array([first]))
            put(f"{name}.cells", first, np.array([model * extent.layers + part.sites[row].layer for row in rows]))
            put(f"{name}.weights", first, weights.numpy())
            # in double precision, in the order of the elements: a count is the same wherever it was made
            put(f"{name}.counts", first, weights.double().sum(-1).round().numpy())
            families: list[tuple[str, str]] = [(one.name, one.family) for one in operands]
            families += [(one, one) for one, sites in extent.derived if sites == name]
            for one, family in families:
                put(f"{one}.values", first, part.values[family][rows].numpy())
            begun[name] += len(rows)
    for name in SETS:
        put(f"{name}.begins", extent.models, np.array([begun[name]]))
    put("about", 0, np.array([extent.models, extent.layers, extent.elements]))
