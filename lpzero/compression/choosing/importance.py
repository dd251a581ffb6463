"""Importance: what the removal of some units of a layer's part is expected to cost, by how products are reduced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from lpzero.compression.choosing.products import Labels, LayerProducts, Products
from lpzero.compression.cutting.layout import Layout, blocks_of, part, weight_in
from lpzero.errors import InputError, unknown_name

Kind = Literal["groups", "neurons"]
NO_TOKENS = 2
"""Axes of products that are summed over tokens."""
KINDS: tuple[Kind, ...] = ("groups", "neurons")
Together = Literal["nothing", "tokens", "units"]


@dataclass(frozen=True)
class Scores:
    """What the units of one part of a layer count for.

    The cost of a set of units is the sum over rows of ``|sum over the set|`` to a power, so that units may make up for
    each other within a row.

    Attributes:
        rows: (rows, units), one row for each token where units are summed first, one alone where each stands for
            itself.
        power: 1 or 2.
        share: What the sum is multiplied by: nats a token, where products are what is summed.
    """

    rows: Tensor
    power: int
    share: float

    def of(self, units: Sequence[int]) -> float:
        """What it is expected to cost where these units are gone."""
        together = self.rows[:, list(units)].double().sum(1).abs()
        return float(together.pow(self.power).sum()) * self.share

    def nested(self, best: Sequence[int], stay: Sequence[int]) -> list[float]:
        """See :class:`Costs`."""
        return [self.of(best[number:]) for number in stay]

    @property
    def each(self) -> Tensor:
        """(units,) what each is expected to cost by itself, in float64."""
        return self.rows.double().abs().pow(self.power).sum(0) * self.share

    def order(self) -> list[int]:
        """The units, the dearest first; of equal ones the first in the model."""
        return torch.sort(self.each, descending=True, stable=True).indices.tolist()


@dataclass(frozen=True)
class Reduction:
    """How products of activation and gradient become a cost.

    Attributes:
        together: What is summed before the power: the units that go, token by token; the tokens of a window, unit by
            unit; or nothing.
        power: 1 for absolute values, 2 for squares.
    """

    together: Together
    power: int

    def scores(self, products: Tensor, predicted: int) -> Scores:
        """Reduce products.

        Args:
            products: (windows, tokens, units); (windows, units), already summed over tokens, for those alone whose
                tokens are summed first.
            predicted: Positions at which something is predicted.
        """
        # a square of gradients is twice the divergence, to second order
        share = (0.5 if self.power == 2 else 1.0) / predicted
        if self.together == "units":
            return Scores(products.flatten(0, 1), self.power, share)
        summed = products.double()
        if self.together == "tokens" and summed.ndim > NO_TOKENS:
            summed = summed.sum(1)
        return Scores(summed.abs().pow(self.power).flatten(0, -2).sum(0, keepdim=True), 1, share)


@dataclass(frozen=True)
class UnitWeights:
    """Squared norms of the weights of each unit of one part of a layer, (units,).

    Attributes:
        before: Of those that make it: of a group its values, of a neuron all that it is made of.
        after: Of those that carry it on.
    """

    before: Tensor
    after: Tensor


Way = Callable[[LayerProducts, UnitWeights, Kind, int], Scores]
"""Scores the units of one kind in a layer: given what they do, their weights, and the number of predicted positions."""


@dataclass(frozen=True)
class Importance:
    """A way to say what of a layer matters.

    Attributes:
        name: What it is called.
        meaning: In one line.
        labels: Whose gradients it reads; None where it reads none.
        order: Which units stay first.
        cost: What it costs where the others go.
    """

    name: str
    meaning: str
    labels: Labels | None
    order: Way
    cost: Way


class Costs(Protocol):
    """What it costs that units of one part of a layer go."""

    def of(self, units: Sequence[int]) -> float:
        """What it is expected to cost where these units are gone."""
        ...

    def nested(self, best: Sequence[int], stay: Sequence[int]) -> list[float]:
        """What it is expected to cost where so many of the best units stay, one number for each.

        Args:
            best: All units, the first to stay first.
            stay: Numbers of units.
        """
        ...


@dataclass(frozen=True)
class LayerScores:
    """The scores of both parts of a layer, by kind of unit.

    Attributes:
        order: Which units stay first.
        cost: What it costs where others go.
    """

    order: Mapping[Kind, Scores]
    cost: Mapping[Kind, Costs]


def _wanda(layer: LayerProducts, weights: UnitWeights, kind: Kind, _: int) -> Scores:
    squares = layer.group_squares if kind == "groups" else layer.neuron_squares
    return Scores((squares * weights.after)[None], 1, 1.0)


def _magnitude(_: LayerProducts, weights: UnitWeights, __: Kind, ___: int) -> Scores:
    return Scores((weights.before + weights.after)[None], 1, 1.0)


def _taylor(layer: LayerProducts, _: UnitWeights, kind: Kind, predicted: int) -> Scores:
    if kind == "groups":
        return Reduction("units", 2).scores(layer.groups, predicted)
    return Reduction("tokens", 2).scores(layer.neurons, predicted)


IMPORTANCES: Mapping[str, Importance] = MappingProxyType(
    {
        one.name: one
        for one in (
            Importance(
                "taylor",
                "activation by gradient of sampled labels, squared: of groups summed over those that go, of neurons "
                "over a window's tokens; neurons and groups go in the order of wanda",
                "sampled",
                _wanda,
                _taylor,
            ),
            Importance("wanda", "mean square of what a unit puts out, by that of its weights", None, _wanda, _wanda),
            Importance("magnitude", "squares of a unit's weights, in and out", None, _magnitude, _magnitude),
        )
    }
)
"""The ways that have a name."""


def get_importance(name: str) -> Importance:
    """One of the ways that have a name; raises InputError where there is none of it."""
    if name not in IMPORTANCES:
        raise unknown_name("importance", name, IMPORTANCES)
    return IMPORTANCES[name]


def scores_of(importance: Importance, model: nn.Module, layout: Layout, products: Products) -> tuple[LayerScores, ...]:
    """The scores of both parts of every layer.

    Args:
        importance: How.
        model: The checkpoint.
        layout: Its shape.
        products: What its units do, with the labels that the importance needs.

    Raises:
        InputError: The products have other labels.
    """
    if importance.labels not in (None, products.labels):
        raise InputError(
            f"{importance.name}: expected products with {importance.labels} labels, found {products.labels}"
        )
    found = []
    for block, layer in zip(blocks_of(model, layout), products.layers, strict=True):
        weights = unit_weights(block, layout)
        order, cost = (
            {kind: way(layer, weights[kind], kind, products.predicted) for kind in KINDS}
            for way in (importance.order, importance.cost)
        )
        found.append(LayerScores(order, cost))
    return tuple(found)


def unit_weights(block: nn.Module, layout: Layout) -> dict[Kind, UnitWeights]:
    """The weights of the units of a block, by kind."""
    places = layout.places
    with torch.no_grad():
        # values alone: of a fused projection they are the last part
        values = weight_in(part(block, places.projections[-1][0]))[-layout.groups * layout.head_width :]
        out, outer = weight_in(part(block, places.attention_out)), weight_in(part(block, places.outer))
        return {
            "groups": UnitWeights(
                values.float().square().sum(1).view(layout.groups, -1).sum(1).cpu(),
                out.float().square().sum(0).view(layout.groups, -1).sum(1).cpu(),
            ),
            "neurons": UnitWeights(
                torch.stack([weight_in(part(block, path)).float().square().sum(1) for path in places.inner])
                .sum(0)
                .cpu(),
                outer.float().square().sum(0).cpu(),
            ),
        }


def block_influence(products: Products) -> tuple[float, ...]:
    """How much each layer turns the stream: 1 - cosine of the states before and after it (Men et al., 2024, eq. 1)."""
    return tuple(1 - layer.cosine for layer in products.layers)
