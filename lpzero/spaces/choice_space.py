"""What every space of independent choices does alike: draw, mutate, cross over, validate, key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Cell, Choices

if TYPE_CHECKING:
    from torch import nn


class ChoiceSpace(ABC):
    """The part of a :class:`~lpzero.spaces.space.SearchSpace` that follows from its choices.

    A space is a frozen dataclass with the field ``protocol`` that adds what it builds.

    Attributes:
        name: The name on the command line.
        protocols: Every protocol that the space knows, the default first.

    Raises:
        InputError: If the protocol is none of these.
    """

    name: ClassVar[str]
    protocols: ClassVar[tuple[str, ...]]
    protocol: str

    def __post_init__(self) -> None:
        own.split_protocol(self.protocol, self.protocols)

    @property
    @abstractmethod
    def vocabulary(self) -> int:
        """Number of token ids."""

    @property
    @abstractmethod
    def choices(self) -> Choices:
        """The choices of an architecture under this protocol."""

    @property
    def protocol_name(self) -> str:
        """The protocol without the vocabulary that it may name."""
        return own.split_protocol(self.protocol, self.protocols)[0]

    @property
    def own_vocabulary(self) -> int | None:
        """Number of token ids of the protocol ``own``; None under another."""
        return own.split_protocol(self.protocol, self.protocols)[1]

    @property
    def size(self) -> int:
        """Number of architectures in the space, as an exact integer."""
        return self.choices.size

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every depth with every width."""
        return self.choices.cells

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture, uniform over each choice, from one cell or from the whole space."""
        return self.choices.sample(rng, cell)

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Change one choice to another value; names that are set together are one choice."""
        return self.choices.mutate(architecture, rng)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Take every choice from one of two parents; names that are set together stay together."""
        return self.choices.crossover(first, second, rng)

    def validate(self, architecture: Architecture) -> None:
        """Raise InputError, naming the choice and its valid values, where it is not in the space."""
        self.choices.validate(architecture)

    @property
    def reference(self) -> str:
        """The name: a space of independent choices comes with the package or from an entry point."""
        return self.name

    @abstractmethod
    def blank(self, architecture: Architecture) -> nn.Module:
        """The model on the meta device: shapes and names, no numbers."""

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence, counted in one without weights.

        The ids are the first ones of the vocabulary, the most frequent where it is sorted.
        """
        import torch

        from lpzero.spaces.flops import counted_flops
        from lpzero.spaces.weights import zeroed

        ids = torch.arange(tokens).remainder(self.vocabulary).unsqueeze(0)
        return counted_flops(zeroed(self.blank(architecture)), ids)

    def key(self, architecture: Architecture) -> str:
        """A stable key of the architecture as listed, 64 hexadecimal digits."""
        return architecture.digest
