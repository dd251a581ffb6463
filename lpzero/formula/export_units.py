"""The text of a Python module that computes a formula of units, for one replacement at a time."""

from __future__ import annotations

from lpzero.formula.formula import Formula
from lpzero.operands.units import CHOICES, UNITS

UNITS_HEADER = '''"""The importance of units of a trained language model, exported by lpzero.

    {formula}

score(operands) takes, for each operand, one tensor with the axes that are named, or one number:
{meanings}
    operands["removed"]: (units,) bool, the units of one part of one layer that are removed
and returns one number: what it is expected to cost that they go, up to scale. {direction}
"""

import torch
from torch import Tensor

EPS = {eps!r}
'''

UNITS_BODY = '''
def over(function, x, axis):
    """Reduce one axis."""
    return function(x.movedim(axis, -1), None)


def over_removed(function, x, axis, removed):
    """Reduce the units that are removed."""
    return function(x.movedim(axis, -1)[..., removed], None)


def spread(x, present):
    """Put an axis of length 1 wherever one is missing."""
    shape = iter(x.shape)
    return x.reshape([next(shape) if there else 1 for there in present])


def score(operands):
    """The value of the importance."""
{lines}
    return float({result})
'''


def call_on_units(part: Formula, arguments: list[str]) -> str:
    """A call on tensors with named axes; of one replacement there is no axis of choices."""
    assert part.primitive is not None
    function, axis = part.primitive.function.__name__, part.primitive.axis
    axes = [[one for one in argument.type.axes if one != CHOICES] for argument in part.arguments]
    if axis is None:
        whole = max(axes, key=len)
        spread = [
            name if own == whole else f"spread({name}, {[one in own for one in whole]})"
            for name, own in zip(arguments, axes, strict=True)
        ]
        return f"{function}({', '.join(spread)})"
    place = axes[0].index(axis)
    if axis == UNITS:
        return f"over_removed({function}, {arguments[0]}, {place}, operands['removed'])"
    return f"over({function}, {arguments[0]}, {place})"
