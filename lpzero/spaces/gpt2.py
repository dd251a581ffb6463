"""GPT-2 decoders with adaptive embeddings: the space of LiteTransformerSearch.

Javaheripi et al. 2022 (https://arxiv.org/abs/2203.02094) trained 200 architectures of it on WikiText-103.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from lpzero.spaces import gpt2_plan
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.gpt2_plan import Plan
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.gpt2_model import Gpt2Model

CHOICES = Choices(
    space="gpt2",
    depths=tuple(range(2, 17)),
    whole=(
        Choice.of("d_model", 64, 128, 256, 512),
        Choice.of("d_embed", 128, 256, 512),
        Choice.of("div_val", 1, 2, 4),
    ),
    layer=(Choice.of("d_inner", *range(512, 2049)), Choice.of("heads", 2, 4, 8)),
)


@dataclass(frozen=True)
class Gpt2(ChoiceSpace):
    """The GPT-2 space, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        protocol: ``"lts"``, the only one: the models that LiteTransformerSearch trained.

    Raises:
        InputError: If the protocol is another.

    >>> len(str(Gpt2().size))
    61
    """

    protocol: str = "lts"

    name: ClassVar[str] = "gpt2"
    protocols: ClassVar[tuple[str, ...]] = ("lts",)
    choices: ClassVar[Choices] = CHOICES
    objective: ClassVar[Objective] = "causal"
    vocabulary: ClassVar[int] = gpt2_plan.VOCABULARY
    max_tokens: ClassVar[int] = gpt2_plan.MAX_TOKENS

    def plan(self, architecture: Architecture) -> Plan:
        """What is built; raises InputError where the architecture is not in the space."""
        CHOICES.validate(architecture)
        layers = [architecture.layer(index) for index in range(architecture.depth)]
        return Plan(
            width=cast(int, architecture["d_model"]),
            embedding_width=cast(int, architecture["d_embed"]),
            shrink=cast(int, architecture["div_val"]),
            inner_widths=tuple(cast(int, layer["d_inner"]) for layer in layers),
            heads=tuple(cast(int, layer["heads"]) for layer in layers),
        )

    def build(self, architecture: Architecture, seed: int) -> Gpt2Model:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights are normal with deviation 0.02, the projections of the adaptive embedding and softmax with
        0.01; biases are 0, norms 1 and 0.
        """
        from lpzero.spaces.gpt2_model import build

        return build(self.plan(architecture), seed)

    def model_key(self, architecture: Architecture) -> str:
        """The same as :meth:`key` for a valid architecture: every choice shows in the model."""
        CHOICES.validate(architecture)
        return architecture.digest

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream: ``d_model``."""
        CHOICES.validate(architecture)
        return int(architecture["d_model"])

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` holds tables, projections and positions."""
        return gpt2_plan.parameter_counts(self.plan(architecture))
