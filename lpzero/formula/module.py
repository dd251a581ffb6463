"""Formulas as modules of PyTorch: operands in, the score out, differentiable as far as its primitives are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.formula.formula import Formula

Layers = dict[int, Tensor]
"""One value a layer that has one."""


class FormulaModule(nn.Module):
    """A formula as a module without parameters.

    Args:
        formula: A formula of type scalar.

    Raises:
        InputError: It is no scalar.

    >>> from lpzero.formula import parse
    >>> module = FormulaModule(parse("sum(l1(weight * grad))"))
    >>> module({"weight": [[torch.ones(2)], []], "grad": [[torch.full((2,), 3.0)], []]}).item()
    6.0
    """

    def __init__(self, formula: Formula) -> None:
        super().__init__()
        if formula.type.level != "scalar":
            raise InputError(f"expected a formula of type scalar, found {formula.type}")
        self.formula = formula

    def forward(self, operands: Mapping[str, Any]) -> Tensor:
        """The value of the formula.

        Args:
            operands: What the module that ``lpzero export --format python`` writes takes: for each operand one list a
                layer with the layer's tensors in it (numbers, of a fan-in or fan-out), or one number where it counts
                the whole model. Layer 0 is the embedding; a layer without the operand has an empty list.

        Returns:
            () float64.

        Raises:
            InputError: An operand of the formula is missing.
        """
        if self.formula.unit_operands:
            raise InputError(
                f"expected a formula about whole models, found {self.formula}, which is about units: "
                "lpzero export --format python writes it as a function"
            )
        missing = sorted({*self.formula.operands, *self.formula.shape_operands} - set(operands))
        if missing:
            raise InputError(f"expected the operands of {self.formula}, found no {', '.join(missing)}")
        value: Tensor = _value(self.formula, operands, {})
        return value

    def extra_repr(self) -> str:
        """The text of the formula."""
        return str(self.formula)


def _value(part: Formula, operands: Mapping[str, Any], known: dict[str, Any]) -> Any:
    """The value of a part: tensors layer by layer, a value a layer, or one number; each distinct part once."""
    if part.text not in known:
        arguments = [_value(argument, operands, known) for argument in part.arguments]
        known[part.text] = _applied(part, arguments) if part.primitive is not None else _read(part, operands)
    return known[part.text]


def _read(part: Formula, operands: Mapping[str, Any]) -> Any:
    if part.value is not None:
        return torch.tensor(part.value, dtype=torch.float64)
    found = operands[part.name]
    if part.type.level == "tensor":
        return found
    if part.type.level == "scalar":
        return torch.tensor(found, dtype=torch.float64)
    return {i: torch.tensor(layer, dtype=torch.float64).sum() for i, layer in enumerate(found) if layer}


def _applied(part: Formula, arguments: Sequence[Any]) -> Any:
    assert part.primitive is not None
    function, kind = part.primitive.function, part.primitive.kind
    level, first = part.arguments[0].type.level, arguments[0]
    if kind == "reduction":
        return _reduced(function, first)
    if kind == "aggregation":
        values = list(first.values())
        return function(torch.stack(values) if values else torch.zeros(0, dtype=torch.float64), None)
    if kind == "normalise":
        return _normalised(function, first, layers=level == "layers")
    if all(isinstance(argument, Tensor) for argument in arguments):
        return function(*arguments)
    return (
        _by_layers(function, arguments)
        if any(isinstance(a, dict) for a in arguments)
        else _by_tensors(function, arguments)
    )


def _reduced(function: Any, layers: Sequence[Sequence[Tensor]]) -> Layers:
    """Every tensor as one number, and those of a layer added."""
    found = {i: [function(tensor.reshape(-1).float(), None) for tensor in layer] for i, layer in enumerate(layers)}
    return {i: torch.stack(values).double().sum() for i, values in found.items() if values}


def _normalised(function: Any, value: Any, *, layers: bool) -> Any:
    if layers:
        return dict(zip(value, function(torch.stack(list(value.values())), None), strict=True)) if value else {}
    return [[function(tensor.reshape(-1), None).reshape(tensor.shape) for tensor in layer] for layer in value]


def _by_tensors(function: Any, operands: Sequence[Any]) -> list[list[Tensor]]:
    columns = zip(*operands, strict=True)
    return [[function(*tensors) for tensors in zip(*layer, strict=True)] for layer in columns]


def _by_layers(function: Any, values: Sequence[Any]) -> Layers:
    """Layer by layer, where all have a value; a constant stands for every layer."""
    layers = [value for value in values if isinstance(value, dict)]
    shared = [i for i in layers[0] if all(i in other for other in layers[1:])]
    return {i: function(*(value[i] if isinstance(value, dict) else value for value in values)) for i in shared}
