"""A pass of which a model keeps nothing: what it notes of itself on the way is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards modes, attributes, buffers and random state are as before.

    A recurrent model may keep its last state as an attribute, and would go on from there.
    """
    modules = [module for module in model.modules() if not isinstance(module, torch.jit.ScriptModule)]
    attributes = [(module, dict(module.__dict__), dict(module._buffers)) for module in modules]
    contents = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())), torch.no_grad():
        try:
            model.eval()
            yield
        finally:
            for module, values, buffers in attributes:
                module.__dict__.clear()
                module.__dict__.update(values)
                module._buffers.clear()
                module._buffers.update(buffers)
            for buffer, content in contents:
                # an inference buffer of another kind is left alone: it was not written to
                if not torch.equal(buffer, content):
                    buffer.copy_(content)
