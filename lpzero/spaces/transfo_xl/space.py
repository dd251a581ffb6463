"""Transformer-XL decoders with adaptive embeddings: a space of LiteTransformerSearch.

Javaheripi et al. 2022 (https://arxiv.org/abs/2203.02094) trained 200 architectures of it on WikiText-103.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from lpzero.spaces import lts
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choices
from lpzero.spaces.space import Objective
from lpzero.spaces.transfo_xl import plan
from lpzero.spaces.transfo_xl.plan import TransfoXlPlan

if TYPE_CHECKING:
    from lpzero.spaces.transfo_xl.model import TransfoXlModel

CHOICES = lts.choices("transfo-xl", range(5, 9))


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

    protocol: str = lts.NAME

    name: ClassVar[str] = "transfo-xl"
    protocols: ClassVar[tuple[str, ...]] = (lts.NAME,)
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
        return lts.plan_of(TransfoXlPlan, architecture)

    def build(self, architecture: Architecture, seed: int) -> TransfoXlModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights are normal with deviation 0.02, and with them the two vectors that attention adds to its queries;
        the projections of the adaptive embedding and softmax with 0.01. Biases are 0, norms 1 and 0.
        """
        from lpzero.spaces.transfo_xl.model import build

        return build(self.plan(architecture), seed)

    def constructor(self, architecture: Architecture) -> Callable[[], TransfoXlModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.transfo_xl.model import TransfoXlModel

        return partial(TransfoXlModel, self.plan(architecture))

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` holds tables and projections."""
        return plan.parameter_counts(self.plan(architecture))
