"""Features that a space declares for rules: what follows from its choices, each with the values that it may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lpzero.spaces.architecture import Value, digest_of
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.space import SearchSpace

Kind = Literal["choice", "layers", "number"]

FEW = 12
"""Values of a per-layer choice that each have a share of their own."""
TRENDS = ("constant", "rising", "falling", "mixed")
"""What a number does from the first layer to the last; it may stay the same for a while where it rises or falls."""
PARTS = ("attention", "feed_forward", "embedding")
"""Parts of a model whose share of all parameters is a feature, ``params.NAME``."""


@dataclass(frozen=True)
class Feature:
    """One feature.

    Attributes:
        name: As rules name it.
        kind: ``choice`` has one of ``values``, or none where an architecture lacks the layer; ``layers`` has one in
            each layer; ``number`` is any finite number.
        values: The values, in the order of the choice; none of a ``number``.
        of: The name of the choice that it is made of; empty where it is the depth, the width or a share.
    """

    name: str
    kind: Kind
    values: tuple[Value, ...] = ()
    of: str = ""

    @property
    def ordered(self) -> bool:
        """Whether there is a more and a less of it."""
        return self.kind == "number" or are_numbers(self.values)


def are_numbers(values: tuple[Value, ...]) -> bool:
    """Whether there is an order in values: True and False are names.

    >>> are_numbers((2, 4)), are_numbers(("SA", 5)), are_numbers((False, True))
    (True, False, False)
    """
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def declared(space: SearchSpace) -> dict[str, Feature]:
    """The features of a space, by name.

    ``depth``, ``width`` and ``params.attention``, ``params.feed_forward``, ``params.embedding`` (shares of all
    parameters) are there in every space. A choice of the whole model has its own name. A choice of the layers, such as
    ``heads``, is ``heads`` where layers are counted, ``heads[2]`` in the third layer that has one, and, where it is a
    number, ``heads.mean``, ``heads.first`` and ``heads.last`` (means over the first and the last third of the layers),
    ``heads.min``, ``heads.max`` and ``heads.trend``. A value that is a name has shares of the layers instead:
    ``operation=SA.mean``, ``operation=SA.first`` and ``operation=SA.last``.

    >>> from lpzero.spaces import get_space
    >>> names = declared(get_space("flexibert"))
    >>> [name for name in names if name.startswith("heads")][:5]
    ['heads', 'heads[0]', 'heads[1]', 'heads[2]', 'heads[3]']
    >>> names["hidden_size"].values, names["operation=SA.mean"].kind, names["heads.trend"].values[0]
    ((128, 256), 'number', 'constant')
    """
    choices = space.choices
    found = [Feature("depth", "choice", tuple(choices.depths)), Feature("width", "number")]
    found += [Feature(name, "choice", values, name) for name, values in _named(choices.whole)]
    for name, values, most in _layered(choices):
        found += _of_layers(name, values, most)
    found += [Feature(f"params.{part}", "number") for part in PARTS]
    return {feature.name: feature for feature in found}


def _named(choices: tuple[Choice, ...]) -> Iterator[tuple[str, tuple[Value, ...]]]:
    for choice in choices:
        for place, name in enumerate(choice.names):
            yield name, tuple(dict.fromkeys(combination[place] for combination in choice.values))


def _layered(choices: Choices) -> Iterator[tuple[str, tuple[Value, ...], int]]:
    """The names of the layers with their values, and how many layers have them at most."""
    front, behind = dict(_named(choices.front)), dict(_named(choices.layer))
    deepest = max(choices.depths)
    for name in dict.fromkeys((*front, *behind)):
        values = tuple(dict.fromkeys((*front.get(name, ()), *behind.get(name, ()))))
        layers = (choices.front_depth if name in front else 0) + (
            deepest - choices.front_depth if name in behind else 0
        )
        yield name, values, layers


def _of_layers(name: str, values: tuple[Value, ...], most: int) -> Iterator[Feature]:
    yield Feature(name, "layers", values, name)
    for layer in range(most):
        yield Feature(f"{name}[{layer}]", "choice", values, name)
    if are_numbers(values):
        yield from (Feature(f"{name}.{part}", "number", of=name) for part in ("mean", "first", "last", "min", "max"))
        yield Feature(f"{name}.trend", "choice", TRENDS, name)
    elif len(values) <= FEW:
        for value in values:
            yield from (Feature(f"{name}={value}.{part}", "number", of=name) for part in ("mean", "first", "last"))


def shared(space: SearchSpace, other: SearchSpace) -> frozenset[str]:
    """The features that two spaces have and that mean about the same there.

    One that is made of choices has to have the same values in both: of ten to twelve layers twelve are many, of 22 to
    24 none is. A trend is about the same whatever the values are.

    >>> from lpzero.spaces import get_space
    >>> both = shared(get_space("hwgpt", "s"), get_space("hwgpt", "m"))
    >>> "depth" in both, "mlp_ratio.last" in both
    (False, True)
    """
    here, there = declared(space), declared(other)
    return frozenset(name for name in here if name in there and _in_common(name, here, there))


def _in_common(name: str, *both: Mapping[str, Feature]) -> bool:
    first, second = (features[features[name].of or name].values for features in both)
    return set(first) == set(second) or name.endswith(".trend")


def digest_of_space(space: SearchSpace) -> str:
    """What a file of principles knows a space by: SHA-256 of its name and its choices, 64 hexadecimal digits.

    Protocols with the same choices share it: they stand for other models of the same architectures.
    """
    choices = space.choices
    parts: Mapping[str, tuple[Choice, ...]] = {
        "whole": choices.whole,
        "front": choices.front,
        "layer": choices.layer,
    }
    document = {part: [[list(c.names), [list(v) for v in c.values]] for c in each] for part, each in parts.items()}
    return digest_of({"space": space.name, "depths": list(choices.depths), "front": choices.front_depth, **document})
