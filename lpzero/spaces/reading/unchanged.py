"""A pass through a user's model that leaves the model as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

_REGISTRIES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks", "_buffers", "_modules")


@contextmanager
def unchanged(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode with gradients on, and restore it and the random state afterwards.

    What ``torch.compile`` made runs as it was written, since a compiled pass shows no module.
    """
    wanted = {parameter: parameter.requires_grad for parameter in model.parameters()}
    modes = {module: module.training for module in model.modules()}
    # nothing was compiled where the compiler was not loaded, which takes seconds
    loaded = "torch._dynamo" in sys.modules
    with restored(model), torch.compiler.set_stance("force_eager") if loaded else nullcontext():
        try:
            model.eval()
            for parameter in wanted:
                if parameter.is_floating_point() or parameter.is_complex():
                    parameter.requires_grad_(True)
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode
            for parameter, flag in wanted.items():
                parameter.requires_grad_(flag)


@contextmanager
def restored(model: nn.Module) -> Iterator[None]:
    """Restore, after passes, the random state and what a model writes down in them.

    These are buffers and their numbers, hooks, and plain attributes: transformers, for one, leaves hooks of its own in
    a model that is asked for attentions.
    """
    devices = {p.device.index for p in model.parameters() if p.device.type == "cuda" and p.device.index is not None}
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=sorted(devices)))
        for module in list(model.modules()):
            stack.callback(_restored, module, dict(vars(module)), _registries(module))
        for buffer in model.buffers():
            if not buffer.is_meta:
                stack.callback(_refilled, buffer, buffer._version, buffer.detach().clone())
        yield


def _registries(module: nn.Module) -> dict[str, dict[Any, Any]]:
    return {name: dict(vars(module)[name]) for name in _REGISTRIES if name in vars(module)}


def _restored(module: nn.Module, attributes: dict[str, Any], registries: dict[str, dict[Any, Any]]) -> None:
    """Take away what was added to a module, and put back what was replaced."""
    found = vars(module)
    for name in [name for name in found if name not in attributes]:
        del found[name]
    found.update(attributes)
    for name, entries in registries.items():
        if dict(found[name]) != entries or list(found[name]) != list(entries):
            found[name].clear()
            found[name].update(entries)


def _refilled(buffer: torch.Tensor, version: int, numbers: torch.Tensor) -> None:
    if buffer._version != version:
        with torch.no_grad():
            buffer.copy_(numbers)
