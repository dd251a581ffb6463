"""One forward and backward pass of a model, and every operand that it shows.

The model is left as it was found: mode, hooks, gradients, parameters, ``requires_grad`` and the global random
state. The backward pass starts from the model's own loss: a gradient of ones through a final LayerNorm is
round-off, since the true gradient is zero there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.operands.brought import computed
from lpzero.operands.gradients import each_gradient
from lpzero.operands.operand import FAMILIES, OPERANDS, SITE_FAMILIES, DerivedOperand, Operand, SiteFamily
from lpzero.operands.record import Record, recorded
from lpzero.operands.shape import UNKNOWN, ModelShape, hidden_width, model_shape
from lpzero.operands.shown import Places, Shown
from lpzero.spaces.models.sites import Group, SiteMap
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


Take = Callable[[SiteFamily, int, Site, Mapping[str, Tensor]], None]


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
        refused: What cannot be told of the model, an operand, a family or a count, to the reason.
        loose: Families with a tensor whose axes are not known to be (batch, tokens, width), to the reason.
        lacks: Why families are absent, where the site map says it.
    """

    depth: int
    loss: float
    sites: dict[SiteFamily, tuple[Site, ...]]
    tensors: dict[str, tuple[Tensor, ...]]
    absent: frozenset[SiteFamily] = frozenset()
    shape: ModelShape = UNKNOWN
    refused: Mapping[str, str] = field(default_factory=dict)
    loose: Mapping[SiteFamily, str] = field(default_factory=dict)
    lacks: tuple[tuple[str, str], ...] = ()

    def count(self, name: str) -> float:
        """A count of the shape; raises LpzeroError where the model does not show it."""
        if name in self.refused:
            raise LpzeroError(f"{name}: {self.refused[name]}")
        found = self.shape.counts[name]
        if math.isnan(found):
            raise LpzeroError(f"the model shows no {name}{self._why(OPERANDS['attention'])}")
        return found

    def select(self, operand: Operand | DerivedOperand) -> tuple[tuple[Site, ...], tuple[Tensor, ...]]:
        """The sites and tensors of one operand, its group respected.

        Raises:
            LpzeroError: The model does not show the operand at all, or what computes it gives another shape.
        """
        rows, sites = self.rows(operand), self.sites[operand.site_family]
        tensors = self.derived(operand) if isinstance(operand, DerivedOperand) else self.tensors[operand.family]
        return tuple(sites[i] for i in rows), tuple(tensors[i] for i in rows)

    def rows(self, operand: Operand | DerivedOperand) -> list[int]:
        """Which sites of its family an operand has, its group respected; raises as :meth:`select` does."""
        for name in (operand.name, operand.site_family):
            if name in self.refused:
                raise LpzeroError(f"{operand.name}: {self.refused[name]}")
        if operand.site_family in self.absent:
            raise LpzeroError(f"the model shows no {operand.name}{self._why(operand)}")
        sites = self.sites[operand.site_family]
        kept = [i for i, site in enumerate(sites) if operand.group in (None, site.group)]
        if operand.group is not None and not kept:
            raise LpzeroError(f"the model shows no {operand.name}: it has no such weights")
        return kept

    def derived(self, operand: DerivedOperand) -> tuple[Tensor, ...]:
        """What another package computes of the tensors at each site; raises LpzeroError for another shape."""
        columns = zip(*(self.tensors[family] for family in operand.reads), strict=True)
        return tuple(computed(operand, dict(zip(operand.reads, tensors, strict=True))) for tensors in columns)

    def _why(self, operand: Operand | DerivedOperand) -> str:
        """Behind what a model does not show: why it has no such thing, else where it was expected."""
        reason = dict(self.lacks).get(operand.site_family, operand.remedy)
        return f": {reason}" if reason else ""


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
        gradient of zeros. Of a module that is called several times all calls are there, joined in order: tokens in
        chunks as one sequence, rows of experts one below the other.

    Raises:
        LpzeroError: The model returned no loss, another number of hidden states or attentions than its depth asks
            for, or a site that the model itself names was not reached.
    """
    kept: dict[str, dict[int, Tensor]] = {name: {} for name in FAMILIES}

    def keep(family: SiteFamily, row: int, _site: Site, tensors: Mapping[str, Tensor]) -> None:
        for name, tensor in tensors.items():
            kept[name][row] = tensor if family == "parameter" else tensor.clone()

    outline = hand_over(model, site_map, batch, frozenset(FAMILIES), keep)
    return replace(outline, tensors={name: tuple(row[i] for i in sorted(row)) for name, row in kept.items()})


def hand_over(model: nn.Module, site_map: SiteMap, batch: Batch, families: Collection[str], take: Take) -> Operands:
    """Run the same passes, and hand over the tensors of each site the moment that they are there.

    What nobody keeps is gone before the next site's tensors come: gradients are never there all at once. There is no
    backward pass where none of the families needs one.

    Args:
        model: As of :func:`extract`.
        site_map: Likewise.
        batch: Likewise.
        families: Families of operands that are wanted.
        take: Called once a site that has a wanted family, with (family of sites, number of the site in it, the site,
            detached tensors by family of operands), never to be written to. They may change once it has returned.

    Returns:
        All that is known of the model, without any tensors. Raises as :func:`extract` does, and passes on what
        ``take`` raises.
    """
    parameters = dict(model.named_parameters())
    weights = [parameters[site.parameter] for site in site_map.parameters]
    with unchanged(model), torch.enable_grad():
        with recorded(model, site_map, tokens=batch.input_ids.shape[1], families=families) as seen:
            output = model(**batch.arguments, output_attentions=True, output_hidden_states=True)
        loss, hidden, attentions = _checked(output, site_map, seen)
        shown = Shown(site_map.reading, seen, batch)
        found = _forward_places(site_map, shown, seen, output, hidden, attentions)
        heads = [a for _, a in found["attention"]] if attentions and "heads" not in shown.refused else None
        # a model that names its sites shows its stream or, at least, its embedding
        shows_width = site_map.reading is None
        width = (hidden or seen.embedding)[-1].shape[-1] if shows_width else hidden_width(model, site_map)
        shape = model_shape(model, site_map, width, heads)
        shows = {"attention": bool(attentions), "hidden": bool(hidden)} if shows_width else {}
        embedding = seen.embedding
        parts = tuple(Site(s.layer, s.role, s.group) for s in site_map.parameters)
        sites: dict[SiteFamily, tuple[Site, ...]] = {
            "parameter": parts,
            **{family: tuple(Site(*place) for place, _ in row) for family, row in found.items()},
        }
        for family, row in found.items():
            if family in families:
                _give(family, row, take)
        # what nobody needs on the way back is let go before it begins
        del output, hidden, attentions, heads
        found.clear()
        seen.clear()
        gradients = _way_back(loss, weights, embedding, parameters, families, parts, take)
        jacobian = shown.jacobian(gradients) if "jacobian" in families else [((0, "embedding"), e) for e in embedding]
        sites["jacobian"] = tuple(Site(*place) for place, _ in jacobian[:1])
        if "jacobian" in families:
            _give("jacobian", jacobian, take)
    absent = frozenset(f for f in SITE_FAMILIES if f != "parameter" and not shows.get(f, bool(sites[f])))
    ordered = {family: sites[family] for family in SITE_FAMILIES}
    told = (shown.refused, shown.loose, site_map.lacks)
    return Operands(site_map.depth, float(loss.detach()), ordered, {}, absent, shape, *told)


def _forward_places(
    site_map: SiteMap,
    shown: Shown,
    seen: Record,
    output: Any,
    hidden: tuple[Tensor, ...],
    attentions: tuple[Any, ...],
) -> dict[SiteFamily, Places]:
    """Where the forward pass showed what, by family of sites."""
    if site_map.reading is None:
        across = tuple(getattr(output, "cross_attentions", None) or ())
        attended = [
            ((layer, role), a)
            for role, every in (("probabilities", attentions), ("cross_probabilities", across))
            for layer, a in enumerate(every, start=1)
            if a is not None
        ]
        streams = [((layer, "stream"), h) for layer, h in enumerate(hidden)]
    else:
        attended = shown.attended([a for a in attentions if a is not None])
        streams = shown.streams(hidden)
    found: dict[SiteFamily, Places] = {"attention": attended, "hidden": streams}
    for family in ("activation", "head"):
        outputs = [site for site in site_map.outputs if site.family == family and site in seen.outputs]
        found[family] = [
            ((s.layer, s.role), shown.arranged(family, seen.outputs[s], s.layer, strewn=s in seen.strewn))
            for s in outputs
        ]
    return found


def _give(family: SiteFamily, places: Places, take: Take) -> None:
    with torch.no_grad():
        for row, (place, tensor) in enumerate(places):
            take(family, row, Site(*place), {family: tensor.detach()})


def _way_back(
    loss: Tensor,
    weights: Sequence[Tensor],
    embedding: Sequence[Tensor],
    parameters: Mapping[str, Tensor],
    families: Collection[str],
    sites: tuple[Site, ...],
    take: Take,
) -> list[Tensor]:
    """Hand over weights and their gradients, as far as they are wanted; the gradients at the embedding, if they are."""

    def give(index: int, gradient: Tensor | None) -> None:
        shown = {"weight": weights[index], "grad": gradient}
        with torch.no_grad():
            wanted = {name: t.detach() for name, t in shown.items() if t is not None and name in families}
            take("parameter", index, sites[index], wanted)

    wants_jacobian = "jacobian" in families
    if "grad" not in families:
        if "weight" in families:
            for index in range(len(weights)):
                give(index, None)
        inner = embedding if wants_jacobian else []
        return each_gradient(loss, [], inner, list(parameters.values()), give) if inner else []
    return each_gradient(loss, weights, embedding if wants_jacobian else [], list(parameters.values()), give)


def _checked(output: Any, site_map: SiteMap, seen: Record) -> tuple[Tensor, tuple[Tensor, ...], tuple[Any, ...]]:
    """The loss, hidden states and attentions of an output; the last two are empty where they are not shown."""
    loss = getattr(output, "loss", None)
    hidden = tuple(getattr(output, "hidden_states", None) or ())
    attentions = tuple(getattr(output, "attentions", None) or ())
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise LpzeroError("the model returned no loss: expected a scalar from input_ids and labels")
    if site_map.reading is not None:
        return loss.reshape(()), hidden, attentions
    for name, found, wanted in (("hidden states", hidden, 1), ("attentions", attentions, 0)):
        if found and len(found) != site_map.depth + wanted:
            raise LpzeroError(f"expected {site_map.depth + wanted} {name} from the model, found {len(found)}")
    missed = [site for site in site_map.outputs if site not in seen.outputs]
    if missed or not seen.embedding:
        module = missed[0].module if missed else site_map.embedding
        raise LpzeroError(f"the forward pass did not reach the module {module}, which the site map names")
    return loss.reshape(()), hidden, attentions
