"""Token batches: what an untrained model is shown, drawn from a seed and known by a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.spaces.models.calling import IDS, Calling
from lpzero.spaces.models.output import UNLABELLED
from lpzero.spaces.space import Objective

MASK_SHARE = 0.15


@dataclass(frozen=True)
class Batch:
    """Token ids and the labels of a language-model loss.

    Attributes:
        input_ids: (batch, tokens), int64.
        labels: (batch, tokens), int64; ``UNLABELLED`` where the loss does not look.
        more: What else a model of the user's is given, by the names of its arguments: an attention mask, a state.
    """

    input_ids: Tensor
    labels: Tensor
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        """What a model is called with, by name."""
        return {"input_ids": self.input_ids, "labels": self.labels, **self.more}

    @property
    def sha256(self) -> str:
        """SHA-256 of shapes and contents, 64 hexadecimal digits."""
        digest = hashlib.sha256()
        further = [tensor for _, value in sorted(self.more.items()) for tensor in _tensors(value)]
        for tensor in (self.input_ids, self.labels, *further):
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).tobytes())
        return digest.hexdigest()

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on a device."""
        more = {name: _each(value, lambda tensor: tensor.to(device)) for name, value in self.more.items()}
        return Batch(self.input_ids.to(device), self.labels.to(device), more)

    def sequence(self, index: int) -> Batch:
        """One sequence alone: (1, tokens), with its part of whatever has one entry a sequence first."""
        number, kept = len(self.input_ids), slice(index, index + 1)

        def part(tensor: Tensor) -> Tensor:
            return tensor[kept] if tensor.ndim and len(tensor) == number else tensor

        more = {name: _each(value, part) for name, value in self.more.items()}
        return Batch(self.input_ids[kept], self.labels[kept], more)


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A value with each of its tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each(part, change) for name, part in value.items()}
    return tuple(_each(part, change) for part in value) if isinstance(value, (tuple, list)) else value


def _tensors(value: Any) -> list[Tensor]:
    """The tensors in a value, in numbers that numpy knows."""
    found: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        found.append(tensor.detach().double() if tensor.is_floating_point() else tensor)
        return tensor

    _each(value, keep)
    return found


def random_batch(
    vocabulary: int, objective: Objective, rng: np.random.Generator, *, batch: int = BATCH, tokens: int = TOKENS
) -> Batch:
    """Draw uniform random tokens.

    For the masked objective a share of 15 % of the positions (at least one) is replaced by token 0 and
    predicted; for the causal one the labels are the tokens themselves (a model shifts them); for the one from a source
    to a target they are other tokens, as many, those of the target.

    Args:
        vocabulary: Number of token ids, at least 2.
        objective: ``"masked"``, ``"causal"`` or ``"seq2seq"``.
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
    if objective == "seq2seq":
        target = rng.integers(1, vocabulary, size=(batch, tokens))
        return Batch(torch.from_numpy(ids), torch.from_numpy(target))
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
    return Batch(batch.input_ids.gather(1, order), batch.labels.gather(1, order), batch.more)


def batch_of(example: Any, objective: Objective, calling: Calling | None = None) -> Batch:
    """The batch that a user's ``example_batch()`` returned.

    Args:
        example: A mapping with ``input_ids`` and, optionally, ``labels``, as a tokeniser of transformers returns one;
            the ids with their labels; or the ids alone: int64 tensors (batch, tokens). The mapping may use the names
            that the model's ``forward`` has for both; labels under its own name go to it as they are, and so does
            everything else.
        objective: For labels that are not given; only a causal model can do without.
        calling: How the model is called; None where its names are those of transformers.

    Raises:
        LpzeroError: It is none of these.
    """
    named = _by_name(example)
    own = IDS if calling is None or IDS in named else calling.first
    ids, labels = named.pop(own, None), named.pop("labels", None)
    if not isinstance(ids, Tensor) or ids.ndim != 2 or ids.dtype not in (torch.int64, torch.int32):
        raise LpzeroError(
            "expected example_batch() to return integer input_ids (batch, tokens), a tensor, or a dict with them, "
            f"found {_described(ids if ids is not None else example)}"
        )
    told = calling is not None and calling.labels in named
    if ids.shape[0] < 1 or ids.shape[1] < (2 if labels is None and not told else 1):
        raise LpzeroError(
            f"expected at least 1 sequence of 2 tokens from example_batch(), found shape {tuple(ids.shape)}"
        )
    if labels is None and objective == "masked" and not told:
        raise LpzeroError("expected example_batch() to return labels as well: the model is a masked one")
    if labels is not None and (not isinstance(labels, Tensor) or labels.shape != ids.shape):
        raise LpzeroError(f"expected labels of the shape of input_ids from example_batch(), found {_described(labels)}")
    return Batch(ids.long(), (ids if labels is None else labels).long(), named)


def objective_of_labels(batch: Batch, otherwise: Objective) -> Objective:
    """Whether labels that a user gave are predicted from the tokens before them, or at their own place.

    They stand at their own place where each is the token that follows already, or where some positions have a label and
    others none, and none of these labels is the token at its place: it was masked.

    Args:
        batch: Ids and labels.
        otherwise: What the model is, where the labels do not tell.
    """
    labelled = batch.labels != UNLABELLED
    same = batch.labels == batch.input_ids
    follows = batch.labels[:, :-1] == batch.input_ids[:, 1:]
    if (same | ~labelled).all() or not labelled.any():
        return otherwise
    if labelled[:, :-1].any() and (follows | ~labelled[:, :-1]).all():
        return "masked"
    return "masked" if not labelled.all() and not (same & labelled).any() else otherwise


def _by_name(example: Any) -> dict[str, Any]:
    if isinstance(example, Mapping):
        return dict(example)
    if isinstance(example, (tuple, list)) and len(example) == 2:
        return {IDS: example[0], "labels": example[1]}
    return {IDS: example}


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"the keys {', '.join(map(str, value)) or 'none'}"
    return f"a {type(value).__name__}"
