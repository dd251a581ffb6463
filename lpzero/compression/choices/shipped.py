"""The importances that have a name, as formulas of units; evolutions begin with them, and are compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lpzero.compression.choosing.importance import Kind
from lpzero.errors import InputError, unknown_name
from lpzero.formula import Formula, parse


@dataclass(frozen=True)
class UnitFormulas:
    """A formula for each part of a layer.

    Attributes:
        groups: Of key-value groups.
        neurons: Of neurons.
    """

    groups: Formula
    neurons: Formula

    @property
    def by_kind(self) -> dict[Kind, Formula]:
        """The same by the names of the parts."""
        return {"groups": self.groups, "neurons": self.neurons}

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The different ones."""
        return tuple(dict.fromkeys((self.groups, self.neurons)))

    @property
    def unit_operands(self) -> frozenset[str]:
        """The operands of units in them."""
        return self.groups.unit_operands | self.neurons.unit_operands


def _both(text: str) -> UnitFormulas:
    return UnitFormulas(parse(text), parse(text))


TAYLOR, MAGNITUDE, BLOCK_INFLUENCE = "taylor", "magnitude", "block_influence"
BY_POSITION = "sum_windows(sum_tokens(square(sum_units(sampled_gate_grad))))"
BY_UNIT = "sum_units(sum_windows(square(sum_tokens(sampled_gate_grad))))"
SHIPPED: Mapping[str, UnitFormulas] = MappingProxyType(
    {
        TAYLOR: UnitFormulas(parse(BY_POSITION), parse(BY_UNIT)),
        "wanda": _both("sum_units(mean_windows(mean_tokens(mean_channels(square(unit_output)))) * unit_weight_out)"),
        MAGNITUDE: _both("sum_units(unit_weight_in + unit_weight_out)"),
        BLOCK_INFLUENCE: _both(
            "1.0 - mean_windows(mean_tokens(sum_features(layer_input * layer_output) / "
            "sqrt(sum_features(square(layer_input)) * sum_features(square(layer_output)))))"
        ),
    }
)
"""Each by its name. Half of Taylor's, divided by the positions at which something is predicted, is nats a token."""


def shipped(name: str) -> UnitFormulas:
    """One of the importances that have a name; raises InputError where there is none of it."""
    if name not in SHIPPED:
        raise unknown_name("importance", name, SHIPPED)
    return SHIPPED[name]


def check_units(formula: Formula) -> Formula:
    """The formula; raises InputError where it is not about units alone."""
    if formula.operands or formula.shape_operands or not formula.unit_operands:
        raise InputError(f"expected a formula of the units of a checkpoint, such as {BY_POSITION}, found {formula}")
    return formula
