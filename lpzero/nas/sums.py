"""Counts of a space as sums over layers: what each layer adds, learnt from a few architectures and tried on others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.choices import Choice, Choices

Count = Callable[[Architecture], float]
TRIED = 200
"""Random architectures on which a sum over layers is held against the count itself."""
CLOSE = 1e-9
"""Relative difference of two sums of floating-point numbers that are equal."""


@dataclass(frozen=True)
class Kind:
    """Layers with the same choices.

    Attributes:
        options: Every combination of choices of one layer.
        fewest: How many such layers an architecture has at least.
        most: Likewise, at most.
        adds: What one layer adds to each count, (options, counts).
    """

    options: tuple[Mapping[str, Value], ...]
    fewest: int
    most: int
    adds: np.ndarray


@dataclass(frozen=True)
class Sums:
    """Counts of the architectures with one choice for the whole model.

    Attributes:
        space: Name of the space.
        whole: What holds for the whole model.
        base: Each count without layers, (counts,).
        kinds: The kinds of layers, in the order of the layers.
    """

    space: str
    whole: Mapping[str, Value]
    base: np.ndarray
    kinds: tuple[Kind, ...]

    def architecture(self, numbers: Sequence[Sequence[int]]) -> Architecture:
        """The architecture with so many layers of each option, in the order of the options: any other counts alike."""
        layers = [
            option
            for kind, of_kind in zip(self.kinds, numbers, strict=True)
            for option, number in zip(kind.options, of_kind, strict=True)
            for _ in range(number)
        ]
        return Architecture.of(self.space, self.whole, layers)

    def of(self, architecture: Architecture) -> np.ndarray:
        """What the sum says of an architecture of this whole, (counts,)."""
        found: np.ndarray = self.base.copy()
        front = self.kinds[0].most if len(self.kinds) > 1 else 0
        for index in range(architecture.depth):
            kind = self.kinds[0 if index < front else -1]
            found += kind.adds[kind.options.index(architecture.layer(index))]
        return found


def sums_of(choices: Choices, counts: Mapping[str, Count], rng: np.random.Generator) -> tuple[Sums, ...]:
    """What each layer adds to each count, for every choice for the whole model.

    Layers of one kind add the same wherever they stand. That this is so is tried on random architectures.

    Args:
        choices: Those of the space.
        counts: What is counted of an architecture, by name, one at least.
        rng: Source of the architectures on which it is tried.

    Raises:
        InputError: A count is no sum over layers, or not every depth between the least and the most is one.
    """
    lowest, highest = min(choices.depths), max(choices.depths)
    if len(choices.depths) != highest - lowest + 1:
        raise InputError(f"an exact search takes every depth from {lowest} to {highest}, found {choices.depths}")
    read = _Reader(choices, counts)
    found = tuple(read.sums(whole) for whole in combinations(choices.whole))
    _try(choices, counts, found, rng)
    return found


def combinations(choices: Sequence[Choice]) -> Iterator[dict[str, Value]]:
    """Every way to make all of some choices."""
    for picked in product(*(range(len(choice.values)) for choice in choices)):
        named: dict[str, Value] = {}
        for choice, index in zip(choices, picked, strict=True):
            named |= choice.combination(index)
        yield named


class _Reader:
    def __init__(self, choices: Choices, counts: Mapping[str, Count]) -> None:
        self._choices, self._counts = choices, counts
        self._front, self._rest = tuple(combinations(choices.front)), tuple(combinations(choices.layer))

    def sums(self, whole: Mapping[str, Value]) -> Sums:
        choices, ahead = self._choices, self._choices.front_depth
        lowest, highest = min(choices.depths), max(choices.depths)
        front, rest = [self._front[0]] * ahead, self._rest[0]
        plain = self._count(whole, [*front, *[rest] * (lowest - ahead)])
        one = np.zeros_like(plain)
        if highest > lowest:
            one = self._count(whole, [*front, *[rest] * (lowest + 1 - ahead)]) - plain
        after = [rest] * (lowest - ahead - 1)
        adds = np.array([self._count(whole, [*front, option, *after]) - plain + one for option in self._rest])
        kinds = [Kind(self._rest, lowest - ahead, highest - ahead, adds)]
        if ahead:
            behind = [*front[1:], rest, *after]
            of_front = np.array([self._count(whole, [option, *behind]) - plain for option in self._front])
            kinds.insert(0, Kind(self._front, ahead, ahead, of_front))
        return Sums(choices.space, whole, plain - (lowest - ahead) * one, tuple(kinds))

    def _count(self, whole: Mapping[str, Value], layers: Sequence[Mapping[str, Value]]) -> np.ndarray:
        architecture = Architecture.of(self._choices.space, whole, layers)
        return np.array([count(architecture) for count in self._counts.values()], dtype=np.float64)


def _try(choices: Choices, counts: Mapping[str, Count], found: Sequence[Sums], rng: np.random.Generator) -> None:
    by_whole = {tuple(sorted(one.whole.items())): one for one in found}
    for _ in range(TRIED):
        drawn = choices.sample(rng)
        said = by_whole[drawn.whole].of(drawn)
        for name, value in zip(counts, said, strict=True):
            counted = counts[name](drawn)
            if not math.isclose(value, counted, rel_tol=CLOSE):
                raise InputError(
                    f"expected a sum over layers, found that {name} of one architecture is {counted:,.6g} and the sum "
                    f"over its layers {value:,.6g}: an exact search cannot take it"
                )
