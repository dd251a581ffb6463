"""One forward pass in double precision whose graph is kept, for metrics that differentiate it.

The model's own parameters are never written to: the pass runs on copies that stand in for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.operands.extract import unchanged
from lpzero.operands.record import joined, recorded
from lpzero.operands.shown import Shown
from lpzero.spaces.models.sites import OutputSite, SiteMap

PRECISION = torch.float64

Hook = Callable[[nn.Module, Any, Any], Any]


@dataclass(frozen=True)
class Trace:
    """What a pass computed, still connected to what it was computed from.

    Attributes:
        loss: Scalar, in nats.
        weights: One leaf a parameter site, in the order of the site map.
        activations: Outputs (batch, tokens, width) of the feed-forwards' non-linearities, first to last.
        embedding: (batch, tokens, width), the output of the embedding.
        calls: What each activation is joined of, one tensor a call.
        joins: Makes one tensor of what the calls of an activation gave, or of their gradients.
        loose: Why an activation is not known to be (batch, tokens, width); empty where all are.
    """

    loss: Tensor
    weights: tuple[Tensor, ...]
    activations: tuple[Tensor, ...]
    embedding: Tensor
    calls: tuple[tuple[Tensor, ...], ...]
    joins: tuple[Callable[[Sequence[Tensor]], Tensor], ...]
    loose: str = ""

    def activation_gradients(self) -> tuple[Tensor, ...]:
        """Gradients of the loss by the activations, of their shapes."""
        left = iter(gradients(self.loss, tuple(call for calls in self.calls for call in calls)))
        return tuple(join(list(islice(left, len(calls)))) for join, calls in zip(self.joins, self.calls, strict=True))


def precise_state(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all parameters, as leaves, and of all floating-point buffers, in double precision."""
    state = {name: p.detach().to(PRECISION, copy=True) for name, p in model.named_parameters()}
    for leaf in state.values():
        leaf.requires_grad_()
    for name, buffer in model.named_buffers():
        if buffer.is_floating_point():
            state[name] = buffer.detach().to(PRECISION, copy=True)
    return state


@contextmanager
def hooked(model: nn.Module, hooks: Iterable[tuple[str, Hook]]) -> Iterator[None]:
    """Keep forward hooks, each with the name of its module, for as long as the context lasts."""
    modules = dict(model.named_modules())
    with ExitStack() as stack:
        for name, hook in hooks:
            if name not in modules or (not name and len(modules) > 1):
                raise LpzeroError("found no module that takes the token ids and returns their embedding")
            stack.callback(modules[name].register_forward_hook(hook).remove)
        yield


def gradients(of: Tensor, by: tuple[Tensor, ...], *, keep_graph: bool = False) -> tuple[Tensor, ...]:
    """Gradients of a scalar, zeros where it does not depend on a tensor."""
    return torch.autograd.grad(of, by, create_graph=keep_graph, allow_unused=True, materialize_grads=True)


def trace(model: nn.Module, site_map: SiteMap, batch: Batch) -> Trace:
    """Run the model once, in evaluation mode.

    Raises:
        LpzeroError: The model returned no loss, or did not reach its embedding or an activation.
    """
    sites = [site for site in site_map.outputs if site.family == "activation"]
    state = precise_state(model)
    watched = replace(site_map, outputs=tuple(sites))
    tokens = batch.input_ids.shape[1]
    with unchanged(model), torch.enable_grad(), recorded(model, watched, tokens=tokens, graph=True) as seen:
        inputs = {"input_ids": batch.input_ids, "labels": batch.labels}
        output = torch.func.functional_call(model, state, (), inputs)
    loss = getattr(output, "loss", None)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise LpzeroError("the model returned no loss: expected a scalar from input_ids and labels")
    missed = [site for site in sites if site not in seen.outputs]
    if (missed and site_map.reading is None) or seen.embedding is None:
        raise LpzeroError(f"the forward pass did not reach {missed[0] if missed else site_map.embedding}")
    sites = [site for site in sites if site in seen.outputs]
    shown = Shown(site_map.reading, seen, batch)

    def join(site: OutputSite, calls: Sequence[Tensor]) -> Tensor:
        strewn = site in seen.strewn
        return shown.arranged("activation", joined(list(calls), tokens)[0], site.layer, strewn=strewn)

    joins = tuple(partial(join, site) for site in sites)
    calls = tuple(tuple(seen.calls[site]) for site in sites)
    activations = tuple(one(of) for one, of in zip(joins, calls, strict=True))
    weights = tuple(state[site.parameter] for site in site_map.parameters)
    loose = shown.loose.get("activation", "")
    return Trace(loss.reshape(()), weights, activations, seen.embedding, calls, joins, loose)


def traced_activations(metric: str, model: nn.Module, site_map: SiteMap, batch: Batch) -> Trace:
    """A trace that has activations; raises LpzeroError, naming the metric, where the model has none."""
    if not any(site.family == "activation" for site in site_map.outputs):
        raise LpzeroError(f"{metric} looks at the activations of feed-forwards: the site map has none")
    traced = trace(model, site_map, batch)
    if traced.loose:
        raise LpzeroError(f"{metric} looks at the activations of feed-forwards: {traced.loose}")
    return traced
