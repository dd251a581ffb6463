"""GPT-2 decoders with adaptive embeddings: the space of LiteTransformerSearch.

Javaheripi et al. 2022 (https://arxiv.org/abs/2203.02094) trained 200 architectures of it on WikiText-103.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from lpzero.spaces import lts, own
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

CHOICES = lts.choices("gpt2", range(2, 17))

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

    protocol: str = lts.NAME

    name: ClassVar[str] = "gpt2"
    protocols: ClassVar[tuple[str, ...]] = (lts.NAME, own.NAME)
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
        if not self.own_vocabulary:
            return lts.plan_of(Gpt2Plan, architecture)
        return Gpt2OwnPlan(
            width=int(architecture["d_model"]),
            inner_widths=architecture.integers("d_inner"),
            heads=architecture.integers("heads"),
            vocabulary=self.own_vocabulary,
        )

    def build(self, architecture: Architecture, seed: int) -> Gpt2Model | Gpt2OwnModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights are normal with deviation 0.02, the projections of the adaptive embedding and softmax with
        0.01. Biases are 0, norms 1 and 0.
        """
        from lpzero.spaces.gpt2 import model, own_model

        planned = self.plan(architecture)
        return own_model.build(planned, seed) if isinstance(planned, Gpt2OwnPlan) else model.build(planned, seed)

    def constructor(self, architecture: Architecture) -> Callable[[], Gpt2Model | Gpt2OwnModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.gpt2.model import Gpt2Model
        from lpzero.spaces.gpt2.own_model import Gpt2OwnModel

        planned = self.plan(architecture)
        return partial(Gpt2OwnModel, planned) if isinstance(planned, Gpt2OwnPlan) else partial(Gpt2Model, planned)

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` holds tables, projections and positions."""
        planned = self.plan(architecture)
        if isinstance(planned, Gpt2OwnPlan):
            return own_plan.parameter_counts(planned)
        return plan.parameter_counts(planned)
