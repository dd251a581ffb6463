"""Evaluate formulas: interpreted, vectorised over models, every distinct part computed once and remembered.

Parts are remembered under their canonical text, so that formulas which share a part share its value, within a
memory limit (see :mod:`lpzero.formula.memory`). Results do not depend on what is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.formula.formula import Formula
from lpzero.formula.keys import canonical
from lpzero.formula.memory import Memory
from lpzero.formula.units import UnitSource, on_units
from lpzero.formula.values import OperandSource, TensorValue

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
        """Memory that the value holds, in bytes; masks are shared."""
        return self.values.nbytes


class Evaluator:
    """Evaluates formulas on one source of operands.

    Args:
        source: Sketches of many models, or the exact operands of one.
        memory_limit: Bytes of remembered parts, at least 0.
        memory: What is remembered of the same models already; it has a limit of its own.

    A layer that lacks an operand has no value for it; two layer-wise values combine where both have one. A sum over
    no layers is 0; a mean over none, and the first or last of none, is not a number.
    """

    def __init__(
        self, source: OperandSource, memory_limit: int = MEMORY_LIMIT, *, memory: Memory | None = None
    ) -> None:
        self._source = source
        self._memory = Memory(memory_limit) if memory is None else memory

    def scores(self, formula: Formula) -> np.ndarray:
        """The value of a formula for every model, (models,) float64, not finite where it overflows.

        Raises:
            InputError: The formula is no scalar, or needs a tensor's axes and the source is sketched.
        """
        scores: np.ndarray = self.score_tensor(formula).cpu().numpy().astype(np.float64)
        return scores

    def score_tensor(self, formula: Formula) -> Tensor:
        """The same as a float64 tensor where the operands lie: nothing waits for a device; raises alike."""
        if formula.type.level != "scalar":
            raise InputError(f"expected a formula of type scalar, found {formula.type}")
        if formula.needs_axes and not self._source.exact:
            raise InputError(f"{formula} needs the axes of its tensors: evaluate it exactly, not on sketches")
        if formula.unit_operands and not isinstance(self._source, UnitSource):
            named = ", ".join(sorted(formula.unit_operands))
            raise InputError(
                f"{formula} is about units of a trained checkpoint ({named}): expected a formula about a whole model; "
                "it is one for a table of choices, or the importance of lpzero compress"
            )
        with torch.no_grad():
            value: Tensor = self._value(canonical(formula))
        # behind the models there may be some that fill up a vector
        return value[: self._source.models]

    def _value(self, formula: Formula) -> Any:
        if formula.primitive is None:
            # the source holds its operands itself
            return self._leaf(formula)
        key, tensor = formula.text, formula.type.level in ("tensor", "units")
        value = self._memory.get(key, tensor=tensor)
        if value is None:
            value = self._compute(formula)
            self._memory.put(key, value, tensor=tensor)
        return value

    def _leaf(self, formula: Formula) -> Any:
        if formula.value is not None:
            filled = self._source.filled(formula.value)
            if formula.type.level == "scalar":
                return filled
            # beside layers a constant has its value in every one of them
            return LayerValues(filled[:, None], torch.ones_like(filled[:, None], dtype=torch.bool))
        if formula.type.level == "scalar":
            return self._source.count(formula.name)
        if formula.type.level == "units":
            assert isinstance(self._source, UnitSource)
            return self._source.units(formula.name)
        if formula.type.level == "layers":
            rows, values = self._source.fans(formula.name)
            return LayerValues(rows.gather(values), rows.present)
        return self._source.tensor(formula.name)

    def _compute(self, formula: Formula) -> Any:
        if formula.primitive is not None and formula.primitive.kind == "reduction":
            known = self._source.reduced(formula)
            if known is not None:
                rows, values = known
                return LayerValues(rows.gather(values), rows.present)
        parts = [self._value(argument) for argument in formula.arguments]
        level = formula.arguments[0].type.level
        if level == "units":
            return on_units(formula, parts)
        if level == "tensor":
            return _on_tensors(formula, parts)
        if level == "layers":
            return _on_layers(formula, parts)
        assert formula.primitive is not None
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
        # values of one operand share the very mask
        present = present if part.present is present else present & part.present
    if row.kind == "aggregation":
        return row.function(parts[0].values, present.double())
    if row.kind == "normalise":
        values = row.function(parts[0].values, present.double())
    else:
        values = row.function(*(part.values for part in parts))
    return LayerValues(torch.where(present, values, 0.0), present)
