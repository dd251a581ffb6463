"""One forward and backward pass of a model, and every operand that it shows.

The model is left as it was found: mode, hooks, gradients, parameters, ``requires_grad`` and the global random
state. The backward pass starts from the model's own loss: a gradient of ones through a final LayerNorm is
round-off, since the true gradient is zero there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.operands.operand import OPERANDS, SITE_FAMILIES, Operand, SiteFamily
from lpzero.operands.shape import UNKNOWN, ModelShape, model_shape
from lpzero.spaces.models.sites import Group, OutputSite, SiteMap
from lpzero.spaces.models.unchanged import unchanged


@dataclass(frozen=True)
class Site:
    """A place that an operand was read from.

    Attributes:
        layer: 0 for the embedding, 1 to depth for the blocks, depth + 1 behind them.
        role: Unique in its layer and family.
        group: The part of the model, for parameter sites; None elsewhere.
    """

    layer: int
    role: str
    group: Group | None = None


@dataclass(frozen=True)
class Operands:
    """What one pass shows.

    Attributes:
        depth: Number of blocks.
        loss: The loss, in nats.
        sites: For each family of sites, the sites in a fixed order.
        tensors: For each family of operands, one detached tensor a site, in the order of its sites.
        absent: Families of sites that the model does not show at all.
        shape: What the model is.
        lacks: Why families are absent, where the site map says it.
    """

    depth: int
    loss: float
    sites: dict[SiteFamily, tuple[Site, ...]]
    tensors: dict[str, tuple[Tensor, ...]]
    absent: frozenset[SiteFamily] = frozenset()
    shape: ModelShape = UNKNOWN
    lacks: tuple[tuple[str, str], ...] = ()

    def count(self, name: str) -> float:
        """A count of the shape; raises LpzeroError where the model does not show it."""
        found = self.shape.counts[name]
        if math.isnan(found):
            raise LpzeroError(f"the model shows no {name}{self._why(OPERANDS['attention'])}")
        return found

    def select(self, operand: Operand) -> tuple[tuple[Site, ...], tuple[Tensor, ...]]:
        """The sites and tensors of one operand, its group respected.

        Raises:
            LpzeroError: The model does not show the operand at all.
        """
        if operand.site_family in self.absent:
            raise LpzeroError(f"the model shows no {operand.name}{self._why(operand)}")
        sites, tensors = self.sites[operand.site_family], self.tensors[operand.family]
        kept = [i for i, site in enumerate(sites) if operand.group in (None, site.group)]
        if operand.group is not None and not kept:
            raise LpzeroError(f"the model shows no {operand.name}: it has no such weights")
        return tuple(sites[i] for i in kept), tuple(tensors[i] for i in kept)

    def _why(self, operand: Operand) -> str:
        """Behind what a model does not show: why it has no such thing, else where it was expected."""
        reason = dict(self.lacks).get(operand.site_family, operand.remedy)
        return f": {reason}" if reason else ""


@contextmanager
def _recorded(model: nn.Module, site_map: SiteMap, seen: dict[Any, Tensor]) -> Iterator[None]:
    """Fill ``seen`` in the next forward pass: each output site, and the embedding under None."""
    modules = dict(model.named_modules())
    by_module: dict[tuple[str, str], list[OutputSite]] = {}
    for site in site_map.outputs:
        by_module.setdefault((site.module, site.take), []).append(site)

    def recorder(sites: list[OutputSite]) -> Any:
        def record(_module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            for site in sites:
                tensor = output if site.take == "output" else args[0]
                seen[site] = tensor if site.part is None else tensor[..., slice(*site.part)]

        return record

    def record_embedding(_module: nn.Module, _args: tuple[Any, ...], output: Tensor) -> None:
        seen[None] = output

    with ExitStack() as stack:
        for (name, _take), sites in by_module.items():
            stack.callback(modules[name].register_forward_hook(recorder(sites)).remove)
        stack.callback(modules[site_map.embedding].register_forward_hook(record_embedding).remove)
        yield


def _detached(tensor: Tensor) -> Tensor:
    return tensor.detach().clone()


def extract(model: nn.Module, site_map: SiteMap, batch: Batch) -> Operands:
    """Run one forward and one backward pass and collect every operand, exactly.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says; its device is the batch's.
        site_map: Where to look.
        batch: Tokens and labels.

    Returns:
        Detached tensors: weights (views of the parameters: never write to them) and gradients in the shape of
        their parameter, activations and heads (batch, tokens, width), attention (batch, heads, tokens, tokens),
        hidden states and the Jacobian (batch, tokens, width). A parameter that the loss does not reach has a
        gradient of zeros.

    Raises:
        LpzeroError: The model returned no loss, another number of hidden states or attentions than its depth asks
            for, or a site of the map was not reached.
    """
    parameters = dict(model.named_parameters())
    seen: dict[Any, Tensor] = {}
    with unchanged(model), torch.enable_grad(), _recorded(model, site_map, seen):
        output = model(**batch.arguments, output_attentions=True, output_hidden_states=True)
        loss, hidden, attentions = _checked(output, site_map, seen)
        by = [parameters[site.parameter] for site in site_map.parameters] + [seen[None]]
        gradients = torch.autograd.grad(loss, by, allow_unused=True)
    filled = [torch.zeros_like(p) if g is None else g for p, g in zip(by, gradients, strict=True)]
    attended = [(layer, a) for layer, a in enumerate(attentions, start=1) if a is not None]
    sites: dict[SiteFamily, tuple[Site, ...]] = {
        "parameter": tuple(Site(s.layer, s.role, s.group) for s in site_map.parameters),
        "attention": tuple(Site(layer, "probabilities") for layer, _ in attended),
        "hidden": tuple(Site(layer, "stream") for layer in range(len(hidden))),
        "jacobian": (Site(0, "embedding"),),
    }
    tensors = {
        "weight": tuple(p.detach() for p in by[:-1]),
        "grad": tuple(g.detach() for g in filled[:-1]),
        "attention": tuple(_detached(a) for _, a in attended),
        "hidden": tuple(_detached(h) for h in hidden),
        "jacobian": (filled[-1].detach(),),
    }
    hooked: tuple[SiteFamily, ...] = ("activation", "head")
    for family in hooked:
        outputs = [site for site in site_map.outputs if site.family == family]
        sites[family] = tuple(Site(s.layer, s.role) for s in outputs)
        tensors[family] = tuple(_detached(seen[s]) for s in outputs)
    there: dict[SiteFamily, bool] = {"hidden": bool(hidden), "attention": bool(attentions)}
    for family in hooked:
        there[family] = bool(sites[family])
    absent = frozenset(family for family, found in there.items() if not found)
    ordered = {family: sites[family] for family in SITE_FAMILIES}
    width = (hidden[-1] if hidden else seen[None]).shape[-1]
    shape = model_shape(model, site_map, width, [a for _, a in attended] if attentions else None)
    return Operands(site_map.depth, float(loss.detach()), ordered, tensors, absent, shape, site_map.lacks)


def _checked(
    output: Any, site_map: SiteMap, seen: dict[Any, Tensor]
) -> tuple[Tensor, tuple[Tensor, ...], tuple[Tensor | None, ...]]:
    """The loss, hidden states and attentions of an output; the last two are empty where they are not shown."""
    loss = getattr(output, "loss", None)
    hidden = tuple(getattr(output, "hidden_states", None) or ())
    attentions = tuple(getattr(output, "attentions", None) or ())
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise LpzeroError("the model returned no loss: expected a scalar from input_ids and labels")
    for name, found, wanted in (("hidden states", hidden, 1), ("attentions", attentions, 0)):
        if found and len(found) != site_map.depth + wanted:
            raise LpzeroError(f"expected {site_map.depth + wanted} {name} from the model, found {len(found)}")
    missed = [site for site in (*site_map.outputs, None) if site not in seen]
    if missed:
        module = site_map.embedding if missed[0] is None else missed[0].module
        raise LpzeroError(f"the forward pass did not reach the module {module}, which the site map names")
    return loss.reshape(()), hidden, attentions
