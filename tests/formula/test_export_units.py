"""The calls of a Python module that computes a formula of units."""

from __future__ import annotations

from lpzero.formula.export_units import call_on_units
from lpzero.formula.parse import parse_part


def test_axes_become_places_and_what_is_missing_is_spread() -> None:
    assert call_on_units(parse_part("sum_tokens(gate_grad)"), ["v0"]) == "over(total, v0, 1)"
    removed = "over_removed(total, v0, 2, operands['removed'])"
    assert call_on_units(parse_part("sum_units(gate_grad)"), ["v0"]) == removed
    product = parse_part("gate_grad * unit_weight_in")
    assert call_on_units(product, ["v0", "v1"]) == "mul(v0, spread(v1, [False, False, True]))"
