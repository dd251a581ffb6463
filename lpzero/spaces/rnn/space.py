"""Recurrent language models over bytes, small enough to train within seconds: LSTM, GRU and plain cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Cell, Choice, Choices
from lpzero.spaces.rnn import plan
from lpzero.spaces.rnn.plan import GATES, CellKind, RnnPlan, plan_layers
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.rnn.model import RnnModel

WIDTHS = (32, 48, 64, 96, 128)

CHOICES = Choices(
    space="rnn",
    depths=(1, 2, 3, 4),
    whole=(
        Choice.of("d_embed", 32, 64, 96, 128),
        Choice.of("cell", *GATES),
        Choice.of("tied", False, True),
        Choice.of("projection", False, True),
        Choice.of("residual", False, True),
    ),
    layer=(Choice.of("d_hidden", *WIDTHS),),
)


@dataclass(frozen=True)
class Rnn(ChoiceSpace):
    """The space of recurrent language models, a :class:`~lpzero.spaces.space.SearchSpace`.

    An architecture has an embedding ``d_embed`` wide, one ``cell`` for all layers (``"lstm"``, ``"gru"`` or
    ``"plain"``), and ``d_hidden`` units in each. With ``projection`` each layer projects its states to the embedding's
    width, so that the stream keeps one width; without, the stream is as wide as the layer that it leaves. With
    ``residual`` the stream that enters a layer is added to what leaves it wherever the two are equally wide. ``tied``:
    the output is the embedding's table, with a projection before it where the stream has another width.

    The width of a model is that of the states of its last layer. Its cells, the strata of a sample, are the pairs of
    depth and that width.

    Attributes:
        protocol: ``"own"``, the models of the table ``rnn-own``; they read bytes.

    Raises:
        InputError: If the protocol is another.

    >>> Rnn().size == 4 * 3 * 8 * (5 + 5**2 + 5**3 + 5**4)
    True
    """

    protocol: str = own.NAME

    name: ClassVar[str] = "rnn"
    protocols: ClassVar[tuple[str, ...]] = (own.NAME,)
    objective: ClassVar[Objective] = "causal"
    choices: ClassVar[Choices] = CHOICES
    max_tokens: ClassVar[int] = own.MAX_TOKENS
    lacks: ClassVar[tuple[tuple[str, str], ...]] = plan.LACKS

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        # every protocol is own, which has a vocabulary
        return self.own_vocabulary or own.BYTE_VOCABULARY

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every depth with every width of the last layer; a cell has the position of the latter."""
        return tuple(Cell(depth, width) for depth in CHOICES.depths for width in range(len(WIDTHS)))

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture, uniform over each choice, from one cell or from the whole space."""
        if cell is None:
            return CHOICES.sample(rng)
        drawn = CHOICES.sample(rng, Cell(cell.depth, int(rng.integers(len(CHOICES.whole[0].values)))))
        layers = [drawn.layer(index) for index in range(drawn.depth - 1)]
        return Architecture.of(self.name, dict(drawn.whole), [*layers, {"d_hidden": WIDTHS[cell.width]}])

    def plan(self, architecture: Architecture) -> RnnPlan:
        """What is built; raises InputError where the architecture is not in the space."""
        self.validate(architecture)
        width = int(architecture["d_embed"])
        return RnnPlan(
            cell=cast(CellKind, architecture["cell"]),
            vocabulary=self.vocabulary,
            embedding_width=width,
            layers=plan_layers(
                width,
                architecture.integers("d_hidden"),
                projection=bool(architecture["projection"]),
                residual=bool(architecture["residual"]),
            ),
            tied=bool(architecture["tied"]),
        )

    def build(self, architecture: Architecture, seed: int) -> RnnModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Weights are uniform around 0: those from the stream to the gates keep the variance of what they read, recurrent
        ones lie within 1 / sqrt(units), as PyTorch's; what reads the small states of an untrained cell is larger.
        Biases are 0.
        """
        from lpzero.spaces.rnn.model import build

        return build(self.plan(architecture), seed)

    def constructor(self, architecture: Architecture) -> Callable[[], RnnModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.rnn.model import RnnModel

        return partial(RnnModel, self.plan(architecture))

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence, in closed form."""
        return plan.flops(self.plan(architecture), tokens)

    def model_key(self, architecture: Architecture) -> str:
        """The key of the plan: a residual connection that no layer can have makes no other model."""
        return self.plan(architecture).digest

    def width(self, architecture: Architecture) -> int:
        """Width of the states of the last layer."""
        self.validate(architecture)
        return architecture.integers("d_hidden")[-1]

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``attention`` are the recurrent weights, an output of its own is in no part."""
        return plan.parameter_counts(self.plan(architecture))
