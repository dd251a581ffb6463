"""How much the columns of the Jacobian, the gradient of the loss at the embedding output, differ.

Serianni & Kalita 2023 (https://arxiv.org/abs/2306.00288) take the gradient of ones at the position
embeddings, (positions, width), of sequences of 512 tokens. Deliberate deviations: the loss is the model's
own, and every token of every sequence is a row, (batch x tokens, width), since the positions of short
sequences are too few for a correlation of all columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics.trace import gradients, trace
from lpzero.operands.batch import Batch
from lpzero.operands.gradients import reaching
from lpzero.spaces.models.sites import SiteMap

SHIFT = 1e-5


def _jacobian(model: nn.Module, site_map: SiteMap, batch: Batch) -> Tensor:
    traced = trace(model, site_map, batch)
    calls = reaching(gradients(traced.loss, traced.embedding))
    jacobian = torch.cat([call.flatten(0, -2) for call in calls])
    if jacobian.shape[-1] < 2 or not jacobian.any():
        raise LpzeroError("the Jacobian compares columns: expected two or more that are not all zero")
    return jacobian


def _cosines(columns: Tensor) -> Tensor:
    """Pairwise cosines (width, width) of the columns of (rows, width); a column of zeros has 0 with any."""
    lengths = columns.norm(dim=0)
    directions = columns / torch.where(lengths > 0, lengths, 1.0)
    return directions.T @ directions


def jacobian_cosine(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """1 - sum(|c|^(1/20)) / (2 (n^2 - n)), c the cosines between different ones of the n columns.

    Raises:
        LpzeroError: The Jacobian has fewer than two columns, or is zero.
    """
    cosines = _cosines(_jacobian(model, site_map, batch))
    n = len(cosines)
    between = cosines.masked_fill(torch.eye(n, dtype=torch.bool, device=cosines.device), 0.0)
    return 1.0 - float(between.abs().pow(1 / 20).sum()) / (2 * (n * n - n))


def jacobian_score(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """-sum(log(v + k) + 1 / (v + k)), v the eigenvalues of the columns' correlation, k = 1e-5.

    A constant column is correlated with no other. Deviation: eigenvalues that are 0 but for round-off are left out.
    Where a LayerNorm follows the embedding the columns sum to 0, so that there is one always, and its term, 1 / k,
    would be more than nine tenths of the score whatever the architecture.

    Raises:
        LpzeroError: The Jacobian has fewer than two columns, or is zero.
    """
    jacobian = _jacobian(model, site_map, batch)
    correlation = _cosines(jacobian - jacobian.mean(0))
    correlation.fill_diagonal_(1.0)
    eigenvalues = torch.linalg.eigvalsh(correlation)
    null = len(eigenvalues) * torch.finfo(eigenvalues.dtype).eps * eigenvalues[-1]
    shifted = eigenvalues[eigenvalues > null] + SHIFT
    return -float((shifted.log() + 1 / shifted).sum())
