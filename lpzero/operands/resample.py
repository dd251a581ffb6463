"""Bootstrap resamples of a sketch: what another draw of its elements might have been."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lpzero.operands.sketch import Sketch, SketchedSites


def resampled(sketch: Sketch, rng: np.random.Generator) -> Sketch:
    """Draw the elements of every tensor again, with replacement out of those that were drawn (Efron 1979).

    What stands for itself alone is there for sure and stays: extremes, and tensors that are kept whole. Half of the
    draws of a sketch go by size in even steps, which varies less than draws at random do: the spread of resamples is
    that of the scores of other seeds or a little more.

    Args:
        sketch: The sketch.
        rng: Where the draws come from.

    Returns:
        The same elements with other weights, that of one which was not drawn 0; a row adds up to what it did.
    """
    return Sketch(
        {
            family: SketchedSites(part.sites, _redrawn(part.weights, rng), part.values)
            for family, part in sketch.sites.items()
        },
        sketch.shape,
    )


def _redrawn(weights: Tensor, rng: np.random.Generator) -> Tensor:
    redrawn = weights.double().numpy().copy()
    for row in redrawn:
        drawn = np.flatnonzero((row != 0) & (row != 1))
        if not len(drawn):
            continue
        before = row[drawn].sum()
        row[drawn] *= np.bincount(rng.integers(len(drawn), size=len(drawn)), minlength=len(drawn))
        row[drawn] *= before / row[drawn].sum()
    return torch.from_numpy(redrawn).float()
