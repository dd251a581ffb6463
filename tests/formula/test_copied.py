"""The functions of primitives as text that needs torch alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.formula import functions
from lpzero.formula.copied import copied

SCALE = 2.5
EPS = 0.5


def scaled(x: Tensor) -> Tensor:
    """Scaled."""
    return torch.clamp(x, min=EPS) * SCALE


def twice(x: Tensor) -> Tensor:
    """Scaled twice."""
    return scaled(scaled(x))


def mathematical(x: Tensor) -> Tensor:
    """Not torch alone."""
    return x * math.pi


def std(x: Tensor, w: Tensor | None) -> Tensor:
    """Another one of a name that there is."""
    return functions.mean(x, w)


def calling_both(x: Tensor, w: Tensor | None) -> Tensor:
    """Names a module of the package."""
    return std(x, w)


def test_what_a_function_calls_stands_before_it() -> None:
    texts = copied([twice])
    assert texts[:2] == ["EPS = 0.5", "SCALE = 2.5"]
    assert [text.splitlines()[0] for text in texts[2:]] == [
        "def scaled(x: Tensor) -> Tensor:",
        "def twice(x: Tensor) -> Tensor:",
    ]


def test_functions_of_the_package_are_copied_without_the_constant_that_every_export_has() -> None:
    names = [text.split("(")[0] for text in copied([functions.zscore])]
    assert names[-2:] == ["def std", "def zscore"]
    assert names.index("def total") < names.index("def mean")
    assert "def numel" in names


def test_what_needs_more_than_torch_is_refused() -> None:
    with pytest.raises(InputError, match="function mathematical: expected torch, numbers and plain functions in it, f"):
        copied([mathematical])
    with pytest.raises(InputError, match=r"function std: .* found functions"):
        copied([calling_both])


def test_two_of_one_name_are_refused() -> None:
    def elsewhere() -> None:
        return None

    elsewhere.__name__ = "scaled"
    with pytest.raises(InputError, match="scaled: expected one function or number of that name in a formula"):
        copied([scaled, elsewhere])
    with pytest.raises(InputError, match="EPS: expected one function or number"):
        copied([scaled, functions.log])


def test_a_function_without_its_text_is_refused() -> None:
    made: dict[str, object] = {}
    exec("def unwritten(x):\n    return x\n", made)  # noqa: S102  (what has no file has no text)
    with pytest.raises(InputError, match="function unwritten: expected its text beside the package, found none"):
        copied([made["unwritten"]])  # type: ignore[list-item]
