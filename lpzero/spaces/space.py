"""The protocol that every search space keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Cell, Choices

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

Objective = Literal["masked", "causal", "seq2seq"]
"""What a model predicts: hidden tokens, the next token, or each token of a target from a source and what is before."""


class SearchSpace(Protocol):
    """What an architecture may be, and how a model is built from it.

    Its attributes are properties here so that a frozen value keeps the protocol. ``protocol`` is part of
    every cache key.
    """

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def reference(self) -> str:
        """What :func:`lpzero.spaces.get_space` finds it by, with its protocol: a name, or a path."""
        ...

    @property
    def protocol(self) -> str:
        """Which model an architecture stands for."""
        ...

    @property
    def protocols(self) -> tuple[str, ...]:
        """Every protocol that the space knows, the default first."""
        ...

    @property
    def objective(self) -> Objective:
        """The language-model loss that its models return."""
        ...

    @property
    def pretrained(self) -> bool:
        """Whether its models come with trained weights, which no seed draws again."""
        ...

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        ...

    @property
    def max_tokens(self) -> int:
        """The longest sequence that its models take."""
        ...

    @property
    def choices(self) -> Choices:
        """The names of an architecture and their valid values, under this protocol."""
        ...

    @property
    def size(self) -> int:
        """Number of architectures in the space, as an exact integer."""
        ...

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every depth with every width: the strata of a sample that shall miss none."""
        ...

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture, uniform over each choice, from one cell or from the whole space."""
        ...

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Change one choice, to a value that it did not have; the result is valid and differs."""
        ...

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Take every choice from one of two parents; the result is valid."""
        ...

    def validate(self, architecture: Architecture) -> None:
        """Raise InputError, naming the choice and its valid values, where it is not in the space."""
        ...

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """Build the untrained model in evaluation mode; equal arguments give equal weights, bit for bit.

        The global random state of torch is left as it was.
        """
        ...

    def blank(self, architecture: Architecture) -> nn.Module:
        """The same model on the meta device, of whatever size: shapes and names, no numbers."""
        ...

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence of ``tokens`` tokens.

        Of matrix products, attention written out among them, and convolutions, a multiplication and an addition
        each: what ``torch.utils.flop_counter`` counts.
        """
        ...

    def key(self, architecture: Architecture) -> str:
        """A stable key of the architecture as listed, 64 hexadecimal digits."""
        ...

    def model_key(self, architecture: Architecture) -> str:
        """A stable key of what is really built: architectures that build the same model share it."""
        ...

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream of what is really built."""
        ...

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters of what is really built.

        Keys: ``total``; ``embedding`` (tables, their norm and their projections); ``attention`` (all of the
        operations, but not their norms); ``feed_forward`` (likewise); ``nonembedding`` (the blocks with their
        norms, and a final norm).
        """
        ...


@runtime_checkable
class LacksOperands(Protocol):
    """A space of models that have no part to show some operands: recurrent ones have no attention."""

    @property
    def lacks(self) -> tuple[tuple[str, str], ...]:
        """The families of operands, such as ``"attention"``, each with why, as its models' site maps have them."""
        ...


@runtime_checkable
class ReadsText(Protocol):
    """A space whose models were trained on text, and that knows how it became tokens."""

    def token_ids(self, text: str) -> list[int]:
        """The ids of a text, without special ones; raises LpzeroError where the tokeniser is not there."""
        ...


@runtime_checkable
class WritesModels(Protocol):
    """A space whose models have a form of their own on disk."""

    def write(self, folder: Path, architecture: Architecture, card: str, *, weights: bool) -> None:
        """Write what an architecture is, or its model, into a folder that is empty or not there yet.

        Args:
            folder: Where.
            architecture: One of the space.
            card: Further Markdown for the card.
            weights: Whether the model is written; else what it is.

        Raises:
            InputError: The folder is not free, or the architecture is not in the space.
            LpzeroError: It cannot be written.
        """
        ...


@runtime_checkable
class WithoutModels(Protocol):
    """A space whose architectures no model is built of here: only what a table says of them can be asked."""

    @property
    def without_models(self) -> str:
        """Why, in one line, for messages."""
        ...
