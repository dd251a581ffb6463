"""Evaluate formulas: interpreted, vectorised over models, every distinct part computed once and remembered.

Parts are remembered under their canonical text, so that formulas which share a part share its value, within a
memory limit; the least recently used goes first. Results do not depend on what is remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.formula.formula import Formula
from lpzero.formula.keys import canonical
from lpzero.formula.values import Source, TensorValue

MEMORY_LIMIT = 512 * 2**20


@dataclass(frozen=True)
class LayerValues:
    """One value a layer.

    Attributes:
        values: (models, layers) float64, 0 where there is none.
        present: (models, layers) bool.
    """

    values: Tensor
    present: Tensor

    @property
    def nbytes(self) -> int:
        """Memory that the value holds, in bytes."""
        return self.values.nbytes + self.present.nbytes


class Evaluator:
    """Evaluates formulas on one source of operands.

    Args:
        source: Sketches of many models, or the exact operands of one.
        memory_limit: Bytes of remembered parts, at least 0.

    A layer that lacks an operand has no value for it; two layer-wise values combine where both have one. A sum over
    no layers is 0 and a mean over none is not a number.
    """

    def __init__(self, source: Source, memory_limit: int = MEMORY_LIMIT) -> None:
        self._source = source
        self._limit = memory_limit
        self._memory: OrderedDict[str, Any] = OrderedDict()
        self._held = 0

    def scores(self, formula: Formula) -> np.ndarray:
        """The value of a formula for every model, (models,) float64, not finite where it overflows.

        Raises:
            InputError: The formula is no scalar, or needs a tensor's axes and the source is sketched.
        """
        if formula.type.level != "scalar":
            raise InputError(f"expected a formula of type scalar, found {formula.type}")
        if formula.needs_axes and not self._source.exact:
            raise InputError(f"{formula} needs the axes of its tensors: evaluate it exactly, not on sketches")
        with torch.no_grad():
            value: Tensor = self._value(canonical(formula))
        scores: np.ndarray = value.cpu().numpy().astype(np.float64)
        return scores

    def _value(self, formula: Formula) -> Any:
        key = formula.text
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        value = self._compute(formula)
        self._remember(key, value)
        return value

    def _remember(self, key: str, value: Any) -> None:
        if value.nbytes > self._limit:
            return
        self._memory[key] = value
        self._held += value.nbytes
        while self._held > self._limit:
            _, dropped = self._memory.popitem(last=False)
            self._held -= dropped.nbytes

    def _compute(self, formula: Formula) -> Any:
        if formula.primitive is None:
            return self._source.tensor(formula.name)
        parts = [self._value(argument) for argument in formula.arguments]
        level = formula.arguments[0].type.level
        if level == "tensor":
            return _on_tensors(formula, parts)
        if level == "layers":
            return _on_layers(formula, parts)
        return formula.primitive.function(*parts)


def _on_tensors(formula: Formula, parts: list[TensorValue]) -> Any:
    row = formula.primitive
    assert row is not None
    first, *others = parts
    if row.kind == "elementwise":
        return first.elementwise(row.function, *others)
    if row.kind == "normalise":
        return first.normalise(row.function)
    if row.kind == "axes":
        return first.axes(row.function, *others)
    return LayerValues(first.rows.gather(first.reduce(row.function)), first.rows.present)


def _on_layers(formula: Formula, parts: list[LayerValues]) -> Any:
    row = formula.primitive
    assert row is not None
    present = parts[0].present
    for part in parts[1:]:
        present = present & part.present
    weights = present.double()
    if row.kind == "aggregation":
        return row.function(parts[0].values, weights)
    if row.kind == "normalise":
        values = row.function(parts[0].values, weights)
    else:
        values = row.function(*(part.values for part in parts))
    return LayerValues(torch.where(present, values, torch.zeros_like(values)), present)
