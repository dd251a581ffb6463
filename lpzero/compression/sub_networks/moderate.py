"""Sub-networks that were cut moderately: how a search draws them, and steps from one to the next.

Drawn evenly over each number of units, half of every layer would go, and what is left of a checkpoint babbles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpzero.compression.sub_networks.file import Units

GONE = (1.0, 2.0)
"""Parameters of the beta distribution of the share that goes: little more often than much, a third on average."""
UNLIKE = (0.6, 1.4)
"""What the share is multiplied by, layer by layer: the least and the most."""
GROUPS, LAYERS = 3, 4
"""Powers of the share with which a key-value group, and a whole layer, go: attention is dear, some layers are all."""

Sizes = tuple[np.ndarray, np.ndarray]
"""(layers,) groups that stay, and (layers,) neurons."""


def drawn(units: Units, rng: np.random.Generator) -> Sizes:
    """Draw a share that goes, then what stays of each layer; no attention may be left."""
    depth, groups, widths = units.depth, len(units.groups[0]), np.array(units.widths)
    share = rng.beta(*GONE)
    wanted = widths[-1] * np.clip(1 - share * rng.uniform(*UNLIKE, depth), 0, 1)
    neurons = widths[np.abs(wanted[:, None] - widths).argmin(1)]
    stay = groups - rng.binomial(groups, share**GROUPS, depth)
    dropped = rng.random(depth) < share**LAYERS
    return np.where(dropped, 0, stay), np.where(dropped, 0, neurons)


def stepped(units: Units, sizes: Sizes, rng: np.random.Generator) -> Sizes:
    """One step in one layer: a group more or less, or the next width; no attention may be left."""
    groups, places = sizes[0].copy(), np.searchsorted(units.widths, sizes[1])
    changed, most = (groups, len(units.groups[0])) if rng.random() < 1 / 2 else (places, len(units.widths) - 1)
    layer = int(rng.integers(units.depth))
    ways = [step for step in (-1, 1) if 0 <= changed[layer] + step <= most]
    changed[layer] += ways[int(rng.integers(len(ways)))]
    return groups, np.array(units.widths)[places]
