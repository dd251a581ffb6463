"""The table of operands of units."""

from __future__ import annotations

from lpzero.operands.operand import OPERANDS
from lpzero.operands.shape import SHAPE_OPERANDS
from lpzero.operands.units import AXES, CHOICES, UNIT_OPERANDS, UNITS


def test_names_are_those_of_no_other_operand() -> None:
    assert not UNIT_OPERANDS.keys() & {*OPERANDS, *SHAPE_OPERANDS}


def test_axes_stand_in_their_order_and_none_is_of_choices() -> None:
    for row in UNIT_OPERANDS.values():
        assert list(row.axes) == [axis for axis in AXES if axis in row.axes]
        assert CHOICES not in row.axes


def test_each_gradient_says_its_labels_and_each_kind_of_labels_has_both() -> None:
    gradients = {name: row for name, row in UNIT_OPERANDS.items() if row.labels is not None}
    assert {name for name in gradients if name.endswith("grad")} == set(gradients)
    for labels in ("text", "sampled"):
        assert len([row for row in gradients.values() if row.labels == labels and UNITS in row.axes]) == 2
