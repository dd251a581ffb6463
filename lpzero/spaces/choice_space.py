"""What every space of independent choices does alike: draw, mutate, cross over, validate, key, blank models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Cell, Choices

if TYPE_CHECKING:
    from torch import nn

LITTLE = 300_000_000
"""Parameters times tokens of a pass that takes no longer than the count of its operations."""


class ChoiceSpace(ABC):
    """The part of a :class:`~lpzero.spaces.space.SearchSpace` that follows from its choices.

    A space is a frozen dataclass with the field ``protocol`` that adds what it builds.

    Attributes:
        name: The name on the command line.

    Raises:
        InputError: If the protocol is none that the space knows.
    """

    name: ClassVar[str]
    protocol: str

    def __post_init__(self) -> None:
        self._named()

    def _named(self) -> tuple[str, int | None]:
        """The protocol without the vocabulary that it may name, and the vocabulary of ``own``; raises InputError."""
        return own.split_protocol(self.protocol, self.protocols)

    @property
    @abstractmethod
    def protocols(self) -> tuple[str, ...]:
        """Every protocol that the space knows, the default first."""

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
        return self._named()[0]

    @property
    def own_vocabulary(self) -> int | None:
        """Number of token ids of the protocol ``own``; None under another."""
        return self._named()[1]

    @property
    def pretrained(self) -> bool:
        """Whether models come with trained weights, whatever the seed of a build."""
        return False

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

    def constructor(self, architecture: Architecture) -> Callable[[], nn.Module]:
        """What makes the model of an architecture on torch's present device, its weights not yet drawn.

        A space gives this, or a :meth:`blank` of its own. It imports what it needs before it returns: a module that is
        imported on the meta device would keep what it makes there.
        """
        raise NotImplementedError(f"{type(self).__name__} gives neither constructor() nor blank()")

    def blank(self, architecture: Architecture) -> nn.Module:
        """The model on the meta device: shapes and names, no numbers."""
        from lpzero.spaces.models.weights import build_blank

        return build_blank(self.constructor(architecture))

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence, counted as they run.

        An adaptive embedding is asked for the ids of its first cluster, the most frequent ones.
        """
        return _counted(self, architecture, tokens)

    def key(self, architecture: Architecture) -> str:
        """A stable key of the architecture as listed, 64 hexadecimal digits."""
        return architecture.digest

    def model_key(self, architecture: Architecture) -> str:
        """The same as :meth:`key` for a valid architecture, where every choice shows in the model."""
        self.validate(architecture)
        return architecture.digest

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream: the first choice of the whole model."""
        self.validate(architecture)
        return int(architecture[self.choices.whole[0].names[0]])


@lru_cache(maxsize=4096)
def _counted(space: ChoiceSpace, architecture: Architecture, tokens: int) -> int:
    """The operations of :meth:`ChoiceSpace.flops`, counted once."""
    import torch

    from lpzero.spaces.models.flops import counted_flops

    model = space.blank(architecture)
    # on the meta device torch's operations are written in Python: where there is little to compute, computing is faster
    little = sum(parameter.numel() for parameter in model.parameters()) * tokens <= LITTLE
    # buffers have numbers of their own, which nobody would give them there
    little = little and next(model.buffers(), None) is None
    if little:
        model.to_empty(device="cpu")
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()
    ids = torch.zeros((1, tokens), dtype=torch.int64, device="cpu" if little else "meta")
    return counted_flops(model, ids)
