"""The laws of a primitive: those of the package keep them, and each law is seen to fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from lpzero.formula.primitives import NAMES
from lpzero.testing import check_primitive, primitive
from lpzero.testing.example import example_operands
from lpzero.testing.primitive import formula_with, given_operands

CALLS: list[int] = []


@pytest.mark.parametrize("name", NAMES)
def test_the_primitives_of_the_package_keep_the_laws(name: str) -> None:
    check_primitive(name)


def counting(x: Tensor) -> Tensor:
    CALLS.append(0)
    return x + len(CALLS)


def writing(x: Tensor) -> Tensor:
    return x.abs_()


def drawing(x: Tensor) -> Tensor:
    return x + 0 * torch.rand(1)


def shortening(x: Tensor) -> Tensor:
    return x[1:]


def narrowing(x: Tensor) -> Tensor:
    return x.double()


def unprotected(x: Tensor) -> Tensor:
    return 1 / x


def whole(x: Tensor, w: Tensor | None) -> Tensor:
    del w
    return x.sum(-1) * 0 + x.abs().sum()


def deaf(x: Tensor, w: Tensor | None) -> Tensor:
    del w
    return x.sum(-1)


def negative(x: Tensor) -> Tensor:
    return -x


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("abs", {"function": counting}, "is the same again, bit for bit"),
        ("abs", {"function": writing}, "leaves its arguments as they were"),
        ("neg", {"function": drawing}, "leaves the global random state of torch as it was"),
        ("neg", {"function": shortening}, "gives the shape"),
        ("neg", {"function": narrowing}, "keeps torch.float32, found torch.float64"),
        ("neg", {"function": unprotected}, "is finite for numbers from"),
        ("l1", {"function": whole}, "works along the last axis"),
        ("sum", {"function": deaf}, "does not see elements of weight 0"),
        ("abs", {"function": negative}, "of any numbers is nonnegative"),
        ("square", {"idempotent": True}, "a second time changes nothing"),
        ("square", {"monotone": "any"}, "keeps the order of numbers"),
        ("square", {"of_nonnegative": "identity"}, "is identity, bit for bit, of what is never negative"),
        ("neg", {"sympy": lambda s, x: 2 * x}, "by its sympy form, found"),
    ],
)
def test_a_row_that_breaks_a_law_is_told_which(
    monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any], sentence: str
) -> None:
    row = replace(NAMES[name][0], **changes)
    monkeypatch.setattr(primitive, "rows_named", lambda _: (row,))
    with pytest.raises(AssertionError, match=sentence):
        check_primitive(name)


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(AssertionError, match="not 'no_such': install the package that brings it"):
        check_primitive("no_such")


def test_operands_are_given_layer_by_layer() -> None:
    formula, operands = formula_with(NAMES["l1"][0]), example_operands()
    given = given_operands(formula, operands)
    assert list(given) == ["weight"]
    assert len(given["weight"]) == operands.depth + 2
    assert sum(map(len, given["weight"])) == len(operands.sites["parameter"])
