"""One forward pass whose graph is kept, for metrics that differentiate it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import BlockCall, OutputSite, SiteMap
from lpzero.spaces.models.unchanged import unchanged

Hook = Callable[..., Any]
"""Called with a module, its positional and its named arguments, and its output."""


@dataclass(frozen=True)
class Activation:
    """What a non-linearity of a feed-forward gave out in one pass.

    Attributes:
        site: Where.
        calls: A tensor each time that the module was called, in order, features last; none where the pass went by.
    """

    site: OutputSite
    calls: tuple[Tensor, ...]

    def values(self) -> tuple[Tensor, ...]:
        """The activation of every call, detached."""
        return self.parts(tuple(call.detach() for call in self.calls))

    def parts(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The activation's features of tensors like the calls."""
        part = self.site.part
        return tensors if part is None else tuple(tensor[..., slice(*part)] for tensor in tensors)


@dataclass(frozen=True)
class Trace:
    """What a pass computed, still connected to what it was computed from.

    Attributes:
        loss: Scalar, in nats.
        weights: The parameter of every parameter site, in the order of the site map.
        activations: The feed-forwards' non-linearities, first to last.
        embedding: The output of the embeddings, (batch, tokens, width), each time that one was called.
    """

    loss: Tensor
    weights: tuple[Tensor, ...]
    activations: tuple[Activation, ...]
    embedding: tuple[Tensor, ...]


@contextmanager
def hooked(model: nn.Module, hooks: Iterable[tuple[str, Hook]]) -> Iterator[None]:
    """Keep forward hooks, each with the name of its module, for as long as the context lasts."""
    with ExitStack() as stack:
        for name, hook in hooks:
            module = model.get_submodule(name)
            stack.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
        yield


def first_input(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The first argument of a module, however it was given."""
    return args[0] if args else next(iter(kwargs.values()), None)


def gradients(of: Tensor, by: tuple[Tensor, ...], *, keep_graph: bool = False) -> tuple[Tensor, ...]:
    """Gradients of a scalar, dense, and zeros where it does not depend on a tensor."""
    found = torch.autograd.grad(of, by, create_graph=keep_graph, allow_unused=True, materialize_grads=True)
    return tuple(gradient.to_dense() if gradient.is_sparse else gradient for gradient in found)


def trace(model: nn.Module, site_map: SiteMap, batch: Batch, *, activations: bool = False) -> Trace:
    """Run the model once, in evaluation mode.

    Its gradients are to be taken while the model has the number format that it has now, as
    :func:`lpzero.metrics.precision.precisely` gives it.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says.
        site_map: Its sites.
        batch: Tokens and labels.
        activations: Whether they are looked at.

    Raises:
        LpzeroError: The model returned no loss, or did not reach its embedding.
    """
    sites = [site for site in site_map.outputs if activations and site.family == "activation"]
    seen: dict[OutputSite | None, list[Tensor]] = {}
    running: list[BlockCall] = []

    def recorder(site: OutputSite | None) -> Hook:
        def record(_module: nn.Module, args: Any, kwargs: Any, output: Any) -> Tensor | None:
            tensor = first_input(args, kwargs) if site is not None and site.take == "input" else output
            block = None if site is None else site.block
            if isinstance(tensor, Tensor) and (block is None or block in running):
                seen.setdefault(site, []).append(tensor)
            # what is differentiated by must not be what a model that is not ours writes over
            copied = site_map.reading is not None and isinstance(output, Tensor)
            return output.clone() if copied else None

        return record

    parameters = dict(model.named_parameters(remove_duplicate=False))
    hooks = [(site.module, recorder(site)) for site in sites]
    hooks += [(name, recorder(None)) for name in site_map.embeddings or ("",)]
    blocks = {site.block.module for site in sites if site.block is not None}
    with unchanged(model), torch.enable_grad(), _followed(model, blocks, running), hooked(model, hooks):
        output = model(**batch.arguments)
    loss = getattr(output, "loss", None)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise LpzeroError("the model returned no loss: expected a scalar from input_ids and labels")
    if None not in seen:
        raise LpzeroError(
            f"expected a tensor from the module {site_map.embedding}, the embedding: the forward pass did not "
            "reach it, or it returned none"
        )
    return Trace(
        loss.reshape(()),
        tuple(parameters[site.parameter] for site in site_map.parameters),
        tuple(Activation(site, tuple(seen.get(site, ()))) for site in sites),
        tuple(seen[None]),
    )


@contextmanager
def _followed(model: nn.Module, blocks: Iterable[str], running: list[BlockCall]) -> Iterator[None]:
    """Keep in ``running`` which calls of the blocks have begun and not ended."""
    turns = dict.fromkeys(blocks, -1)
    with ExitStack() as stack:
        for name in turns:

            def begin(_module: nn.Module, _args: Any, name: str = name) -> None:
                turns[name] += 1
                running.append(BlockCall(name, turns[name]))

            def end(_module: nn.Module, _args: Any, _output: Any) -> None:
                running.pop()

            block = model.get_submodule(name)
            stack.callback(block.register_forward_pre_hook(begin).remove)
            stack.callback(block.register_forward_hook(end).remove)
        yield


def traced_activations(metric: str, model: nn.Module, site_map: SiteMap, batch: Batch) -> Trace:
    """A trace with activations.

    Raises:
        LpzeroError: The site map has none, or one that the pass did not reach.
    """
    if not any(site.family == "activation" for site in site_map.outputs):
        why = dict(site_map.lacks).get("activation", "the site map has none")
        raise LpzeroError(f"{metric} looks at the activations of feed-forwards: {why}")
    traced = trace(model, site_map, batch, activations=True)
    for activation in traced.activations:
        if not activation.calls:
            module = activation.site.module
            raise LpzeroError(f"the forward pass did not reach the module {module}, which the site map names")
    return traced
