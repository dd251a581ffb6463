"""An architecture: one point of a search space, as a frozen value that round-trips through JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lpzero.errors import InputError
from lpzero.settings import shorten

Value = int | float | str | bool
Values = tuple[tuple[str, Value], ...]


def digest_of(document: Any) -> str:
    """SHA-256 of a document as canonical JSON, 64 hexadecimal digits.

    Args:
        document: Of plain JSON types; the order of keys does not count.

    >>> digest_of({"b": 1, "a": [2]}) == digest_of({"a": [2], "b": 1})
    True
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _freeze(values: Mapping[Any, Any], place: str) -> Values:
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, (int, float, str, bool)):
            raise InputError(f"{place}: expected names with numbers or text, found {shorten(name)}: {shorten(value)}")
    return tuple(sorted(values.items()))


@dataclass(frozen=True)
class Architecture:
    """One point of a search space.

    Attributes:
        space: Name of the space that it belongs to, such as ``"flexibert"``.
        whole: Sorted (name, value) pairs that hold for the whole model.
        layers: For each layer, in order, its sorted (name, value) pairs.

    >>> a = Architecture.of("flexibert", {"hidden_size": 128}, [{"heads": 2}, {"heads": 4}])
    >>> a.depth, a["hidden_size"], a.layer(1)["heads"]
    (2, 128, 4)
    >>> Architecture.from_json(a.to_json()) == a
    True
    """

    space: str
    whole: Values
    layers: tuple[Values, ...]

    @classmethod
    def of(cls, space: str, whole: Mapping[str, Value], layers: Sequence[Mapping[str, Value]]) -> Architecture:
        """Freeze plain mappings; raises InputError where a value is no number or text."""
        return cls(
            space=space,
            whole=_freeze(whole, "architecture"),
            layers=tuple(_freeze(layer, f"layer {i}") for i, layer in enumerate(layers)),
        )

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.layers)

    def __getitem__(self, name: str) -> Value:
        """The value of a whole-model name; raises KeyError where there is none."""
        return dict(self.whole)[name]

    def layer(self, index: int) -> dict[str, Value]:
        """The values of one layer, counted from 0, as a fresh dictionary."""
        return dict(self.layers[index])

    def integers(self, name: str) -> tuple[int, ...]:
        """The values of a name whose values are whole numbers, one for each layer.

        >>> Architecture.of("gpt2", {}, [{"heads": 2}, {"heads": 8}]).integers("heads")
        (2, 8)
        """
        return tuple(int(dict(values)[name]) for values in self.layers)

    def to_json(self) -> dict[str, Any]:
        """A document of plain JSON types: ``{"space", "whole": {...}, "layers": [{...}, ...]}``."""
        return {"space": self.space, "whole": dict(self.whole), "layers": [dict(v) for v in self.layers]}

    @classmethod
    def from_json(cls, document: Any) -> Architecture:
        """Read what :meth:`to_json` wrote; raises InputError where the document has another shape."""
        if not isinstance(document, Mapping) or set(document) != {"space", "whole", "layers"}:
            raise InputError("architecture: expected an object with the keys space, whole, layers")
        space, whole, layers = document["space"], document["whole"], document["layers"]
        if not isinstance(space, str) or not isinstance(whole, Mapping) or not isinstance(layers, list):
            raise InputError("architecture: expected text, an object and a list for space, whole, layers")
        if not all(isinstance(layer, Mapping) for layer in layers):
            raise InputError("architecture: expected every layer to be an object")
        return cls.of(space, whole, layers)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON text, 64 hexadecimal digits: equal architectures, equal digests."""
        return digest_of(self.to_json())
