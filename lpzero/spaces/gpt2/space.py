"""GPT-2 decoders with adaptive embeddings: the space of LiteTransformerSearch.

Javaheripi et al. 2022 (https://arxiv.org/abs/2203.02094) trained 200 architectures of it on WikiText-103.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.gpt2 import own_plan, plan
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan
from lpzero.spaces.gpt2.plan import Gpt2Plan
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.gpt2.model import Gpt2Model
    from lpzero.spaces.gpt2.own_model import Gpt2OwnModel

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

OWN_CHOICES = Choices(
    space="gpt2",
    depths=tuple(range(2, 9)),
    whole=(Choice.of("d_model", 64, 96, 128, 192, 256),),
    layer=(Choice.of("d_inner", *range(64, 513, 32)), Choice.of("heads", 2, 4, 8)),
)


@dataclass(frozen=True)
class Gpt2(ChoiceSpace):
    """The GPT-2 space, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        protocol: ``"lts"``: the models that LiteTransformerSearch trained. ``"own"``: smaller ones over bytes with a
            plain embedding of the width ``d_model``, those of the table ``gpt2-own``; its architectures have
            choices of their own, without the adaptive embedding's.

    Raises:
        InputError: If the protocol is another.

    >>> len(str(Gpt2().size))
    61
    """

    protocol: str = "lts"

    name: ClassVar[str] = "gpt2"
    protocols: ClassVar[tuple[str, ...]] = ("lts", own.NAME)
    objective: ClassVar[Objective] = "causal"

    @property
    def choices(self) -> Choices:
        """The choices of an architecture under this protocol."""
        return OWN_CHOICES if self.own_vocabulary else CHOICES

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return self.own_vocabulary or plan.VOCABULARY

    @property
    def max_tokens(self) -> int:
        """The longest sequence."""
        return own.MAX_TOKENS if self.own_vocabulary else plan.MAX_TOKENS

    def plan(self, architecture: Architecture) -> Gpt2Plan | Gpt2OwnPlan:
        """What is built; raises InputError where the architecture is not in the space."""
        self.validate(architecture)
        layers = [architecture.layer(index) for index in range(architecture.depth)]
        width = cast(int, architecture["d_model"])
        inner_widths = tuple(cast(int, layer["d_inner"]) for layer in layers)
        heads = tuple(cast(int, layer["heads"]) for layer in layers)
        if self.own_vocabulary:
            return Gpt2OwnPlan(width, inner_widths, heads, self.own_vocabulary)
        embedding_width, shrink = cast(int, architecture["d_embed"]), cast(int, architecture["div_val"])
        return Gpt2Plan(width, embedding_width, shrink, inner_widths, heads)

    def build(self, architecture: Architecture, seed: int) -> Gpt2Model | Gpt2OwnModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights are normal with deviation 0.02, the projections of the adaptive embedding and softmax with
        0.01. Biases are 0, norms 1 and 0.
        """
        from lpzero.spaces.gpt2 import model, own_model

        planned = self.plan(architecture)
        return own_model.build(planned, seed) if isinstance(planned, Gpt2OwnPlan) else model.build(planned, seed)

    def blank(self, architecture: Architecture) -> Gpt2Model | Gpt2OwnModel:
        """The model on the meta device: shapes and names, no numbers."""
        from lpzero.spaces.gpt2.model import Gpt2Model
        from lpzero.spaces.gpt2.own_model import Gpt2OwnModel
        from lpzero.spaces.models.weights import build_blank

        planned = self.plan(architecture)
        return build_blank(lambda: Gpt2OwnModel(planned) if isinstance(planned, Gpt2OwnPlan) else Gpt2Model(planned))

    def model_key(self, architecture: Architecture) -> str:
        """The same as :meth:`key` for a valid architecture: every choice shows in the model."""
        self.validate(architecture)
        return architecture.digest

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream: ``d_model``."""
        self.validate(architecture)
        return int(architecture["d_model"])

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` holds tables, projections and positions."""
        planned = self.plan(architecture)
        if isinstance(planned, Gpt2OwnPlan):
            return own_plan.parameter_counts(planned)
        return plan.parameter_counts(planned)
