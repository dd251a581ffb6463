"""Formulas as MathML, which browsers show without a font or a script."""

from __future__ import annotations

from lpzero.errors import InputError
from lpzero.formula import parse
from lpzero.formula.export import to_sympy

LONGEST = 1_500
"""Letters of the longest formula that is written so: what is longer nobody reads as a formula."""


def to_mathml(text: str) -> str:
    """A formula as an element of MathML; empty for one that is too long, or none that this version reads.

    >>> to_mathml("depth")
    '<math display="block"><mi>depth</mi></math>'
    """
    from sympy.printing.mathml import mathml

    if len(text) > LONGEST:
        return ""
    try:
        expression = to_sympy(parse(text))
    except InputError:
        return ""
    # a name has many letters: without a sign between them two would be read as one
    shown = mathml(expression, printer="presentation", mul_symbol="dot")
    return f'<math display="block">{shown}</math>'
