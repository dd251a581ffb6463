"""What of a checkpoint stays: layers, in each its key-value groups with their query heads, and feed-forward neurons."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.errors import InputError


@dataclass(frozen=True)
class LayerChoice:
    """What stays of one layer.

    Attributes:
        layer: Its place in the checkpoint, from 0.
        groups: Key-value groups that stay, by their places in the checkpoint, increasing; each keeps its query heads.
            Empty where the layer has no attention any more.
        neurons: Feed-forward neurons that stay, likewise. Empty where it has no feed-forward any more.

    Raises:
        InputError: Places below 0 or not increasing.
    """

    layer: int
    groups: tuple[int, ...]
    neurons: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.layer < 0:
            raise InputError(f"expected the place of a layer, from 0 on, found {self.layer}")
        for name, places in (("groups", self.groups), ("neurons", self.neurons)):
            if any(a >= b for a, b in zip((-1, *places), places, strict=False)):
                raise InputError(f"layer {self.layer}: {name}: expected increasing places from 0 on")

    @property
    def is_dropped(self) -> bool:
        """Whether nothing of it stays: the residual stream passes it by."""
        return not (self.groups or self.neurons)


@dataclass(frozen=True)
class Choice:
    """What stays of a checkpoint.

    Attributes:
        layers: One for each layer of the checkpoint, in its order, the dropped ones too.

    Raises:
        InputError: A layer is missing, named twice or out of place.

    >>> Choice((LayerChoice(0, (0, 2), (1, 5, 6)), LayerChoice(1, (), ()))).kept
    (0,)
    """

    layers: tuple[LayerChoice, ...]

    def __post_init__(self) -> None:
        places = [one.layer for one in self.layers]
        if places != list(range(len(places))):
            raise InputError(f"expected one choice for each layer in order, found those of the layers {places}")

    @property
    def kept(self) -> tuple[int, ...]:
        """The layers of which something stays, increasing."""
        return tuple(one.layer for one in self.layers if not one.is_dropped)
