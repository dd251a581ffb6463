"""Token batches: what an untrained model is shown, drawn from a seed and known by a hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.spaces.models.output import UNLABELLED
from lpzero.spaces.space import Objective

MASK_SHARE = 0.15


@dataclass(frozen=True)
class Batch:
    """Token ids and the labels of a language-model loss.

    Attributes:
        input_ids: (batch, tokens), int64.
        labels: (batch, tokens), int64; ``UNLABELLED`` where the loss does not look.
    """

    input_ids: Tensor
    labels: Tensor

    @property
    def arguments(self) -> dict[str, Any]:
        """What a model is called with, by name."""
        return {"input_ids": self.input_ids, "labels": self.labels}

    @property
    def sha256(self) -> str:
        """SHA-256 of shapes and contents, 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for tensor in (self.input_ids, self.labels):
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(np.ascontiguousarray(tensor.cpu().numpy()).tobytes())
        return digest.hexdigest()

    def sequence(self, index: int) -> Batch:
        """One sequence alone: ids and labels (1, tokens)."""
        return Batch(self.input_ids[index : index + 1], self.labels[index : index + 1])

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on a device."""
        return Batch(self.input_ids.to(device), self.labels.to(device))


def random_batch(
    vocabulary: int, objective: Objective, rng: np.random.Generator, *, batch: int = BATCH, tokens: int = TOKENS
) -> Batch:
    """Draw uniform random tokens.

    For the masked objective a share of 15 % of the positions (at least one) is replaced by token 0 and
    predicted; for the causal one the labels are the tokens themselves (a model shifts them).

    Args:
        vocabulary: Number of token ids, at least 2.
        objective: ``"masked"`` or ``"causal"``.
        rng: Source of randomness.
        batch: Sequences, at least 1.
        tokens: Length of each, at least 2.

    Raises:
        InputError: A size is out of its range.

    >>> b = random_batch(100, "masked", np.random.default_rng(0), batch=2, tokens=8)
    >>> tuple(b.input_ids.shape), int((b.labels != UNLABELLED).sum())
    ((2, 8), 2)
    """
    if vocabulary < 2 or batch < 1 or tokens < 2:
        raise InputError(
            f"batch: expected a vocabulary of 2, 1 sequence and 2 tokens at least, "
            f"found {vocabulary}, {batch} and {tokens}"
        )
    ids = rng.integers(1, vocabulary, size=(batch, tokens))
    if objective == "causal":
        tensor = torch.from_numpy(ids)
        return Batch(tensor, tensor.clone())
    count = max(1, round(MASK_SHARE * batch * tokens))
    hidden = rng.choice(batch * tokens, size=count, replace=False)
    labels = np.full(batch * tokens, UNLABELLED)
    labels[hidden] = ids.reshape(-1)[hidden]
    masked = ids.reshape(-1).copy()
    masked[hidden] = 0
    return Batch(torch.from_numpy(masked.reshape(batch, tokens)), torch.from_numpy(labels.reshape(batch, tokens)))


def shuffled_batch(batch: Batch, rng: np.random.Generator) -> Batch:
    """Put the tokens of each sequence into another order, every label going with its token.

    Args:
        batch: (sequences, tokens); left unchanged.
        rng: Source of randomness.
    """
    places = np.tile(np.arange(batch.input_ids.shape[1]), (batch.input_ids.shape[0], 1))
    order = torch.from_numpy(rng.permuted(places, axis=1)).to(batch.input_ids.device)
    return Batch(batch.input_ids.gather(1, order), batch.labels.gather(1, order))


def batch_of(example: Any, objective: Objective) -> Batch:
    """The batch that a user's ``example_batch()`` returned.

    Args:
        example: A mapping with ``input_ids`` and, optionally, ``labels``, or the ids alone; int64 tensors
            (batch, tokens).
        objective: For labels that are not given; only a causal model can do without.

    Raises:
        LpzeroError: It is none of these.
    """
    named = example if isinstance(example, dict) else {"input_ids": example}
    ids, labels = named.get("input_ids"), named.get("labels")
    if not isinstance(ids, Tensor) or ids.ndim != 2 or ids.dtype not in (torch.int64, torch.int32):
        raise LpzeroError("expected example_batch() to return integer input_ids (batch, tokens), or a dict with them")
    if ids.shape[0] < 1 or ids.shape[1] < (2 if labels is None else 1):
        raise LpzeroError(
            f"expected at least 1 sequence of 2 tokens from example_batch(), found shape {tuple(ids.shape)}"
        )
    if labels is None and objective == "masked":
        raise LpzeroError("expected example_batch() to return labels as well: the model is a masked one")
    if labels is not None and (not isinstance(labels, Tensor) or labels.shape != ids.shape):
        raise LpzeroError("expected labels of the shape of input_ids from example_batch()")
    return Batch(ids.long(), (ids if labels is None else labels).long())
