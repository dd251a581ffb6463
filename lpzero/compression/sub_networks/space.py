"""The sub-networks of a checkpoint as a space: how many key-value groups and neurons each of its layers keeps.

A layer that keeps neither is dropped. Which units stay follows from their order (:mod:`.file`), so that two numbers a
layer say everything, and the smaller model is what ``lpzero compress`` would cut, its weights not refitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.sub_networks.file import FILE, Opened, Units, read_file
from lpzero.compression.sub_networks.moderate import drawn, stepped
from lpzero.compression.sub_networks.parts import parts_of
from lpzero.compression.sub_networks.skeleton import Skeleton, skeleton_of
from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Cell, Choices
from lpzero.spaces.choices import Choice as SpaceChoice
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from lpzero.compression.choosing.counts import Count
    from lpzero.compression.cutting.layout import Layout
    from lpzero.spaces.toml.model import ConfigModel

NAME = "sub-networks"
TRIES = 5000


@dataclass(frozen=True)
class SubNetworks(ChoiceSpace):
    """The sub-networks of one checkpoint, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        protocol: ``"cut-"`` and 16 digits that follow from the checkpoint and from the order of its units.
        opened: The file that says what they are, with the checkpoint.
    """

    protocol: str
    opened: Opened

    name: ClassVar[str] = NAME

    @property
    def protocols(self) -> tuple[str, ...]:
        """The one protocol."""
        return (self.opened.protocol,)

    def _named(self) -> tuple[str, int | None]:
        if self.protocol not in self.protocols:
            raise InputError(
                f"{self.reference}: expected the sub-networks of the protocol {self.protocol}, found "
                f"{self.protocols[0]}: the order of units or the checkpoint has changed since"
            )
        return self.protocol, None

    @property
    def reference(self) -> str:
        """The path of the file."""
        return str(self.opened.path)

    @property
    def objective(self) -> Objective:
        """The loss of the checkpoint."""
        return self._skeleton.layout.objective

    @property
    def pretrained(self) -> bool:
        """True: weights are those of the checkpoint."""
        return True

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return int(self._skeleton.config.vocab_size)

    @property
    def max_tokens(self) -> int:
        """The longest sequence."""
        return int(self._skeleton.config.max_position_embeddings)

    @property
    def choices(self) -> Choices:
        """The number of groups of each layer, and that of its neurons."""
        return _choices(self.opened.units)

    @property
    def layout(self) -> Layout:
        """The shape of the checkpoint."""
        return self._skeleton.layout

    @property
    def counts(self) -> Mapping[str, Count]:
        """What sub-networks take of parameters, operations and cache, as limits count them."""
        return self._skeleton.counts

    @property
    def _skeleton(self) -> Skeleton:
        whole, units = skeleton_of(self.opened.checkpoint, self.opened.digest), self.opened.units
        wanted = (whole.layout.depth, whole.layout.groups, whole.layout.neurons)
        found = (units.depth, len(units.groups[0]), len(units.neurons[0]))
        if found != wanted:
            raise InputError(
                f"{self.reference}: expected units of {wanted[0]} layers with {wanted[1]} groups and {wanted[2]} "
                f"neurons, as the checkpoint has, found {found[0]} with {found[1]} and {found[2]}: restore the file"
            )
        return whole

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture that was cut moderately (:mod:`.moderate`): with attention, and not too small."""
        del cell  # all are of one depth and width
        for _ in range(TRIES):
            if self._speaks(one := _architecture(*drawn(self.opened.units, rng))):
                return one
        return _architecture(*_whole(self.layout))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """One layer has a group more or less, or the next width; some attention stays, and enough of the rest.

        What is too small itself becomes larger.
        """
        self.validate(architecture)
        sizes = np.array(architecture.integers("groups")), np.array(architecture.integers("neurons"))
        small = not self._speaks(architecture)
        for tries in count():
            mutant = _architecture(*stepped(self.opened.units, sizes, rng))
            grown = small and self._size(mutant) > self._size(architecture)
            # of few layers a single step is too much
            if _attends(mutant) and (self._speaks(mutant) or grown or tries > TRIES):
                break
        return mutant

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Take every choice from one of two parents; where that is no attention or too small, the first."""
        self.validate(first)
        self.validate(second)
        for _ in range(TRIES):
            if self._speaks(child := self.choices.crossover(first, second, rng)):
                return child
        return first

    def _speaks(self, architecture: Architecture) -> bool:
        return _attends(architecture) and self._size(architecture) >= self.opened.least

    def _size(self, architecture: Architecture) -> int:
        params = self.counts["params"]
        sizes = zip(architecture.integers("groups"), architecture.integers("neurons"), strict=True)
        return int(params.outside) + sum(int(params.layer.of(some, others)) for some, others in sizes)

    def validate(self, architecture: Architecture) -> None:
        """Raise InputError where it is not in the space, or no layer keeps its attention."""
        self.choices.validate(architecture)
        if not _attends(architecture):
            raise InputError("architecture: expected groups in one layer at least, found none")

    def choice(self, architecture: Architecture) -> Choice:
        """What stays of the checkpoint; raises InputError where the architecture is not in the space."""
        self.validate(architecture)
        return self.opened.units.choice(architecture.integers("groups"), architecture.integers("neurons"))

    def build(self, architecture: Architecture, seed: int) -> ConfigModel:
        """The smaller model in evaluation mode and float32, whatever the seed.

        Raises:
            InputError: The architecture is not in the space, or the checkpoint cannot be read.
        """
        del seed
        return self._answering(cut_of(self, architecture, attention="eager"))

    def blank(self, architecture: Architecture) -> ConfigModel:
        """The same model on the meta device."""
        from lpzero.compression.cutting.cut import cut

        whole = self._skeleton
        return self._answering(cut(whole.model, whole.layout, self.choice(architecture)))

    def _answering(self, model: nn.Module) -> ConfigModel:
        from lpzero.spaces.toml.model import ConfigModel

        return ConfigModel(model, self.objective).eval()

    def write(self, folder: Path, architecture: Architecture, card: str, *, weights: bool) -> None:
        """See :func:`lpzero.compression.sub_networks.written.write_sub_network`."""
        from lpzero.compression.sub_networks.written import write_sub_network

        self.validate(architecture)
        write_sub_network(self, folder, architecture, card, weights=weights)

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Operations of a forward pass over one sequence, in closed form."""
        from lpzero.compression.choosing.counts import counts_of

        whole = self._skeleton
        return tokens * int(counts_of(whole.model, whole.layout, context=tokens)["flops"].of(self.choice(architecture)))

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream: that of the checkpoint."""
        self.validate(architecture)
        return self._skeleton.layout.width

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part, tied ones once, with the embedding."""
        self.validate(architecture)
        sizes = zip(architecture.integers("groups"), architecture.integers("neurons"), strict=True)
        return parts_of(self, tuple(sizes))

    def token_ids(self, text: str) -> list[int]:
        """The ids of a text, as the tokenizer beside the checkpoint has them, without special ones."""
        from lpzero.compression.texts import read_tokenizer, tokenised

        ids: list[int] = tokenised(read_tokenizer(self.opened.checkpoint), text, NAME).ids.tolist()
        return ids


def open_space(path: Path, protocol: str | None = None) -> SubNetworks:
    """The space that a file describes.

    Args:
        path: ``sub_networks.json``, or the folder that it lies in.
        protocol: The protocol that it is expected to have; None for whichever it has.

    Raises:
        MissingError: The file or its checkpoint is not there.
        InputError: It is damaged, or has another protocol: it has changed.
    """
    opened = read_file(path / FILE if path.is_dir() else path)
    return SubNetworks(opened.protocol if protocol is None else protocol, opened)


def architecture_of(choice: Choice) -> Architecture:
    """A choice whose units are the first ones of their order, as an architecture of the space."""
    return Architecture.of(
        NAME, {}, [{"groups": len(one.groups), "neurons": len(one.neurons)} for one in choice.layers]
    )


def cut_of(space: SubNetworks, architecture: Architecture, *, attention: str = "sdpa") -> nn.Module:
    """The smaller model as one of transformers, in float32; ``attention`` is how it computes its attention."""
    from lpzero.compression.cutting.cut import cut

    whole = checkpoint_of(space)
    model: Any = cut(whole, space.layout, space.choice(architecture))
    model.set_attn_implementation(attention)
    made: nn.Module = model
    return made


def checkpoint_of(space: SubNetworks) -> nn.Module:
    """The full model in evaluation mode and float32, kept by the process; it is only to be read."""
    return _loaded(space.opened.checkpoint, space.opened.digest)


@lru_cache(maxsize=1)
def _loaded(folder: Path, digest: str) -> nn.Module:
    # the digest was seen to be that of the files when the space was opened
    del digest
    from lpzero.compression.cutting.checkpoint import load_checkpoint

    return load_checkpoint(folder).float().eval()


def _architecture(groups: np.ndarray, neurons: np.ndarray) -> Architecture:
    return Architecture.of(
        NAME, {}, [{"groups": int(some), "neurons": int(others)} for some, others in zip(groups, neurons, strict=True)]
    )


@lru_cache(maxsize=8)
def _choices(units: Units) -> Choices:
    layer = (
        SpaceChoice.of("groups", *range(len(units.groups[0]) + 1)),
        SpaceChoice.of("neurons", *units.widths),
    )
    return Choices(NAME, (units.depth,), (), layer)


def _whole(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    return np.full(layout.depth, layout.groups), np.full(layout.depth, layout.neurons)


def _attends(architecture: Architecture) -> bool:
    return any(architecture.integers("groups"))
