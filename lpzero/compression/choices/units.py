"""What the units of a checkpoint do, as operands of formulas: one pass forward, one backward for each labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lpzero.compression.choices.watching import Watched, watched
from lpzero.compression.choosing.importance import KINDS, Kind, unit_weights
from lpzero.compression.choosing.products import drawn
from lpzero.compression.cutting.layout import Layout, blocks_of
from lpzero.compression.losses import asked, logits_of
from lpzero.compression.texts import Windows
from lpzero.formula.units import UnitSource
from lpzero.operands.units import UNIT_OPERANDS, UNITS, Labels
from lpzero.seeds import derived_seed

GRADS: Mapping[Labels, str] = {
    row.labels: name for name, row in UNIT_OPERANDS.items() if row.labels is not None and "channels" in row.axes
}
"""The gradient of what a unit puts out, by its labels."""
GATES: Mapping[str, str] = {
    name: GRADS[row.labels]
    for name, row in UNIT_OPERANDS.items()
    if row.labels is not None and name != GRADS[row.labels]
}
"""Gradients of gates, by the gradients that they are made of."""
OUTPUT, INPUTS, OUTPUTS = "unit_output", "layer_input", "layer_output"
WEIGHTS_IN, WEIGHTS_OUT, PLACE = "unit_weight_in", "unit_weight_out", "layer_place"


@dataclass(frozen=True)
class PartUnits:
    """What the units of one part of one layer do.

    Attributes:
        layer: Which layer.
        kind: Which part of it.
        place: Of the layer, 0 for the first one and 1 for the last.
        arrays: Operands by name, in the axes of the table; gradients of gates follow from the others.
    """

    layer: int
    kind: Kind
    place: float
    arrays: Mapping[str, Tensor]

    @property
    def number(self) -> int:
        """How many units there are."""
        return len(self.arrays[WEIGHTS_OUT])

    def source(self, order: Sequence[int], removed: Sequence[int]) -> UnitSource:
        """The operands for choices of what is removed.

        Args:
            order: Units in the order in which they go; those that no choice removes may be left out.
            removed: Of each choice how many of the first go, increasing, at least 1.
        """
        places = torch.tensor(order, dtype=torch.long)

        def read(name: str) -> Tensor:
            if name == PLACE:
                return torch.tensor(self.place)
            if name in GATES:
                return (read(OUTPUT) * read(GATES[name])).sum(-1)
            axes, array = UNIT_OPERANDS[name].axes, self.arrays[name].float()
            return array.index_select(axes.index(UNITS), places) if UNITS in axes else array

        return UnitSource(read, self.number, removed)


def arrays_for(names: Iterable[str]) -> frozenset[str]:
    """The arrays that some operands are read from."""
    every = {name: (OUTPUT, GATES[name]) if name in GATES else (name,) for name in names}
    return frozenset(array for arrays in every.values() for array in arrays if UNIT_OPERANDS[array].axes)


def look(
    model: nn.Module,
    layout: Layout,
    windows: Windows,
    *,
    arrays: frozenset[str],
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> tuple[PartUnits, ...]:
    """Read what the units of every layer do.

    Gradients are those of the loss summed over a window. Nothing of the model is changed, and no parameter has a
    gradient afterwards.

    Args:
        model: The checkpoint, in evaluation mode.
        layout: Where its units are.
        windows: What it is asked.
        arrays: Names of those that are wanted; weights are always there.
        dtype: What values are kept in.
        seed: Of labels that are drawn.

    Returns:
        The parts of the first layer, then of the next.
    """
    found: list[list[dict[str, Tensor]]] = []
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(derived_seed(seed, "labels"))
    wanted_grads = {labels: name for labels, name in GRADS.items() if name in arrays}
    for inputs, wanted in zip(torch.split(windows.inputs, 1), torch.split(windows.labels, 1), strict=True):
        with watched(model, layout) as seen:
            logits = logits_of(model, inputs.to(device))[0][asked(wanted[0])].float()
            answers: dict[Labels, Tensor] = {"text": wanted[0][asked(wanted[0])].to(device)}
            if "sampled" in wanted_grads:
                answers["sampled"] = drawn(logits, generator)
            gradients = _gradients(seen, logits, {name: answers[labels] for labels, name in wanted_grads.items()})
        found.append(
            [
                {name: array.to(dtype).cpu() for name, array in one.items() if name in arrays}
                for one in _read(layout, seen, gradients)
            ]
        )
    return tuple(_together(model, layout, found))


def _gradients(seen: Watched, logits: Tensor, answers: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
    losses = {name: functional.cross_entropy(logits, labels, reduction="sum") for name, labels in answers.items()}
    return {
        name: torch.autograd.grad(loss, [*seen.heads, *seen.inner], retain_graph=place < len(losses) - 1)
        for place, (name, loss) in enumerate(losses.items())
    }


def _read(layout: Layout, seen: Watched, gradients: Mapping[str, tuple[Tensor, ...]]) -> list[dict[str, Tensor]]:
    """The arrays of each part, a window of them."""
    shapes: dict[Kind, tuple[int, ...]] = {
        "groups": (1, -1, layout.groups, layout.group_width),
        "neurons": (1, -1, layout.neurons, 1),
    }
    found = []
    for layer, streams in enumerate(seen.streams):
        for kind in KINDS:
            put_out = seen.heads[layer] if kind == "groups" else seen.inner[layer]
            place = layer if kind == "groups" else layout.depth + layer
            arrays = {OUTPUT: put_out.detach(), **{name: grads[place] for name, grads in gradients.items()}}
            made = {name: array.reshape(shapes[kind]) for name, array in arrays.items()}
            found.append({**made, INPUTS: streams[0], OUTPUTS: streams[1]})
    return found


def _together(model: nn.Module, layout: Layout, windows: Sequence[Sequence[Mapping[str, Tensor]]]) -> list[PartUnits]:
    found = []
    for layer, block in enumerate(blocks_of(model, layout)):
        weights = unit_weights(block, layout)
        for offset, kind in enumerate(KINDS):
            parts = [window[len(KINDS) * layer + offset] for window in windows]
            arrays = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
            arrays |= {WEIGHTS_IN: weights[kind].before, WEIGHTS_OUT: weights[kind].after}
            found.append(PartUnits(layer, kind, layer / max(1, layout.depth - 1), arrays))
    return found
