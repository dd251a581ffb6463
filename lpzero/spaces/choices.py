"""Choices: a space as a depth, values for the whole model and values for each layer, drawn independently."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from lpzero.errors import InputError
from lpzero.settings import one_line, shorten
from lpzero.spaces.architecture import Architecture, Value


@dataclass(frozen=True)
class Choice:
    """Names that are set together, since the values of one restrict those of the next.

    Attributes:
        names: The names, such as ``("heads",)`` or ``("operation", "parameter")``.
        values: Every valid combination, two or more, in the order of the names.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]

    @classmethod
    def of(cls, name: str, *values: Value) -> Choice:
        """A choice of a single name."""
        return cls((name,), tuple((value,) for value in values))

    @cached_property
    def _known(self) -> frozenset[tuple[tuple[type, Value], ...]]:
        # The type counts: True == 1 == 1.0, but their JSON differs, and with it the key of the architecture.
        return frozenset(tuple((type(v), v) for v in combination) for combination in self.values)

    def draw(self, rng: np.random.Generator) -> dict[str, Value]:
        """Draw a combination, uniform over all."""
        return self._named(self.values[rng.integers(len(self.values))])

    def draw_other(self, values: Mapping[str, Value], rng: np.random.Generator) -> dict[str, Value]:
        """Draw a combination, uniform over all but the one that ``values`` holds."""
        present = self.values.index(tuple(values[name] for name in self.names))
        drawn = int(rng.integers(len(self.values) - 1))
        return self._named(self.values[drawn + (drawn >= present)])

    def combination(self, index: int) -> dict[str, Value]:
        """The names with the values of one combination."""
        return self._named(self.values[index])

    def _named(self, combination: tuple[Value, ...]) -> dict[str, Value]:
        return dict(zip(self.names, combination, strict=True))

    def check(self, values: Mapping[str, Value], place: str) -> None:
        """Raise InputError, naming the first name whose value does not fit, where no combination holds."""
        found = tuple(values[name] for name in self.names)
        if tuple((type(v), v) for v in found) in self._known:
            return
        fitting = self.values
        for i, name in enumerate(self.names):
            valid = dict.fromkeys(combination[i] for combination in fitting)
            fitting = tuple(c for c in fitting if type(c[i]) is type(found[i]) and c[i] == found[i])
            if not fitting:
                raise InputError(f"{place}: {name} is {shorten(found[i])}: expected {_listed(tuple(valid))}")


def _listed(values: tuple[Value, ...]) -> str:
    if len(values) > 8:
        whole = [value for value in values if isinstance(value, int)]
        steps = {b - a for a, b in pairwise(whole)}
        apart = f" in steps of {min(steps)}" if len(steps) == 1 and min(steps) > 1 else ""
        return f"{type(values[0]).__name__} from {values[0]} to {values[-1]}{apart}"
    return "one of " + ", ".join(repr(value) for value in values)


@dataclass(frozen=True)
class Cell:
    """A part of a space in which depth and width are the same.

    Attributes:
        depth: Number of layers.
        width: Position among the values of the first choice of the whole model, which is its width; 0 where
            there is no such choice.
    """

    depth: int
    width: int


@dataclass(frozen=True)
class Choices:
    """A space in which every choice is free of the others.

    Attributes:
        space: Name of the space.
        depths: Every valid number of layers, one or more.
        whole: The choices that hold for the whole model, its width first; empty where every model has one width.
        layer: The choices of each layer; may be empty. There are two architectures at least.
        front: The choices of each of the first layers, where these are others, as those of an encoder before a decoder.
        front_depth: How many layers these are; every depth counts them and is larger.
    """

    space: str
    depths: tuple[int, ...]
    whole: tuple[Choice, ...]
    layer: tuple[Choice, ...]
    front: tuple[Choice, ...] = ()
    front_depth: int = 0

    def of_layer(self, index: int) -> tuple[Choice, ...]:
        """The choices of one layer, counted from 0."""
        return self.front if index < self.front_depth else self.layer

    @property
    def size(self) -> int:
        """Number of architectures, exactly."""
        each_layer = math.prod(len(choice.values) for choice in self.layer)
        whole = math.prod(len(choice.values) for choice in self.whole)
        front: int = math.prod(len(choice.values) for choice in self.front) ** self.front_depth
        per_depth: list[int] = [each_layer ** (depth - self.front_depth) for depth in self.depths]
        return whole * front * sum(per_depth)

    def validate(self, architecture: Architecture) -> None:
        """Raise InputError, naming what does not fit and the valid values, where it is not in the space."""
        if architecture.space != self.space:
            raise InputError(f"space is {shorten(architecture.space)}: expected {self.space!r}")
        if architecture.depth not in self.depths:
            raise InputError(f"depth is {architecture.depth}: expected {_listed(self.depths)}")
        _check(self.whole, dict(architecture.whole), "architecture")
        for index in range(architecture.depth):
            _check(self.of_layer(index), architecture.layer(index), f"layer {index}")

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every depth with every width: the strata of a sample that shall miss none."""
        widths = len(self.whole[0].values) if self.whole else 1
        return tuple(Cell(depth, width) for depth in self.depths for width in range(widths))

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture, uniform over each choice; the depth is one of them.

        Args:
            rng: Source of randomness.
            cell: Draw from this cell alone; None for the whole space.
        """
        depth = self.depths[rng.integers(len(self.depths))] if cell is None else cell.depth
        whole = _draw(self.whole, rng)
        if cell is not None and self.whole:
            whole |= self.whole[0].combination(cell.width)
        return Architecture.of(self.space, whole, [_draw(self.of_layer(i), rng) for i in range(depth)])

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Change one choice, uniform over all, to another value.

        Where it is the depth that changes, the last layers go, or freshly drawn ones come behind them.
        """
        self.validate(architecture)
        whole = dict(architecture.whole)
        layers = [architecture.layer(index) for index in range(architecture.depth)]
        places = [(whole, choice) for choice in self.whole]
        places += [(layer, choice) for index, layer in enumerate(layers) for choice in self.of_layer(index)]
        place = int(rng.integers(len(places) + (len(self.depths) > 1)))
        if place < len(places):
            values, choice = places[place]
            values.update(choice.draw_other(values, rng))
        else:
            others = [depth for depth in self.depths if depth != architecture.depth]
            depth = others[rng.integers(len(others))]
            layers = layers[:depth] + [_draw(self.layer, rng) for _ in range(depth - architecture.depth)]
        return Architecture.of(self.space, whole, layers)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Take the depth and every choice from either parent, evenly.

        A layer that only the deeper parent has comes from that parent.
        """
        self.validate(first)
        self.validate(second)
        depth = (first, second)[rng.integers(2)].depth
        layers = []
        for index in range(depth):
            parents = [parent.layer(index) for parent in (first, second) if index < parent.depth]
            layers.append(_cross(self.of_layer(index), parents, rng))
        return Architecture.of(self.space, _cross(self.whole, [dict(first.whole), dict(second.whole)], rng), layers)


def _check(choices: tuple[Choice, ...], values: Mapping[str, Value], place: str) -> None:
    names = {name for choice in choices for name in choice.names}
    if set(values) != names:
        found, expected = one_line(", ".join(sorted(values)) or "none"), ", ".join(sorted(names))
        raise InputError(f"{place}: found the names {found}: expected {expected}")
    for choice in choices:
        choice.check(values, place)


def _draw(choices: tuple[Choice, ...], rng: np.random.Generator) -> dict[str, Value]:
    return {name: value for choice in choices for name, value in choice.draw(rng).items()}


def _cross(choices: tuple[Choice, ...], parents: list[dict[str, Value]], rng: np.random.Generator) -> dict[str, Value]:
    child = {}
    for choice in choices:
        parent = parents[rng.integers(len(parents))]
        child.update({name: parent[name] for name in choice.names})
    return child
