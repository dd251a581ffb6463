"""Synaptic flow: what flows from an input of ones to the output when every parameter is positive.

Tanaka et al. 2020 (https://arxiv.org/abs/2006.05467) conserve the flow from layer to layer, which holds where
every part is homogeneous of degree one. Deliberate deviations make a transformer so:

- normalisations pass their input on. Behind a LayerNorm the sum of the output does not depend on the weights,
  so its gradient would be round-off;
- every softmax is uniform over the places that are not masked, since an input of ones makes all tokens alike;
  its logits, which grow with the depth, would otherwise be round-off times a huge number. Query and key,
  which only shape a softmax, thus carry no flow;
- ones stand for the output of the embedding, and zeros for every other table, such as that of positions, which
  would be added to them; the flow is summed at the last hidden state over one sequence: what the model returns as
  such, else what the first module behind the blocks is given. The sum over weights runs over the blocks alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from lpzero.errors import LpzeroError
from lpzero.metrics.norms import find_norms
from lpzero.metrics.precision import replaced
from lpzero.metrics.trace import Hook, first_input, gradients, hooked
from lpzero.operands.batch import Batch
from lpzero.spaces.models.eager import attributes_set
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.models.unchanged import unchanged

_SOFTMAXES = (torch.softmax, torch.Tensor.softmax, torch.special.softmax, functional.softmax)
_NORMS = (
    functional.layer_norm,
    functional.rms_norm,
    functional.group_norm,
    functional.instance_norm,
    functional.batch_norm,
    functional.normalize,
    torch.layer_norm,
    torch.rms_norm,
    torch.group_norm,
)


class _Homogeneous(TorchFunctionMode):
    """Lets every softmax give equal shares to the places that no mask closes, and every norm pass its input on."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _NORMS:
            return first_input(args, kwargs)
        if func in _SOFTMAXES:
            return _uniform_softmax(*args, **kwargs)
        if func is functional.scaled_dot_product_attention:
            return _uniform_attention(*args, **kwargs)
        if func is functional.multi_head_attention_forward:
            # the mode is not asked about what goes on in there
            with _uniform_in_functional():
                return func(*args, **kwargs)
        return func(*args, **kwargs)


@contextmanager
def _uniform_in_functional() -> Iterator[None]:
    with attributes_set(
        (functional, "softmax", _uniform_softmax), (functional, "scaled_dot_product_attention", _uniform_attention)
    ):
        yield


def _uniform_softmax(input: Tensor, dim: int | None = -1, *_: Any, **__: Any) -> Tensor:
    logits, axis = input, -1 if dim is None else dim
    # A mask adds the lowest finite number, or minus infinity; no logit comes near it.
    is_open = (logits.detach() > torch.finfo(logits.dtype).min / 2).to(logits.dtype)
    return is_open / is_open.sum(axis, keepdim=True).clamp(min=1)


def _uniform_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **_: Any,
) -> Tensor:
    """Attention with equal shares: (..., heads, queries, width) from values (..., groups of heads, keys, width)."""
    del dropout_p
    is_open = query.new_zeros(*query.shape[:-1], key.shape[-2])
    if is_causal:
        is_open = is_open.masked_fill(torch.ones_like(is_open, dtype=torch.bool).triu(1), -torch.inf)
    if attn_mask is not None:
        is_bool = attn_mask.dtype == torch.bool
        is_open = is_open.masked_fill(~attn_mask, -torch.inf) if is_bool else is_open + attn_mask
    if value.ndim > 2 and value.shape[-3] != query.shape[-3]:
        value = value.repeat_interleave(query.shape[-3] // value.shape[-3], dim=-3)
    return _uniform_softmax(is_open) @ value


def _pass_on(_module: nn.Module, args: Any, kwargs: Any, _output: Any) -> Any:
    return first_input(args, kwargs)


def _ones(_module: nn.Module, _args: Any, _kwargs: Any, output: Any) -> Tensor:
    if not isinstance(output, Tensor):
        raise LpzeroError(f"expected a tensor from the embedding, found a {type(output).__name__}")
    return torch.ones_like(output)


def _numbers(model: nn.Module, embeddings: tuple[str, ...]) -> dict[Tensor, Tensor]:
    """What stands for every parameter: its absolute numbers, or zeros in a table that would be added to the ones."""
    numbers: dict[Tensor, Tensor] = {parameter: parameter.detach().abs() for parameter in model.parameters()}
    for name, module in model.named_modules():
        inside = any(name == embedding or name.startswith(f"{embedding}.") for embedding in embeddings)
        if isinstance(module, nn.Embedding) and not inside:
            numbers[module.weight] = torch.zeros_like(module.weight)
    return numbers


def _flow(model: nn.Module, site_map: SiteMap, batch: Batch) -> list[tuple[Tensor, Tensor]]:
    """The absolute weight and the gradient of the flow by it, for every parameter site of the blocks."""
    if site_map.recurrent:
        raise LpzeroError(
            "synaptic flow needs parts that let through twice as much of twice the input: the gates and states of "
            "recurrent layers saturate instead"
        )
    norms = find_norms(model, batch)
    parameters = dict(model.named_parameters(remove_duplicate=False))
    names = [s.parameter for s in site_map.parameters if s.group in ("operation", "feed_forward")]
    weights = tuple(parameters[name] for name in names)
    with unchanged(model), torch.enable_grad(), replaced(_numbers(model, site_map.embeddings)):
        hidden = _last_hidden(model, site_map, batch, norms)
        if not hidden.requires_grad:
            raise LpzeroError("synaptic flow: the last hidden state depends on no weight of a block")
        grads = gradients(hidden.sum(), weights)
        flow = [(weight.detach(), gradient) for weight, gradient in zip(weights, grads, strict=True)]
    if not any(gradient.any() for _, gradient in flow):
        raise LpzeroError("synaptic flow: nothing flows through the weights of the blocks to the last hidden state")
    return flow


def _last_hidden(model: nn.Module, site_map: SiteMap, batch: Batch, norms: list[str]) -> Tensor:
    """The last hidden state of the first sequence, where the embedding gives ones and norms pass their input on."""
    behind: list[Any] = []

    def record(_module: nn.Module, args: Any, kwargs: Any, _output: Any) -> None:
        behind.append(first_input(args, kwargs))

    hooks: list[tuple[str, Hook]] = [(name, _pass_on) for name in norms]
    hooks += [(name, _ones) for name in site_map.embeddings or ("",)]
    holders = {site.parameter.rpartition(".")[0] for site in site_map.parameters if site.group == "output"}
    hooks += [(holder, record) for holder in holders if holder not in site_map.embeddings]
    one = batch.sequence(0)
    with hooked(model, hooks), _Homogeneous():
        output = model(**{**one.arguments, "labels": one.input_ids}, output_hidden_states=True)
    hidden = getattr(output, "hidden_states", None) or behind[:1]
    if not hidden or not isinstance(hidden[-1], Tensor):
        raise LpzeroError(
            "synaptic flow is summed at the last hidden state: the model returned none, and no module with a weight of "
            "its own takes it behind the blocks"
        )
    return hidden[-1]


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
