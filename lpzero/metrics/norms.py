"""Which modules of a model are normalisations: told by what they do, whatever their class is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from lpzero.metrics.precision import replaced
from lpzero.metrics.trace import first_input, hooked
from lpzero.operands.batch import Batch
from lpzero.spaces.models.unchanged import unchanged

KNOWN = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.LocalResponseNorm, _NormBase)
SCALES = (0.5, 2.0)
TOLERANCE = 1e-2
"""A norm adds a small number to what it divides by, so that its output is not quite the same at every scale."""


@dataclass(frozen=True)
class _Call:
    """How a module was called, and what came out."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any

    def on(self, module: nn.Module, tensor: Tensor) -> Any:
        """The module's output where its first argument is another tensor."""
        if self.args:
            return module(tensor, *self.args[1:], **self.kwargs)
        first, *others = self.kwargs
        return module(**{first: tensor}, **{name: self.kwargs[name] for name in others})


def find_norms(model: nn.Module, batch: Batch) -> list[str]:
    """The names of the normalisations that a pass goes through, each once.

    Torch's own are known. Another module is one if it has no weight of two or more axes and no norm within it, and if
    its output has the shape of its first argument, depends on it, and is the same where that is twice or half as large.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says.
        batch: Its first sequence is shown.
    """
    names = {module: name for name, module in model.named_modules()}
    calls: dict[str, _Call] = {}

    def record(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        calls.setdefault(names[module], _Call(args, kwargs, output))

    first = batch.sequence(0)
    found: list[str] = []
    with unchanged(model), torch.no_grad():
        light = [name for module, name in names.items() if _is_light(module)]
        with hooked(model, ((name, record) for name in light)):
            model(**{**first.arguments, "labels": first.input_ids})
        # what lies within another module comes behind it in the list, and is looked at before it
        for name in reversed(light):
            if any(inner.startswith(f"{name}.") for inner in found) or name not in calls:
                continue
            module = model.get_submodule(name)
            if isinstance(module, KNOWN) or _normalises(module, calls[name]):
                found.append(name)
    return found[::-1]


def _is_light(module: nn.Module) -> bool:
    """Whether a module can be a norm for all that its parameters say."""
    containers = (nn.ModuleList, nn.ModuleDict, nn.Dropout, nn.Identity)
    return isinstance(module, KNOWN) or (
        not isinstance(module, containers) and all(parameter.ndim < 2 for parameter in module.parameters())
    )


def _normalises(module: nn.Module, call: _Call) -> bool:
    given, output = first_input(call.args, call.kwargs), call.output
    if not isinstance(given, Tensor) or not isinstance(output, Tensor) or given.shape != output.shape:
        return False
    if given.ndim < 2 or not given.is_floating_point():
        return False
    generator = torch.Generator().manual_seed(0)
    probes = (torch.randn(given.shape, generator=generator, dtype=given.dtype).to(given.device) for _ in range(2))
    one, other = probes
    # a gain of zero would hide what the module does
    with replaced({p: torch.ones_like(p) for p in module.parameters()}):
        at_one, at_other = call.on(module, one), call.on(module, other)
        scaled = [call.on(module, scale * one) for scale in SCALES]
    return not _close(at_one, at_other) and all(_close(at_one, at_scale) for at_scale in scaled)


def _close(one: Tensor, other: Tensor) -> bool:
    largest = float(one.abs().max())
    return float((one - other).abs().max()) <= TOLERANCE * largest
