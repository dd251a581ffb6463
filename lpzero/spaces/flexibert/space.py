"""FlexiBERT: encoders whose layers differ in operation, heads and feed-forward.

Tuli et al. 2022 (https://arxiv.org/abs/2205.11656) define the space; Serianni & Kalita 2023
(https://arxiv.org/abs/2306.00288) trained 500 architectures of this part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, ClassVar, cast, get_args

from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.flexibert import plan
from lpzero.spaces.flexibert.plan import FlexiBertPlan
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.flexibert.model import FlexiBertModel

CHOICES = Choices(
    space="flexibert",
    depths=(2, 4),
    whole=(Choice.of("hidden_size", 128, 256),),
    layer=(
        Choice(
            ("operation", "parameter"),
            (("SA", "SDP"), ("SA", "WMA"), ("LT", "DFT"), ("LT", "DCT"), ("DSC", 5), ("DSC", 9)),
        ),
        Choice.of("heads", 2, 4),
        Choice.of("feed_forward", 512, 1024),
        Choice.of("feed_forward_layers", 1, 3),
    ),
)


@dataclass(frozen=True)
class FlexiBert(ChoiceSpace):
    """The FlexiBERT space, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        protocol: ``"trained"`` builds the model that was trained, whose operations are all plain
            self-attention; ``"listed"`` what the specification lists; ``"legacy"`` the models that the
            published proxy scores were computed on, only to compare with those; ``"own"`` the smaller models of
            the table ``flexibert-own``, in which the listed operations are really trained
            (:func:`lpzero.spaces.flexibert.plan.plan`).

    Raises:
        InputError: If the protocol is none of these.

    >>> FlexiBert().size
    10621440
    """

    protocol: str = "trained"

    name: ClassVar[str] = "flexibert"
    protocols: ClassVar[tuple[str, ...]] = get_args(plan.Protocol)
    objective: ClassVar[Objective] = "masked"

    @property
    def choices(self) -> Choices:
        """The choices, the same under every protocol."""
        return CHOICES

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return self.own_vocabulary or plan.VOCABULARY

    @property
    def max_tokens(self) -> int:
        """The longest sequence."""
        return own.MAX_TOKENS if self.own_vocabulary else plan.MAX_TOKENS

    def plan(self, architecture: Architecture) -> FlexiBertPlan:
        """What the protocol builds; raises InputError where the architecture is not in the space."""
        CHOICES.validate(architecture)
        name = cast(plan.Protocol, self.protocol_name)
        return plan.plan(architecture, name, self.vocabulary)

    def build(self, architecture: Architecture, seed: int) -> FlexiBertModel:
        """Build the untrained model in evaluation mode; equal plans and seeds give equal weights.

        Linear, convolution and embedding weights are normal with deviation 0.02, or Xavier's under ``own``; biases
        are 0, norms 1 and 0.
        """
        from lpzero.spaces.flexibert.model import build

        return build(self.plan(architecture), seed)

    def constructor(self, architecture: Architecture) -> Callable[[], FlexiBertModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.flexibert.model import FlexiBertModel

        return partial(FlexiBertModel, self.plan(architecture))

    def model_key(self, architecture: Architecture) -> str:
        """A stable key of what is really built: the digest of the plan."""
        return self.plan(architecture).digest

    def width(self, architecture: Architecture) -> int:
        """The hidden size that the protocol builds, which ``legacy`` fixes and ``own`` halves."""
        return self.plan(architecture).hidden

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters of the plan by part; the embedding's projection is part of the embedding."""
        return dict(_counts(self.plan(architecture)))


@lru_cache(maxsize=4096)
def _counts(planned: FlexiBertPlan) -> dict[str, int]:
    from lpzero.spaces.flexibert.model import FlexiBertModel
    from lpzero.spaces.models.weights import build_blank, count_parameters

    return count_parameters(build_blank(lambda: FlexiBertModel(planned)))
