"""The plan of a decoder of HW-GPT-Bench: the scale that it belongs to, its widths, its parameters and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lpzero.spaces.models.counts import counts_of_parts

VOCABULARY = 50304
MAX_TOKENS = 1024
"""The longest sequence that lpzero gives a model: nothing in one depends on it, since no positions are learned."""
HEAD_WIDTH = 64
"""Width of a head, whatever the width of the model."""
MLP_RATIOS = (2, 3, 4)


@dataclass(frozen=True)
class Scale:
    """The choices of one supernet, the largest of each last.

    Attributes:
        widths: Widths of the residual stream.
        depths: Numbers of layers.
        heads: Numbers of heads of a layer.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    heads: tuple[int, ...]

    @property
    def width(self) -> int:
        """Width of the supernet, which is also that of its heads together."""
        return self.widths[-1]


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "s": Scale(widths=(192, 384, 768), depths=(10, 11, 12), heads=(4, 8, 12)),
        "m": Scale(widths=(256, 512, 1024), depths=(22, 23, 24), heads=(8, 12, 16)),
        "l": Scale(widths=(320, 640, 1280), depths=(34, 35, 36), heads=(8, 16, 20)),
    }
)
"""The supernets of Sukthanker et al. 2024 (https://arxiv.org/abs/2405.10299), by the names of their scales."""


@dataclass(frozen=True)
class HwGptPlan:
    """A whole model.

    Attributes:
        supernet_width: Width of the supernet that it is a part of; the weights are drawn by it.
        width: Width of the residual stream.
        heads: Heads of each layer, 64 wide each.
        ratios: Inner width of the feed-forward of each layer, as a multiple of the width.
        bias: Whether linear layers have biases; norms always have them.
    """

    supernet_width: int
    width: int
    heads: tuple[int, ...]
    ratios: tuple[int, ...]
    bias: bool

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.heads)

    @property
    def inner_widths(self) -> tuple[int, ...]:
        """Inner width of the feed-forward of each layer."""
        return tuple(ratio * self.width for ratio in self.ratios)

    def fan_in(self, parameter: str) -> int:
        """Inputs of the layer of the supernet that a parameter is a part of.

        Args:
            parameter: Its name in the model. The table of words is that of the output, a linear layer.
        """
        inner = MLP_RATIOS[-1] if ".feed_forward.output." in parameter else 1
        return inner * self.supernet_width


def parameter_counts(plan: HwGptPlan) -> dict[str, int]:
    """Count the parameters by part, without building; ``embedding`` is the table of words, which is also the output.

    HW-GPT-Bench counts the same decoder (``nonembedding``), but two tables of 50,254 ids.
    """
    width, heads, inner = plan.width, HEAD_WIDTH * sum(plan.heads), sum(plan.inner_widths)
    depth = plan.depth
    return counts_of_parts(
        embedding=VOCABULARY * width,
        attention=4 * width * heads + plan.bias * (3 * heads + depth * width),
        feed_forward=2 * width * inner + plan.bias * (inner + depth * width),
        norms=(2 * depth + 1) * 2 * width,
    )


def flops(plan: HwGptPlan, tokens: int) -> int:
    """Operations from the ids to the logits of every token of one sequence, two for each multiplication."""
    heads = HEAD_WIDTH * sum(plan.heads)
    linear = plan.width * (4 * heads + 2 * sum(plan.inner_widths) + VOCABULARY)
    # scores and context
    attended = 2 * tokens * heads
    return 2 * tokens * (linear + attended)
