"""Weights of sums of terms, for thousands of sums at once: ridge regressions in closed form, left-out predictions too.

A weighted sum is judged by what it says of architectures whose quality did not fit its weights. For a ridge regression
that needs no second fit: the residual of an architecture that is left out is its residual divided by 1 less its
leverage (Allen 1974, Technometrics 16; Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, eq. 7.64).
Architectures that build the same model are left out together, for which the division becomes the solution of a small
system. The penalty is the one of the grid with the least mean square of those residuals.

What is regressed on is the rank of the quality, as a normal score: units and outliers of a table say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from lpzero.errors import InputError

PENALTIES = tuple(float(penalty) for penalty in np.logspace(-6, 1, 8))
"""Of which one is chosen, as multiples of the number of architectures; terms are standardised."""
CONSTANT = 1e-10
"""A standard deviation, as a share of the largest size, below which a term does not vary."""
FEWEST = 4


def normal_scores(quality: np.ndarray) -> np.ndarray:
    """Ranks as normal scores (Blom 1958: the quantile of (rank - 3/8) / (n + 1/4)), mid-ranks for ties.

    >>> normal_scores(np.array([3.0, 1.0, 2.0])).round(2).tolist()
    [0.87, -0.87, 0.0]
    """
    ranks = stats.rankdata(quality)
    scores: np.ndarray = stats.norm.ppf((ranks - 0.375) / (len(ranks) + 0.25))
    return scores


@dataclass(frozen=True)
class Labels:
    """Architectures with their quality, as sums of terms are fitted to them.

    Attributes:
        target: (architectures,) float64, normal scores of the quality within each table.
        tables: (architectures,) int64, which table each is of, numbered from 0: levels of different tables are not
            compared, and each table weighs the same.
        twins: Indices of architectures that are left out together, two or more each.
    """

    target: Tensor
    tables: Tensor
    twins: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def of(cls, quality: np.ndarray, groups: np.ndarray, tables: np.ndarray | None = None) -> Labels:
        """The labels of some architectures.

        Args:
            quality: (architectures,), higher is better.
            groups: (architectures,) int, those of one model share a label.
            tables: (architectures,) int, numbered from 0; None where all are of one table.

        Raises:
            InputError: A table has fewer than 4 architectures.
        """
        tables = np.zeros(len(quality), np.int64) if tables is None else tables
        fewest = int(np.bincount(tables).min())
        if fewest < FEWEST:
            raise InputError(f"weights are fitted to at least {FEWEST} architectures of a table, found {fewest}")
        target = np.empty(len(quality))
        for table in np.unique(tables):
            target[tables == table] = normal_scores(quality[tables == table])
        members = [tuple(np.flatnonzero(groups == group).tolist()) for group in np.unique(groups)]
        twins = tuple(member for member in members if len(member) > 1)
        return cls(torch.from_numpy(target), torch.from_numpy(tables), twins)

    def to(self, device: str) -> Labels:
        """The same where the terms lie."""
        return Labels(self.target.to(device), self.tables.to(device), self.twins)

    @cached_property
    def sizes(self) -> Tensor:
        """(architectures,) float64, the number of architectures of each one's table."""
        return torch.bincount(self.tables).double()[self.tables]

    @cached_property
    def importance(self) -> Tensor:
        """(architectures,) float64, what each counts: those of a table add up to the same, all to their number."""
        return len(self.tables) / (self.sizes * (int(self.tables.max()) + 1))

    def centred(self, values: Tensor) -> Tensor:
        """Values (..., architectures) less their mean within each table."""
        number = int(self.tables.max()) + 1
        if number == 1:
            return values - values.mean(-1, keepdim=True)
        sums = values.new_zeros((*values.shape[:-1], number)).index_add_(-1, self.tables, values)
        return values - (sums / torch.bincount(self.tables))[..., self.tables]


@dataclass(frozen=True)
class Fitted:
    """Fitted sums.

    Attributes:
        weights: (sums, terms) float64, in the unit of the terms; 0 of a term that does not vary or is not there.
        left_out: (sums, architectures) float64, what the sum says of each one when it, and its twins, do not fit the
            weights; comparable within a table.
    """

    weights: Tensor
    left_out: Tensor


def fit_weights(terms: Tensor, labels: Labels) -> Fitted:
    """Fit the weights of many sums of terms.

    Args:
        terms: (sums, terms, architectures) float64, finite; sums of fewer terms are filled up with zeros.
        labels: Of the architectures, on the same device.

    Returns:
        The weights of every sum, and what it says of architectures that are left out.

    >>> labels = Labels.of(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.arange(5))
    >>> fitted = fit_weights(torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 0.0, 1.0, 0.0, 1.0]]]).double(), labels)
    >>> [round(weight, 2) for weight in fitted.weights[0].tolist()]
    [0.57, 0.0]
    """
    centred = labels.centred(terms)
    root = labels.importance.sqrt()
    spread = (centred * root).square().mean(-1).sqrt()
    varies = spread > CONSTANT * terms.abs().amax(-1)
    scale = torch.where(varies, spread, torch.inf)
    rows = (centred / scale[..., None] * root).transpose(1, 2)
    target = labels.centred(labels.target) * root
    # rotated, so that every penalty is one multiplication
    values, vectors = torch.linalg.eigh(rows.transpose(1, 2) @ rows)
    rotated = rows @ vectors
    moments = rotated.transpose(1, 2) @ target
    best: tuple[Tensor, Tensor, Tensor] | None = None
    for penalty in PENALTIES:
        shrunk = 1.0 / (values.clamp(min=0.0) + penalty * len(target))
        residual = _left_out_residuals(
            rotated, shrunk, target - (rotated @ (shrunk * moments)[..., None])[..., 0], labels
        )
        found = residual.square().mean(1), residual, shrunk * moments
        if best is None:
            best = found
        else:
            better = found[0] < best[0]
            best = tuple(  # type: ignore[assignment]
                torch.where(better.view(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(found, best, strict=True)
            )
    assert best is not None
    weights = (vectors @ best[2][..., None])[..., 0] / scale
    return Fitted(weights, (target - best[1]) / root)


def _left_out_residuals(rotated: Tensor, shrunk: Tensor, residual: Tensor, labels: Labels) -> Tensor:
    """Residuals of architectures that do not fit the weights, (sums, architectures), from those that do."""
    leverage = (rotated.square() * shrunk[:, None]).sum(2) + 1.0 / labels.sizes
    found = residual / (1.0 - leverage).clamp(min=1e-9)
    for twins in labels.twins:
        some = list(twins)
        part = rotated[:, some]
        together = (part * shrunk[:, None]) @ part.transpose(1, 2) + 1.0 / labels.sizes[some[0]]
        system = torch.eye(len(some), dtype=rotated.dtype, device=rotated.device) - together
        found[:, some] = torch.linalg.lstsq(system, residual[:, some, None]).solution[..., 0]
    return found


def padded_terms(values: Tensor, sums: Sequence[Sequence[int]]) -> Tensor:
    """The terms of each sum side by side, (sums, terms, architectures), filled up with zeros.

    Args:
        values: (distinct terms, architectures).
        sums: For each sum, the places of its terms in ``values``, at least one.
    """
    most = max(map(len, sums))
    places = torch.tensor([[*one, *[len(values)] * (most - len(one))] for one in sums], device=values.device)
    return torch.cat([values, torch.zeros_like(values[:1])])[places]
