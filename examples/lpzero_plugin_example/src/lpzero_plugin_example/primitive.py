"""A primitive: the square root of the size, with the sign of what it is taken of."""

from torch import Tensor

from lpzero.formula.primitive import Primitive
from lpzero.formula.signs import kept


def signed_root(x: Tensor) -> Tensor:
    """sign(x) sqrt(|x|)."""
    return x.sign() * x.abs().sqrt()


SIGNED_ROOT = Primitive(
    "signed_root",
    "elementwise",
    arity=1,
    levels=("tensor", "layers", "scalar"),
    function=signed_root,
    sympy=lambda s, x: s.sign(x) * s.sqrt(s.Abs(x)),
    latex=r"\operatorname{{sgn}}\left({x}\right)\sqrt{{\left|{x}\right|}}",
    cost=3,
    sign=kept,
    of_nonnegative="sqrt",
    monotone="any",
)
