"""GPT decoders of HW-GPT-Bench (Sukthanker et al. 2024, https://arxiv.org/abs/2405.10299), at three scales.

The benchmark measured sub-networks of one trained supernet a scale; here they are untrained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, ClassVar

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.hwgpt import plan
from lpzero.spaces.hwgpt.plan import MLP_RATIOS, SCALES, HwGptPlan
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.hwgpt.model import HwGptModel


@cache
def _choices(protocol: str) -> Choices:
    scale = SCALES[protocol]
    return Choices(
        HwGpt.name,
        scale.depths,
        whole=(Choice.of("hidden_size", *scale.widths), Choice.of("bias", False, True)),
        layer=(Choice.of("heads", *scale.heads), Choice.of("mlp_ratio", *MLP_RATIOS)),
    )


@dataclass(frozen=True)
class HwGpt(ChoiceSpace):
    """The space of HW-GPT-Bench, a :class:`~lpzero.spaces.space.SearchSpace`.

    An architecture has a ``hidden_size`` and, for all its linear layers alike, biases or none (``bias``); each layer
    has ``heads``, 64 wide whatever the width, and ``mlp_ratio``, the inner width as a multiple of the width.

    Attributes:
        protocol: The scale: ``"s"``, ``"m"`` or ``"l"``, up to 124, 354 and 773 million parameters.

    Raises:
        InputError: If the protocol is another.

    >>> HwGpt("m").choices.depths, HwGpt("l").size > HwGpt("s").size
    ((22, 23, 24), True)
    """

    protocol: str = "s"

    name: ClassVar[str] = "hwgpt"
    protocols: ClassVar[tuple[str, ...]] = tuple(SCALES)
    objective: ClassVar[Objective] = "causal"
    vocabulary: ClassVar[int] = plan.VOCABULARY
    max_tokens: ClassVar[int] = plan.MAX_TOKENS

    @property
    def choices(self) -> Choices:
        """The choices of an architecture of this scale."""
        return _choices(self.protocol)

    def plan(self, architecture: Architecture) -> HwGptPlan:
        """What is built; raises InputError where the architecture is not in the space."""
        # first, since it is what validates
        width = self.width(architecture)
        return HwGptPlan(
            supernet_width=SCALES[self.protocol].width,
            width=width,
            heads=architecture.integers("heads"),
            ratios=architecture.integers("mlp_ratio"),
            bias=bool(architecture["bias"]),
        )

    def build(self, architecture: Architecture, seed: int) -> HwGptModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights and biases are uniform within 1 / sqrt(inputs) of 0, PyTorch's default for a linear layer, with the
        inputs of the supernet's layer; norms are 1 and 0.
        """
        from lpzero.spaces.hwgpt.model import build

        return build(self.plan(architecture), seed)

    def constructor(self, architecture: Architecture) -> Callable[[], HwGptModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.hwgpt.model import HwGptModel

        return partial(HwGptModel, self.plan(architecture))

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence, in closed form."""
        return plan.flops(self.plan(architecture), tokens)

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` is the table of words, which is also the output."""
        return plan.parameter_counts(self.plan(architecture))
