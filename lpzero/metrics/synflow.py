"""Synaptic flow: what flows from an input of ones to the output when every parameter is positive.

Tanaka et al. 2020 (https://arxiv.org/abs/2006.05467) conserve the flow from layer to layer, which holds where
every part is homogeneous of degree one. Deliberate deviations make a transformer so:

- normalisations pass their input on. Behind a LayerNorm the sum of the output does not depend on the weights,
  so its gradient would be round-off;
- every softmax is uniform over the places that are not masked, since an input of ones makes all tokens alike;
  its logits, which grow with the depth, would otherwise be round-off times a huge number. Query and key,
  which only shape a softmax, thus carry no flow;
- ones stand for the output of the embedding, and zeros for every other table, such as that of positions, which
  would be added to them; the flow is summed at the last hidden state over one sequence. The sum over weights runs
  over the blocks alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lpzero.errors import LpzeroError
from lpzero.metrics.trace import Hook, gradients, hooked, precise_state
from lpzero.operands.batch import Batch
from lpzero.operands.extract import unchanged
from lpzero.spaces.models.sites import SiteMap

_SOFTMAXES = (torch.softmax, torch.Tensor.softmax, torch.nn.functional.softmax)
_NORM = re.compile(r"Norm(\dd)?$")


class _UniformSoftmax(TorchFunctionMode):
    """Lets every softmax give equal shares to the places that no mask closes."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func not in _SOFTMAXES:
            return func(*args, **kwargs)
        logits = args[0] if args else kwargs["input"]
        axis = kwargs.get("dim", args[1] if len(args) > 1 else -1)
        # A mask adds the lowest finite number, or minus infinity; no logit comes near it.
        is_open = (logits.detach() > torch.finfo(logits.dtype).min / 2).to(logits.dtype)
        return is_open / is_open.sum(axis, keepdim=True).clamp(min=1)


def _pass_on(_module: nn.Module, args: Any, _output: Any) -> Any:
    return args[0]


def _ones(_module: nn.Module, _args: Any, output: Tensor) -> Tensor:
    return torch.ones_like(output)


def _other_tables(model: nn.Module, embedding: str) -> Iterator[str]:
    """The weights of every table that is no part of the module whose output is replaced."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding) and name != embedding and not name.startswith(f"{embedding}."):
            yield f"{name}.weight"


def _flow(model: nn.Module, site_map: SiteMap, batch: Batch) -> Iterator[tuple[Tensor, Tensor]]:
    """The absolute weight and the gradient of the flow by it, for every parameter site of the blocks."""
    if site_map.recurrent:
        raise LpzeroError(
            "synaptic flow needs parts that let through twice as much of twice the input: the gates and states of "
            "recurrent layers saturate instead"
        )
    norms = [name for name, module in model.named_modules() if _NORM.search(type(module).__name__)]
    hooks: list[tuple[str, Hook]] = [(name, _pass_on) for name in norms] + [(site_map.embedding, _ones)]
    state = {name: tensor.detach().abs() for name, tensor in precise_state(model).items()}
    for name in _other_tables(model, site_map.embedding):
        state[name] = torch.zeros_like(state[name])
    names = [s.parameter for s in site_map.parameters if s.group in ("operation", "feed_forward")]
    weights = tuple(state[name].requires_grad_() for name in names)
    one = batch.sequence(0)
    with unchanged(model), torch.enable_grad(), hooked(model, hooks), _UniformSoftmax():
        inputs = {**one.arguments, "labels": one.input_ids, "output_hidden_states": True}
        output = torch.func.functional_call(model, state, (), inputs)
    hidden = getattr(output, "hidden_states", None)
    if not hidden:
        raise LpzeroError("synaptic flow is summed at the last hidden state: the model returned none")
    if not hidden[-1].requires_grad:
        raise LpzeroError("synaptic flow: the last hidden state depends on no weight of a block")
    grads = gradients(hidden[-1].sum(), weights)
    return zip((weight.detach() for weight in weights), grads, strict=True)


def synflow(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Sum of W * G over the weights of the blocks, in double precision."""
    return float(sum((w * g).sum().item() for w, g in _flow(model, site_map, batch)))


def logsynflow(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Sum of W * log(1 + G): the flow with gradients that are damped (Cavagnero et al. 2023, FreeREA).

    Transforms without weights mix with both signs, so that G may be negative here: log(1 + G) goes on
    symmetrically to -log(1 - G).
    """
    damped = ((w * g.sign() * g.abs().log1p()).sum().item() for w, g in _flow(model, site_map, batch))
    return float(sum(damped))
