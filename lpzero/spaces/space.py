"""The protocol that every search space keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from lpzero.spaces.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn

Objective = Literal["masked", "causal"]


class SearchSpace(Protocol):
    """What an architecture may be, and how a model is built from it.

    Attributes:
        name: The name on the command line, such as ``"flexibert"``.
        protocol: Which model an architecture stands for, such as ``"trained"``; part of every cache key.
        protocols: Every protocol that the space knows, the default first.
        objective: The language-model loss that its models return.
        vocabulary: Number of token ids.
        max_tokens: The longest sequence that its models take.
        size: Number of architectures in the space, as an exact integer.
    """

    name: str
    protocol: str
    protocols: tuple[str, ...]
    objective: Objective
    vocabulary: int
    max_tokens: int

    @property
    def size(self) -> int:
        """Number of architectures in the space, as an exact integer."""
        ...

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draw an architecture, uniform over each choice."""
        ...

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Change one choice, to a value that it did not have; the result is valid and differs."""
        ...

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Take every choice from one of two parents; the result is valid."""
        ...

    def validate(self, architecture: Architecture) -> None:
        """Raise InputError, naming the choice and its valid values, where the architecture is not in the space."""
        ...

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """Build the untrained model in evaluation mode; equal arguments give equal weights, bit for bit.

        The global random state of torch is left as it was.
        """
        ...

    def key(self, architecture: Architecture) -> str:
        """A stable key of the architecture as listed, 64 hexadecimal digits."""
        ...

    def model_key(self, architecture: Architecture) -> str:
        """A stable key of what is really built: architectures that build the same model share it."""
        ...
