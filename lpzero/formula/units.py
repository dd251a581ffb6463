"""Values of units: tensors with named axes, and the choices among whose units some are removed.

What is removed of one part of one layer are nested sets: units stand in the order in which they go, and each choice
removes so many of the first. What is reduced over units is reduced over those that are removed, once for each choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.formula import functions
from lpzero.formula.formula import Formula
from lpzero.formula.values import OperandSource, SiteRows, TensorValue
from lpzero.operands.units import CHOICES, UNIT_OPERANDS, UNITS, Axis


@dataclass(frozen=True)
class UnitTensor:
    """A tensor with named axes.

    Attributes:
        axes: Their names, in the order of :data:`lpzero.operands.units.AXES`.
        values: A dimension for each axis.
        removed: Of each choice how many of the first units go, increasing, at least 1.
    """

    axes: tuple[Axis, ...]
    values: Tensor
    removed: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Memory that the values hold, in bytes."""
        return self.values.nbytes

    def spread(self, axes: Sequence[Axis]) -> Tensor:
        """The values with a dimension for each of some axes, of length 1 where there was none."""
        shape = iter(self.values.shape)
        return self.values.reshape([next(shape) if axis in self.axes else 1 for axis in axes])


class UnitSource(OperandSource):
    """The operands of one part of one layer of a checkpoint, for some choices of what is removed of it.

    Args:
        read: Gives an operand by its name: float tensors with the axes that the table of operands says, units in the
            order in which they go; one number for an operand without axes but for the share that is removed.
        units: How many units the part has.
        removed: Of each choice how many of the first go, increasing, at least 1.
    """

    exact = True

    def __init__(self, read: Callable[[str], Tensor], units: int, removed: Sequence[int]) -> None:
        self.models = len(removed)
        self._read, self._units, self._removed = read, units, tuple(removed)
        self._known: dict[str, UnitTensor] = {}

    def units(self, name: str) -> UnitTensor:
        """The value of an operand by its name."""
        found = self._known.get(name)
        if found is None:
            found = UnitTensor(UNIT_OPERANDS[name].axes, self._read(name).float(), self._removed)
            self._known[name] = found
        return found

    def count(self, name: str) -> Tensor:
        """One number for each choice, (choices,) float64; raises InputError for what only a whole model has."""
        if name not in UNIT_OPERANDS:
            raise _foreign(name)
        if name == "removed_share":
            return torch.tensor(self._removed, dtype=torch.float64) / self._units
        return self.filled(float(self._read(name)))

    def filled(self, value: float) -> Tensor:
        """One number for every choice, (choices,) float64."""
        return torch.full((self.models,), value, dtype=torch.float64)

    def tensor(self, name: str) -> TensorValue:
        """Never there: raises InputError."""
        raise _foreign(name)

    def fans(self, name: str) -> tuple[SiteRows, Tensor]:
        """Never there: raises InputError."""
        raise _foreign(name)


def _foreign(name: str) -> InputError:
    return InputError(
        f"{name} is an operand of whole models: of the units of a checkpoint there are {', '.join(UNIT_OPERANDS)}"
    )


def on_units(formula: Formula, parts: list[UnitTensor]) -> Any:
    """The value of a primitive on units: a tensor with axes, or (choices,) float64 where none is left.

    Args:
        formula: The primitive with its arguments.
        parts: The values of the arguments.
    """
    row, first = formula.primitive, parts[0]
    assert row is not None
    if row.axis is None:
        axes = _axes(parts)
        return UnitTensor(axes, row.function(*(part.spread(axes) for part in parts)), first.removed)
    along = first.values.movedim(first.axes.index(row.axis), -1)
    left = tuple(axis for axis in first.axes if axis != row.axis)
    if row.axis == UNITS:
        found = over_removed(row.function, along, first.removed)
        left = (CHOICES, *left)
    else:
        found = row.function(along, None)
    if formula.type.level != "scalar":
        return UnitTensor(left, found, first.removed)
    return found.double() if left else found.double().expand(len(first.removed))


def _axes(parts: Sequence[UnitTensor]) -> tuple[Axis, ...]:
    return max((part.axes for part in parts), key=len)


def over_removed(function: Callable[..., Tensor], x: Tensor, removed: Sequence[int]) -> Tensor:
    """Reduce what each choice removes; what nested sets share is reduced once.

    Args:
        function: One of those of the table that reduce an axis: the total, the mean or the maximum.
        x: (..., units), in the order in which they go.
        removed: Of each choice how many of the first go, increasing, at least 1.

    Returns:
        (choices, ...).
    """
    pieces = x[..., : removed[-1]].tensor_split(list(removed[:-1]), dim=-1)
    if function is functions.maximum:
        return torch.stack([piece.amax(-1) for piece in pieces]).cummax(0).values
    # what few units do stands in doubles beside what many do
    sums = torch.stack([piece.sum(-1) for piece in pieces]).double().cumsum(0)
    if function is functions.mean:
        sums = sums / torch.tensor(removed, dtype=sums.dtype).reshape(-1, *[1] * (sums.ndim - 1))
    return sums.float()
