"""Which single replacements a table of choices holds: nested sets of units of one part of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lpzero.compression.choosing.importance import KINDS, Kind, LayerScores
from lpzero.compression.choosing.measured import Replacement
from lpzero.compression.choosing.menu import widths_of
from lpzero.compression.cutting.layout import Layout


@dataclass(frozen=True)
class Part:
    """One part of one layer, and what is removed of it.

    Attributes:
        layer: Which layer.
        kind: Which part of it.
        order: All of its units, the first to go first.
        removed: Of each replacement how many go, increasing, at least 1.
    """

    layer: int
    kind: Kind
    order: tuple[int, ...]
    removed: tuple[int, ...]

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        """What is measured, in the order of ``removed``."""
        return tuple(Replacement(self.layer, self.kind, tuple(sorted(self.order[number:]))) for number in self.removed)


def parts_of(layout: Layout, scores: Sequence[LayerScores], widths: int) -> tuple[Part, ...]:
    """The parts of all layers: attention with none to all but one of its groups, a feed-forward at some widths.

    Args:
        layout: The shape of the checkpoint.
        scores: Of each layer, the order in which units stay.
        widths: Widths of a feed-forward, none among them and all not.
    """
    stay = {"groups": range(layout.groups), "neurons": widths_of(layout.neurons, widths)[:-1]}
    total = {"groups": layout.groups, "neurons": layout.neurons}
    return tuple(
        Part(
            layer,
            kind,
            tuple(reversed(one.order[kind].order())),
            tuple(sorted(total[kind] - number for number in stay[kind])),
        )
        for layer, one in enumerate(scores)
        for kind in KINDS
    )
