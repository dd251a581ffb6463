"""The features of many architectures, as columns: each is computed when a rule first asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lpzero.principles.language.feature import TRENDS, Feature, declared
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.space import SearchSpace

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

ABSENT = -1
"""Code of what an architecture does not have, such as a fourth layer."""


class Columns:
    """The features of architectures of one space.

    Args:
        space: The space, which declares the features.
        architectures: They have to be in it.
    """

    def __init__(self, space: SearchSpace, architectures: Sequence[Architecture]) -> None:
        self.space = space
        self.architectures = tuple(architectures)
        self._codes: dict[str, Codes] = {}
        self._numbers: dict[str, Floats] = {}

    def __len__(self) -> int:
        """The number of architectures."""
        return len(self.architectures)

    @cached_property
    def features(self) -> dict[str, Feature]:
        """What the space declares."""
        return declared(self.space)

    @cached_property
    def _counts(self) -> dict[Architecture, dict[str, int]]:
        """Parameters by part: some spaces build a model to count, so that each architecture is counted once."""
        return {one: self.space.parameter_counts(one) for one in dict.fromkeys(self.architectures)}

    def codes(self, name: str) -> Codes:
        """Positions among the values of a feature: (architectures,) of a choice, (architectures, layers) of layers.

        ``ABSENT`` stands where there is no value.
        """
        if name not in self._codes:
            self._codes[name] = self._coded(self.features[name])
        return self._codes[name]

    def numbers(self, name: str) -> Floats:
        """The values of an ordered feature, (architectures,); NaN where there is none."""
        if name not in self._numbers:
            feature = self.features[name]
            if feature.kind == "number":
                self._numbers[name] = self._computed(feature)
            else:
                self._numbers[name] = _values_at(feature.values, self.codes(name))
        return self._numbers[name]

    def _coded(self, feature: Feature) -> Codes:
        code = {value: position for position, value in enumerate(feature.values)}
        if feature.name == "depth":
            return np.array([code[one.depth] for one in self.architectures], dtype=np.int64)
        if feature.kind == "layers":
            rows = [
                [code[v] for layer in one.layers for n, v in layer if n == feature.of] for one in self.architectures
            ]
            found = np.full((len(rows), max(map(len, rows), default=0)), ABSENT, dtype=np.int64)
            for place, row in enumerate(rows):
                found[place, : len(row)] = row
            return found
        if feature.name == feature.of:
            return np.array([code[one[feature.of]] for one in self.architectures], dtype=np.int64)
        if feature.name.endswith(".trend"):
            return _trends(self._of_layers(feature.of))
        layer, codes = int(feature.name.removeprefix(f"{feature.of}[")[:-1]), self.codes(feature.of)
        absent = np.full(len(codes), ABSENT, dtype=np.int64)
        return codes[:, layer] if layer < codes.shape[1] else absent

    def _of_layers(self, name: str) -> Floats:
        """The numbers of a name, (architectures, layers); NaN behind the last layer."""
        return _values_at(self.features[name].values, self.codes(name))

    def _computed(self, feature: Feature) -> Floats:
        if feature.name == "width":
            return np.array([self.space.width(one) for one in self.architectures], dtype=np.float64)
        if not feature.of:
            part = feature.name.removeprefix("params.")
            counts = (self._counts[one] for one in self.architectures)
            return np.array([one[part] / one["total"] for one in counts], dtype=np.float64)
        what, _, part = feature.name.rpartition(".")
        if what == feature.of:
            return _over_layers(self._of_layers(what), part)
        codes = self.codes(feature.of)
        value = [str(one) for one in self.features[feature.of].values].index(what.removeprefix(f"{feature.of}="))
        return _over_layers(np.where(codes == ABSENT, np.nan, codes == value), part)


def _values_at(values: tuple[Value, ...], codes: Codes) -> Floats:
    return np.array([*map(float, values), np.nan])[codes]


def _over_layers(rows: Floats, part: str) -> Floats:
    """Rows (architectures, layers), NaN behind the last layer, as one number each; NaN where there is no layer."""
    layers = np.isfinite(rows).sum(axis=1)
    there = np.arange(rows.shape[1]) < layers[:, None]
    if part in ("min", "max"):
        worst = np.inf if part == "min" else -np.inf
        found = np.where(there, rows, worst)
        ends = found.min(axis=1, initial=np.inf) if part == "min" else found.max(axis=1, initial=-np.inf)
        return np.where(layers > 0, ends, np.nan)
    third = -(-layers // 3)
    place = np.arange(rows.shape[1])
    if part == "first":
        there &= place < third[:, None]
    elif part == "last":
        there &= place >= (layers - third)[:, None]
    counted = there.sum(axis=1)
    sums = np.where(there, rows, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counted, out=np.full(len(rows), np.nan), where=counted > 0))


def _trends(rows: Floats) -> Codes:
    steps = np.diff(rows, axis=1)
    rises, falls = (steps > 0).any(axis=1), (steps < 0).any(axis=1)
    names = np.where(rises, np.where(falls, "mixed", "rising"), np.where(falls, "falling", "constant"))
    return np.array([TRENDS.index(str(name)) for name in names], dtype=np.int64)
