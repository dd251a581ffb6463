"""Rules of signs, against what numbers of these signs really give: never wrong, and as much as can be known."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import pytest

from lpzero.formula.signs import kept, of_difference, of_product, of_sum, turned
from lpzero.operands.operand import Sign

NUMBERS: dict[Sign, tuple[float, ...]] = {
    "any": (-2.0, -1.0, 0.0, 1.0, 2.0),
    "nonnegative": (0.0, 1.0, 2.0),
    "nonpositive": (-2.0, -1.0, 0.0),
}


def sign_of(values: Iterable[float]) -> Sign:
    """The narrowest sign that all of them have."""
    found = list(values)
    if all(value >= 0 for value in found):
        return "nonnegative"
    return "nonpositive" if all(value <= 0 for value in found) else "any"


@pytest.mark.parametrize("sign", list(NUMBERS))
def test_one_argument(sign: Sign) -> None:
    assert kept(sign) == sign_of(NUMBERS[sign])
    assert turned(sign) == sign_of(-value for value in NUMBERS[sign])
    assert turned(turned(sign)) == sign


@pytest.mark.parametrize(
    ("rule", "function"),
    [
        (of_sum, lambda x, y: x + y),
        (of_difference, lambda x, y: x - y),
        (of_product, lambda x, y: x * y),
    ],
)
@pytest.mark.parametrize(("one", "other"), list(itertools.product(NUMBERS, NUMBERS)))
def test_two_arguments(
    rule: Callable[[Sign, Sign], Sign], function: Callable[[float, float], float], one: Sign, other: Sign
) -> None:
    pairs = itertools.product(NUMBERS[one], NUMBERS[other])
    assert rule(one, other) == sign_of(function(x, y) for x, y in pairs)
