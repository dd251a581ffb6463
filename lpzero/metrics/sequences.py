"""Activations by sequence: which rows of what a module gave out belong to which sequence of the batch.

A feed-forward may see its tokens in another form than (batch, tokens, width): in chunks, flattened, or, as experts do,
only those that were sent to it. What came of one sequence is then told by showing the model that sequence alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics.trace import Trace, trace
from lpzero.operands.batch import Batch
from lpzero.spaces.models.output import UNLABELLED
from lpzero.spaces.models.sites import SiteMap

AGREEMENT = 1e-5
"""How near the loss of a batch has to be to that of its sequences: models compute it in single precision."""


def by_sequence(calls: tuple[Tensor, ...], batch: Batch) -> tuple[Tensor, ...] | None:
    """The outputs of a module as (batch, tokens, ..., width); None where their axes are others.

    Args:
        calls: One tensor a call. Chunks of the tokens are joined; calls that each saw all tokens are those of a module
            that is applied again, and stay apart.
        batch: What the model was shown.
    """
    sequences, tokens = batch.input_ids.shape
    if not all(call.ndim >= 3 and call.shape[0] == sequences for call in calls):
        return None
    if all(call.shape[1] == tokens for call in calls):
        return calls
    if sum(call.shape[1] for call in calls) != tokens or len({call.shape[2:] for call in calls}) != 1:
        return None
    return (torch.cat(calls, dim=1),)


def of_one_sequence(calls: tuple[Tensor, ...], tokens: int) -> Tensor:
    """The outputs of a module for one sequence, as rows (rows, width), those of every call together.

    Raises:
        LpzeroError: It cannot be told which axis is that of the features.
    """
    rows = []
    for call in calls:
        if call.ndim != 2 and tokens not in call.shape[:-1]:
            raise LpzeroError(
                f"expected activations (batch, tokens, width) or (tokens, width), found {tuple(call.shape)} for one "
                f"sequence of {tokens} tokens"
            )
        rows.append(call.reshape(-1, call.shape[-1]))
    return torch.cat(rows)


def one_by_one(model: nn.Module, site_map: SiteMap, batch: Batch, loss: Tensor) -> Iterator[tuple[float, Trace]]:
    """The pass of each sequence alone, with the share that its loss has in that of the batch.

    Args:
        model: As for :func:`lpzero.metrics.trace.trace`.
        site_map: Its sites.
        batch: All sequences; one without a label is left out.
        loss: That of the whole batch.

    Raises:
        LpzeroError: The loss of the batch is no mean over the labels of its sequences: they do not go their own ways.
    """
    labelled = (batch.labels != UNLABELLED).sum(1).tolist()
    behind_the_first = (batch.labels[:, 1:] != UNLABELLED).sum(1).tolist()
    counts = next((c for c in (behind_the_first, labelled) if _explains(model, batch, loss, c)), None)
    if counts is None:
        raise LpzeroError("expected a loss that is the mean of its sequences' losses: what is one's cannot be told")
    for index, count in enumerate(counts):
        if count:
            yield count / sum(counts), trace(model, site_map, batch.sequence(index), activations=True)


def _explains(model: nn.Module, batch: Batch, loss: Tensor, counts: list[int]) -> bool:
    """Whether the loss of a batch is the mean of those of its sequences, weighted by counts of labels."""
    if not sum(counts):
        return False
    mean = 0.0
    with torch.no_grad():
        for index, count in enumerate(counts):
            if count:
                mean += count / sum(counts) * float(model(**batch.sequence(index).arguments).loss)
    return abs(mean - loss.item()) <= AGREEMENT * abs(loss.item())
