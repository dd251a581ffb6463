"""Rules of signs: what is known of the sign of a result, from what is known of its arguments.

A row of the table has one of them where its results have not one sign whatever they are of; each takes the signs of
the arguments, one a place.
"""

from __future__ import annotations

from collections.abc import Callable

from lpzero.operands.operand import Sign

SignRule = Callable[..., Sign]


def kept(x: Sign) -> Sign:
    """The sign of the argument."""
    return x


def turned(x: Sign) -> Sign:
    """The other sign.

    >>> turned("nonnegative"), turned("any")
    ('nonpositive', 'any')
    """
    flip: dict[Sign, Sign] = {"any": "any", "nonnegative": "nonpositive", "nonpositive": "nonnegative"}
    return flip[x]


def of_sum(x: Sign, y: Sign) -> Sign:
    """That of both, where they agree."""
    return x if x == y else "any"


def of_difference(x: Sign, y: Sign) -> Sign:
    """That of the first, where the second has the other one.

    >>> of_difference("nonnegative", "nonpositive"), of_difference("nonnegative", "nonnegative")
    ('nonnegative', 'any')
    """
    return of_sum(x, turned(y))


def of_product(x: Sign, y: Sign) -> Sign:
    """Not negative where both agree, not positive where they do not."""
    if "any" in (x, y):
        return "any"
    return "nonnegative" if x == y else "nonpositive"
