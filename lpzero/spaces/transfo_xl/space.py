"""Transformer-XL decoders with adaptive embeddings: a space of LiteTransformerSearch.

Javaheripi et al. 2022 (https://arxiv.org/abs/2203.02094) trained 200 architectures of it on WikiText-103. The
choices are those of their configurations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.space import Objective
from lpzero.spaces.transfo_xl import plan
from lpzero.spaces.transfo_xl.plan import TransfoXlPlan

if TYPE_CHECKING:
    from lpzero.spaces.transfo_xl.model import TransfoXlModel

CHOICES = Choices(
    space="transfo-xl",
    depths=tuple(range(5, 9)),
    whole=(
        Choice.of("d_model", 64, 128, 256, 512),
        Choice.of("d_embed", 128, 256, 512),
        Choice.of("div_val", 1, 2, 4),
    ),
    layer=(Choice.of("d_inner", *range(512, 2049)), Choice.of("heads", 2, 4, 8)),
)


@dataclass(frozen=True)
class TransfoXl(ChoiceSpace):
    """The Transformer-XL space, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        protocol: ``"lts"``, the only one: the models that LiteTransformerSearch trained, with an empty memory.

    Raises:
        InputError: If the protocol is another.

    >>> len(str(TransfoXl().size))
    31
    """

    protocol: str = "lts"

    name: ClassVar[str] = "transfo-xl"
    protocols: ClassVar[tuple[str, ...]] = ("lts",)
    objective: ClassVar[Objective] = "causal"
    vocabulary: ClassVar[int] = plan.VOCABULARY
    max_tokens: ClassVar[int] = plan.MAX_TOKENS

    @property
    def choices(self) -> Choices:
        """The choices of an architecture."""
        return CHOICES

    def plan(self, architecture: Architecture) -> TransfoXlPlan:
        """What is built; raises InputError where the architecture is not in the space."""
        self.validate(architecture)
        layers = [architecture.layer(index) for index in range(architecture.depth)]
        return TransfoXlPlan(
            width=cast(int, architecture["d_model"]),
            embedding_width=cast(int, architecture["d_embed"]),
            shrink=cast(int, architecture["div_val"]),
            inner_widths=tuple(cast(int, layer["d_inner"]) for layer in layers),
            heads=tuple(cast(int, layer["heads"]) for layer in layers),
        )

    def build(self, architecture: Architecture, seed: int) -> TransfoXlModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights are normal with deviation 0.02, and with them the two vectors that attention adds to its queries;
        the projections of the adaptive embedding and softmax with 0.01. Biases are 0, norms 1 and 0.
        """
        from lpzero.spaces.transfo_xl.model import build

        return build(self.plan(architecture), seed)

    def blank(self, architecture: Architecture) -> TransfoXlModel:
        """The model on the meta device: shapes and names, no numbers."""
        from lpzero.spaces.models.weights import build_blank
        from lpzero.spaces.transfo_xl.model import TransfoXlModel

        planned = self.plan(architecture)
        return build_blank(lambda: TransfoXlModel(planned))

    def model_key(self, architecture: Architecture) -> str:
        """The same as :meth:`key` for a valid architecture: every choice shows in the model."""
        self.validate(architecture)
        return architecture.digest

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream: ``d_model``."""
        self.validate(architecture)
        return int(architecture["d_model"])

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` holds tables and projections."""
        return plan.parameter_counts(self.plan(architecture))
