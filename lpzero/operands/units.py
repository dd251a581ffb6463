"""THE table of operands of units: what a formula may refer to that a trained checkpoint shows of its units.

A unit is a neuron of a feed-forward or a key-value group with its query heads. What a formula scores is a replacement:
some units of one part of one layer are removed. Operands are tensors whose axes have names; a formula reduces them one
by one, in the order that it says. Gradients are those of the loss summed over a window, of the text's own tokens or of
tokens that are drawn from the model's predictions: the labels are part of the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lpzero.operands.operand import Sign

Labels = Literal["text", "sampled"]
Axis = Literal["choices", "windows", "tokens", "units", "channels", "features"]

CHOICES: Axis = "choices"
"""The axis of replacements, which stands in the place of units once what is removed of them was reduced."""
UNITS: Axis = "units"
AXES: tuple[Axis, ...] = (CHOICES, "windows", "tokens", UNITS, "channels", "features")
"""All axes, in the order in which a tensor has those that it has.

``channels`` are the numbers that one unit puts out: one of a neuron, those of all query heads of a group. ``features``
are those of the residual stream.
"""


@dataclass(frozen=True)
class UnitOperand:
    """One row of the table.

    Attributes:
        name: The word that formulas use.
        axes: Its axes, in the order of ``AXES``; empty where it is one number a replacement.
        latex: Its symbol.
        meaning: One line for people.
        sign: The sign that every element is known to have.
        labels: Whose gradient it is; None where it needs none.
    """

    name: str
    axes: tuple[Axis, ...]
    latex: str
    meaning: str
    sign: Sign = "any"
    labels: Labels | None = None


_PUT_OUT: tuple[Axis, ...] = ("windows", "tokens", UNITS, "channels")
_GATES: tuple[Axis, ...] = ("windows", "tokens", UNITS)
_STREAM: tuple[Axis, ...] = ("windows", "tokens", "features")
_OF_WEIGHTS: tuple[Axis, ...] = (UNITS,)

UNIT_OPERANDS: dict[str, UnitOperand] = {
    row.name: row
    for row in (
        UnitOperand("unit_output", _PUT_OUT, "u", "what units put out"),
        UnitOperand("unit_grad", _PUT_OUT, r"\nabla u", "its gradient, labels of the text", labels="text"),
        UnitOperand(
            "sampled_unit_grad", _PUT_OUT, r"\tilde\nabla u", "its gradient, labels drawn from the model's predictions",
            labels="sampled",
        ),
        UnitOperand(
            "gate_grad", _GATES, r"\nabla z", "gradient of a gate of 1 on each unit: channels of output by gradient",
            labels="text",
        ),
        UnitOperand(
            "sampled_gate_grad", _GATES, r"\tilde\nabla z", "the same with labels drawn from the model's predictions",
            labels="sampled",
        ),
        UnitOperand(
            "unit_weight_in", _OF_WEIGHTS, r"w^{\mathrm{in}}", "squared norms of the weights that make units (values)",
            sign="nonnegative",
        ),
        UnitOperand(
            "unit_weight_out", _OF_WEIGHTS, r"w^{\mathrm{out}}", "squared norms of the weights that carry units on",
            sign="nonnegative",
        ),
        UnitOperand("layer_input", _STREAM, "h", "residual stream before the layer"),
        UnitOperand("layer_output", _STREAM, "h'", "residual stream behind the layer"),
        UnitOperand("removed_share", (), "r", "share of the part's units that is removed", sign="nonnegative"),
        UnitOperand("layer_place", (), r"\ell", "place of the layer, 0 for the first, 1 the last", sign="nonnegative"),
    )
}  # fmt: skip
