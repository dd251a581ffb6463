"""Parameters of sub-networks by part, from those of few: all layers are alike, so that each gives up what one does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from lpzero.spaces.architecture import Architecture

if TYPE_CHECKING:
    from lpzero.compression.sub_networks.space import SubNetworks

Size = tuple[int, int]
"""Groups and neurons of a layer that stay."""


def parts_of(space: SubNetworks, sizes: Sequence[Size]) -> dict[str, int]:
    """Count.

    Args:
        space: The sub-networks.
        sizes: Of each layer.

    Returns:
        Parameters by part, tied ones once.
    """
    whole = (space.layout.groups, space.layout.neurons)
    if len(sizes) == 1:
        return dict(_counted(space, tuple(sizes)))
    full = dict(_counted(space, (whole,) * len(sizes)))
    found = dict(full)
    for size in sizes:
        if size != whole:
            smaller = dict(_counted(space, (size, *(whole,) * (len(sizes) - 1))))
            found = {name: number + smaller[name] - full[name] for name, number in found.items()}
    return found


@lru_cache(maxsize=1024)
def _counted(space: SubNetworks, sizes: tuple[Size, ...]) -> tuple[tuple[str, int], ...]:
    from lpzero.spaces.toml.model import part_counts

    layers = [{"groups": groups, "neurons": neurons} for groups, neurons in sizes]
    model = space.blank(Architecture.of(space.name, {}, layers))
    return tuple(part_counts(model, model.site_map()).items())
