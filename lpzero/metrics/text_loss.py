"""The loss on a small batch of real text: what an expert would look at first where weights are trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.spaces.models.unchanged import unchanged


def text_loss(model: nn.Module, text: Batch) -> float:
    """The model's own mean loss on a batch of text, in nats a token; one forward pass.

    Args:
        model: A causal model with trained weights, on the batch's device.
        text: Of :func:`lpzero.operands.text.text_batch`.

    Raises:
        LpzeroError: The model returned no loss.
    """
    with unchanged(model), torch.no_grad():
        loss = getattr(model(input_ids=text.input_ids, labels=text.labels), "loss", None)
    if not isinstance(loss, Tensor):
        raise LpzeroError("the model returned no loss: expected a scalar from input_ids and labels")
    return float(loss)
