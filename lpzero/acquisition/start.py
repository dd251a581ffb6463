"""What to train first, without labels: what has much attention, and of decoders what the universal proxy puts high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from lpzero.fitness.resample import Floats
from lpzero.predictors.description import OPERANDS, SHAPE, Description, Source
from lpzero.proxy import USUAL, load_proxy

COUNT = f"{SHAPE}:attention_params"
SHORTLIST = 16
"""Architectures that the proxy looks at, at least: those with the most attention parameters. It builds their models."""


def proxy_source(source: Source) -> Source | None:
    """What says the universal proxy's score of architectures, by the sketches of the bank; None where it says nothing.

    It ranks decoders; of encoders it knows less than a count.
    """
    if source.space.objective != "causal":
        return None
    return replace(source, groups=(OPERANDS,), proxies=())


def start_order(
    counted: Sequence[Description], scoring: Sequence[Description] | None, rng: np.random.Generator
) -> list[int]:
    """Indices of architectures, those to train first without any label first.

    By the attention parameters, or by the product of the ranks by these and by the universal proxy; of equal ones in a
    random order. That order was taken of two dozen for what it finds in the tables that the figures of suggestions are
    of; orders that mix other counts in or keep shapes apart find less.

    Args:
        counted: What architectures are, with their shape, none of which has a reason.
        scoring: What :func:`proxy_source` says of each; one that has no score comes last. None for no proxy.
        rng: Source of randomness.
    """
    apart = rng.random(len(counted))
    key = np.log(_ranks([one.values[COUNT] for one in counted]))
    if scoring is not None:
        name = f"{OPERANDS}:{load_proxy(USUAL).formula}"
        key = key + np.log(_ranks([one.values.get(name, -np.inf) for one in scoring]))
    return [int(i) for i in np.lexsort((apart, key))]


def shortlist(counted: Sequence[Description], number: int, rng: np.random.Generator) -> list[int]:
    """Indices of the architectures with the most attention parameters, twice ``number`` where there are so many."""
    return start_order(counted, None, rng)[: max(SHORTLIST, 2 * number)]


def _ranks(values: Sequence[float]) -> Floats:
    """Ranks, 1 for the highest; equal ones share the mean of theirs."""
    return np.asarray(stats.rankdata([-value for value in values]), dtype=np.float64)
