"""The plan of a recurrent language model: its cells, the widths of its stream, its parameters and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from lpzero.spaces.architecture import digest_of
from lpzero.spaces.models.counts import counts_of_parts
from lpzero.spaces.models.sites import RECURRENT

LACKS = (("attention", RECURRENT), ("head", RECURRENT))
"""The families of operands that no recurrent model has."""

CellKind = Literal["lstm", "gru", "plain"]

GATES: Mapping[CellKind, tuple[str, ...]] = MappingProxyType(
    {
        "lstm": ("input", "forget", "cell", "output"),
        "gru": ("reset", "update", "candidate"),
        "plain": ("state",),
    }
)
"""What stands behind the non-linearities of a cell, in the order of PyTorch's weights. A plain cell has no gate: behind
its non-linearity is its state."""


@dataclass(frozen=True)
class LayerPlan:
    """A layer.

    Attributes:
        inputs: Width of the stream that enters it.
        width: Units of its cell, the width of its states.
        projected: Whether a linear layer takes the states to ``outputs``.
        outputs: Width of the stream behind it: ``width`` where nothing is projected.
        residual: Whether the stream that enters is added to what comes out, which takes equal widths.
    """

    inputs: int
    width: int
    projected: bool
    outputs: int
    residual: bool


@dataclass(frozen=True)
class RnnPlan:
    """A whole model.

    Attributes:
        cell: The kind of all its cells.
        vocabulary: Number of token ids.
        embedding_width: Width of the embedding.
        layers: Its layers.
        tied: Whether the output is the embedding's table; a stream of another width is projected to the embedding's.
    """

    cell: CellKind
    vocabulary: int
    embedding_width: int
    layers: tuple[LayerPlan, ...]
    tied: bool

    @property
    def digest(self) -> str:
        """SHA-256 of the plan as canonical JSON, 64 hexadecimal digits."""
        return digest_of(asdict(self))

    @property
    def last_width(self) -> int:
        """Width of the stream behind the last layer."""
        return self.layers[-1].outputs

    @property
    def output_projected(self) -> bool:
        """Whether a projection lies before a tied output."""
        return self.tied and self.last_width != self.embedding_width


def plan_layers(
    embedding_width: int, widths: tuple[int, ...], *, projection: bool, residual: bool
) -> tuple[LayerPlan, ...]:
    """The layers of a stack.

    Args:
        embedding_width: Width of the stream that enters the first layer.
        widths: Units of each layer's cell.
        projection: Whether each layer projects its states to the embedding's width, so that the stream keeps it;
            else the stream is as wide behind a layer as its cell.
        residual: Whether there is a residual connection wherever the stream is as wide behind a layer as before it.

    >>> [(one.inputs, one.outputs, one.residual) for one in plan_layers(8, (8, 6), projection=False, residual=True)]
    [(8, 8, True), (8, 6, False)]
    >>> [(one.inputs, one.outputs, one.residual) for one in plan_layers(8, (4, 6), projection=True, residual=True)]
    [(8, 8, True), (8, 8, True)]
    """
    stream = (embedding_width, *(embedding_width if projection else width for width in widths))
    return tuple(
        LayerPlan(inputs, width, projection, outputs, residual and inputs == outputs)
        for width, (inputs, outputs) in zip(widths, pairwise(stream), strict=True)
    )


def parameter_counts(plan: RnnPlan) -> dict[str, int]:
    """Count the parameters by part, without building.

    ``attention`` are the recurrent weights (state to gates), ``feed_forward`` those from the stream to the gates and
    the projections; both weights of a cell have biases, as PyTorch's. There are no norms.
    """
    gates = len(GATES[plan.cell])
    behind = plan.last_width * plan.embedding_width if plan.output_projected else 0
    return counts_of_parts(
        embedding=plan.vocabulary * plan.embedding_width,
        attention=sum(gates * layer.width * (layer.width + 1) for layer in plan.layers),
        feed_forward=sum(
            gates * layer.width * (layer.inputs + 1) + layer.projected * layer.width * layer.outputs
            for layer in plan.layers
        ),
        norms=0,
        output=behind if plan.tied else plan.vocabulary * plan.last_width,
    )


def flops(plan: RnnPlan, tokens: int) -> int:
    """Operations from the ids to the logits of every token of one sequence, two for each multiplication of matrices."""
    gates = len(GATES[plan.cell])
    multiplied = sum(
        gates * layer.width * (layer.inputs + layer.width) + layer.projected * layer.width * layer.outputs
        for layer in plan.layers
    )
    multiplied += plan.last_width * plan.embedding_width if plan.output_projected else 0
    multiplied += plan.vocabulary * (plan.embedding_width if plan.tied else plan.last_width)
    return 2 * tokens * multiplied
