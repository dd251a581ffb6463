"""What a model makes of windows of text: its loss, and how far its predictions are from the full model's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lpzero.compression.cutting.freed import give_back
from lpzero.compression.texts import IGNORED, Windows

ROWS = 32
"""Predictions that are compared at a time."""


def logits_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """(windows, tokens, vocabulary) logits, in the model's own number format; no cache is kept."""
    answer: Any = model(input_ids=inputs, **uncached(model))
    logits: Tensor = answer.logits
    return logits


def uncached(model: nn.Module) -> dict[str, Any]:
    """What to call a model with so that it keeps no cache; an encoder has none."""
    return {"use_cache": False} if getattr(model.config, "use_cache", False) else {}


def window_losses(model: nn.Module, windows: Windows) -> Tensor:
    """The loss in each window.

    Args:
        model: In evaluation mode.
        windows: What it is asked.

    Returns:
        (windows,) nats a predicted token, in float64.
    """
    device = next(model.parameters()).device
    found = []
    with torch.no_grad():
        for inputs, labels in _one_by_one(windows):
            logits, wanted = logits_of(model, inputs.to(device))[0], labels[0].to(device)
            found.append(_each_loss(logits, wanted)[asked(wanted)].double().mean())
            del logits
    give_back()
    return torch.stack(found).cpu()


def _each_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """(tokens,) nats, some rows at a time: logarithms of all chances would be as large as the logits."""
    pairs = zip(torch.split(logits, ROWS), torch.split(labels, ROWS), strict=True)
    return torch.cat(
        [functional.cross_entropy(one.float(), wanted, ignore_index=IGNORED, reduction="none") for one, wanted in pairs]
    )


def predictions(model: nn.Module, windows: Windows) -> tuple[Tensor, ...]:
    """Logarithms of a model's chances at the positions that are asked.

    Returns:
        For each window (predicted, vocabulary), in float32; a thousand tokens of 49,152 ids take 200 MB.
    """
    return tuple(each_prediction(model, windows))


def each_prediction(model: nn.Module, windows: Windows) -> Iterator[Tensor]:
    """The same, a window at a time."""
    device = next(model.parameters()).device
    for inputs, labels in _one_by_one(windows):
        with torch.no_grad():
            found = functional.log_softmax(logits_of(model, inputs.to(device))[0][asked(labels[0])].float(), dim=-1)
        yield found


def far_from(expected: Tensor, logits: Tensor) -> Tensor:
    """As :func:`divergence`, to the last bit, for some rows at a time: what is in between takes no memory of note."""
    pairs = zip(torch.split(expected, ROWS), torch.split(logits, ROWS), strict=True)
    return torch.cat([divergence(*pair) for pair in pairs])


def asked(labels: Tensor) -> Tensor:
    """(tokens,) whether something is predicted at a position."""
    return labels != IGNORED


def divergence(expected: Tensor, logits: Tensor) -> Tensor:
    """Kullback-Leibler divergence of predictions from those of the full model.

    Args:
        expected: (predicted, vocabulary) logarithms of the full model's chances.
        logits: (predicted, vocabulary) of the model that is compared.

    Returns:
        (predicted,) nats.
    """
    other = functional.log_softmax(logits.float(), dim=-1)
    return (expected.exp() * (expected - other)).sum(-1)


def _one_by_one(windows: Windows) -> Iterator[tuple[Tensor, Tensor]]:
    # logits of many windows at once would be the largest tensor of all
    yield from zip(torch.split(windows.inputs, 1), torch.split(windows.labels, 1), strict=True)
