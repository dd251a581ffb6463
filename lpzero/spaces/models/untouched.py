"""A pass of which a model keeps nothing: what it notes of itself on the way is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards modes, attributes, buffers, hooks and random state are as before.

    A recurrent model may keep its last state as an attribute, and would go on from there.
    """
    kept = [_Kept(module) for module in model.modules() if not isinstance(module, torch.jit.ScriptModule)]
    # what was made in inference mode has no version, and nothing may write to it
    written = [buffer for buffer in model.buffers() if not buffer.is_inference()]
    contents = [(buffer, buffer._version, buffer.detach().clone()) for buffer in written]
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())), torch.no_grad():
        try:
            model.eval()
            yield
        finally:
            for one in kept:
                one.restore()
            for buffer, version, content in contents:
                if buffer._version != version:
                    buffer.copy_(content)


class _Kept:
    """The attributes of a module, and the entries of those that are lists or dictionaries: its buffers and hooks."""

    def __init__(self, module: nn.Module) -> None:
        self._attributes = module.__dict__
        self._values = dict(module.__dict__)
        self._entries: list[tuple[Any, Any]] = [
            (value, value.copy()) for value in self._values.values() if isinstance(value, (dict, list))
        ]

    def restore(self) -> None:
        """Put back what is no longer there, and take away what has come."""
        self._attributes.clear()
        self._attributes.update(self._values)
        for value, entries in self._entries:
            value.clear()
            if isinstance(value, dict):
                value.update(entries)
            else:
                value.extend(entries)
