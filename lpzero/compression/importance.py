"""Importance: what the removal of some units of a layer's part is expected to cost, by how products are reduced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor, nn

from lpzero.compression.layout import Layout, blocks_of, part, weight_in
from lpzero.compression.products import Labels, LayerProducts, Products

Kind = Literal["groups", "neurons"]
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

    @property
    def each(self) -> Tensor:
        """(units,) what each is expected to cost by itself, in float64."""
        return self.rows.double().abs().pow(self.power).sum(0) * self.share

    def order(self) -> list[int]:
        """The units, the dearest first; of equal ones the first in the model."""
        return torch.sort(self.each, descending=True, stable=True).indices.tolist()  # type: ignore[no-any-return]


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
            products: (windows, tokens, units).
            predicted: Positions at which something is predicted.
        """
        # a square of gradients is twice the divergence, to second order
        share = (0.5 if self.power == 2 else 1.0) / predicted
        if self.together == "units":
            return Scores(products.flatten(0, 1), self.power, share)
        summed = products.double().sum(1) if self.together == "tokens" else products.double().flatten(0, 1)
        return Scores(summed.abs().pow(self.power).sum(0, keepdim=True), 1, share)


@dataclass(frozen=True)
class Importance:
    """A way to say what units cost.

    Attributes:
        name: What it is called.
        meaning: In one line.
        labels: Whose gradients its products are of; None where it needs none.
        scores: The scores of a part of a layer: given the layer's products, the linear modules before and after its
            units, which units they are, and the number of predicted positions.
    """

    name: str
    meaning: str
    labels: Labels | None
    scores: Callable[[LayerProducts, _Weights, Kind, int], Scores]


@dataclass(frozen=True)
class _Weights:
    """Squared norms of each unit's weights, (units,)."""

    before: Tensor
    after: Tensor


def _reduced(reduction: Reduction) -> Callable[[LayerProducts, _Weights, Kind, int], Scores]:
    def scores(layer: LayerProducts, _: _Weights, kind: Kind, predicted: int) -> Scores:
        return reduction.scores(layer.groups if kind == "groups" else layer.neurons, predicted)

    return scores


def _wanda(layer: LayerProducts, weights: _Weights, kind: Kind, _: int) -> Scores:
    squares = layer.group_squares if kind == "groups" else layer.neuron_squares
    return Scores((squares * weights.after)[None], 1, 1.0)


def _magnitude(_: LayerProducts, weights: _Weights, __: Kind, ___: int) -> Scores:
    return Scores((weights.before + weights.after)[None], 1, 1.0)


IMPORTANCES: Mapping[str, Importance] = MappingProxyType(
    {
        one.name: one
        for one in (
            Importance(
                "taylor",
                "activation by gradient, summed over the units that go, squared token by token; sampled labels",
                "sampled",
                _reduced(Reduction("units", 2)),
            ),
            Importance(
                "fisher",
                "activation by gradient, summed over the tokens of a window, squared unit by unit; sampled labels",
                "sampled",
                _reduced(Reduction("tokens", 2)),
            ),
            Importance("wanda", "mean square of what a unit puts out, by that of its weights", None, _wanda),
            Importance("magnitude", "squares of a unit's weights, in and out", None, _magnitude),
        )
    }
)
"""The ways that have a name."""


def scores_of(
    importance: Importance, model: nn.Module, layout: Layout, products: Products
) -> tuple[Mapping[Kind, Scores], ...]:
    """The scores of both parts of every layer.

    Args:
        importance: How.
        model: The checkpoint.
        layout: Its shape.
        products: What its units do; where the importance needs labels, those.
    """
    found = []
    for block, layer in zip(blocks_of(model, layout), products.layers, strict=True):
        weights = _weights(block, layout)
        found.append(
            {kind: importance.scores(layer, weights[kind], kind, products.predicted) for kind in ("groups", "neurons")}
        )
    return tuple(found)  # type: ignore[arg-type]


def _weights(block: nn.Module, layout: Layout) -> dict[str, _Weights]:
    places = layout.places
    with torch.no_grad():
        # values alone: of a fused projection they are the last part
        values = weight_in(part(block, places.projections[-1][0]))[-layout.groups * layout.head_width :]
        out, outer = weight_in(part(block, places.attention_out)), weight_in(part(block, places.outer))
        return {
            "groups": _Weights(
                values.float().square().sum(1).view(layout.groups, -1).sum(1).cpu(),
                out.float().square().sum(0).view(layout.groups, -1).sum(1).cpu(),
            ),
            "neurons": _Weights(
                sum(weight_in(part(block, path)).float().square().sum(1) for path in places.inner).cpu(),  # type: ignore[union-attr]
                outer.float().square().sum(0).cpu(),
            ),
        }


def block_influence(products: Products) -> tuple[float, ...]:
    """How much each layer turns the stream: 1 - cosine of the states before and after it (Men et al., 2024, eq. 1)."""
    return tuple(1 - layer.cosine for layer in products.layers)
