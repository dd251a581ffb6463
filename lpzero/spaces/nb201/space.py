"""NAS-Bench-201: 15,625 cells of image classifiers, a space that the published comparisons of searches are made on.

Dong & Yang 2020 (https://arxiv.org/abs/2001.00326) trained all of them. No model is built here: what can be asked is
what a table says of the architectures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

from lpzero.errors import InputError
from lpzero.settings import shorten
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices

if TYPE_CHECKING:
    from torch import nn

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = 6
WHY = "nb201 has no models: ask a table of it"

CHOICES = Choices("nb201", depths=(EDGES,), whole=(), layer=(Choice.of("operation", *OPERATIONS),))


def _refuse(*asked: object) -> NoReturn:
    del asked
    raise InputError(WHY)


@dataclass(frozen=True)
class Nb201(ChoiceSpace):
    """The space of NAS-Bench-201, which has no models.

    The layers of an architecture are the six edges of its cell, in the order of the published text: into node 1 from 0,
    into node 2 from 0 and 1, into node 3 from 0, 1 and 2; each has an ``operation``.

    Attributes:
        protocol: ``"cell"``.

    Raises:
        InputError: If the protocol is another; and for whatever takes a model.

    >>> Nb201().size
    15625
    """

    protocol: str = "cell"

    name: ClassVar[str] = "nb201"
    protocols: ClassVar[tuple[str, ...]] = ("cell",)
    choices: ClassVar[Choices] = CHOICES
    without_models: ClassVar[str] = WHY

    @property
    def objective(self) -> NoReturn:
        """None: raises InputError."""
        _refuse()

    @property
    def vocabulary(self) -> NoReturn:
        """None: raises InputError."""
        _refuse()

    @property
    def max_tokens(self) -> NoReturn:
        """None: raises InputError."""
        _refuse()

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """None: raises InputError."""
        _refuse(architecture, seed)

    def constructor(self, architecture: Architecture) -> Callable[[], nn.Module]:
        """None: raises InputError."""
        _refuse(architecture)

    def width(self, architecture: Architecture) -> int:
        """None: raises InputError."""
        _refuse(architecture)

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """None: raises InputError."""
        _refuse(architecture, tokens)

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """None: raises InputError."""
        _refuse(architecture)


def parse_cell(text: str) -> Architecture:
    """A cell from the published text, such as ``|none~0|+|none~0|none~1|+|none~0|none~1|none~2|``.

    Raises:
        InputError: It is no such text.

    >>> parse_cell("|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|").layer(5)
    {'operation': 'skip_connect'}
    """
    operations = []
    for node, part in enumerate(text.split("+"), 1):
        edges = part.strip("|").split("|")
        named = [edge.rpartition("~") for edge in edges]
        if [source for _, _, source in named] != [str(source) for source in range(node)]:
            raise InputError(f"expected a cell of NAS-Bench-201 of {EDGES} edges, found {shorten(text, 120)}")
        operations += [operation for operation, _, _ in named]
    found = Architecture.of("nb201", {}, [{"operation": operation} for operation in operations])
    CHOICES.validate(found)
    return found
