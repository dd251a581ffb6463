"""A pass of which a model keeps nothing: what it notes of itself on the way is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from lpzero.spaces.models.eager import eager
from lpzero.spaces.models.unchanged import restored


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards modes, attributes, buffers, hooks and random state are as before.

    A recurrent model may keep its last state as an attribute, and would go on from there. Weights of any number format
    pass: what cannot be differentiated is said where gradients are asked for.
    """
    with restored(model), eager(model), torch.no_grad():
        model.eval()
        yield
