"""One forward pass in double precision whose graph is kept, for metrics that differentiate it.

The model's own parameters are never written to: the pass runs on copies that stand in for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.operands.extract import unchanged
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
    """

    loss: Tensor
    weights: tuple[Tensor, ...]
    activations: tuple[Tensor, ...]
    embedding: Tensor


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
    seen: dict[OutputSite | None, Tensor] = {}

    def recorder(site: OutputSite | None) -> Hook:
        def record(_module: nn.Module, args: Any, output: Any) -> None:
            tensor = args[0] if site is not None and site.take == "input" else output
            seen[site] = tensor if site is None or site.part is None else tensor[..., slice(*site.part)]

        return record

    hooks = [(site.module, recorder(site)) for site in sites] + [(site_map.embedding, recorder(None))]
    state = precise_state(model)
    with unchanged(model), torch.enable_grad(), hooked(model, hooks):
        output = torch.func.functional_call(model, state, (), batch.arguments)
    loss = getattr(output, "loss", None)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise LpzeroError("the model returned no loss: expected a scalar from input_ids and labels")
    missed = [site for site in (*sites, None) if site not in seen]
    if missed:
        raise LpzeroError(f"the forward pass did not reach {missed[0] or site_map.embedding}")
    weights = tuple(state[site.parameter] for site in site_map.parameters)
    return Trace(loss.reshape(()), weights, tuple(seen[site] for site in sites), seen[None])


def traced_activations(metric: str, model: nn.Module, site_map: SiteMap, batch: Batch) -> Trace:
    """A trace that has activations; raises LpzeroError, naming the metric, where the model has none."""
    if not any(site.family == "activation" for site in site_map.outputs):
        why = dict(site_map.lacks).get("activation", "the site map has none")
        raise LpzeroError(f"{metric} looks at the activations of feed-forwards: {why}")
    return trace(model, site_map, batch)
