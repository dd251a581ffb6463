"""The branches that a regression is told, against sums over whole tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from lpzero.engines import Workers
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.predictors.branches import BRANCHES, branch_formulas, branch_rows
from lpzero.predictors.description import Source
from lpzero.spaces.space import SearchSpace


def rows_of(source: Source, architectures: Any, probe: Probe) -> list[dict[str, float] | str]:
    with Workers().open() as engine:
        return branch_rows(
            source.space, architectures, probe, home=source.home, engine=engine, progress=lambda done, total: None
        )


def test_they_are_scalars_that_sketches_have_and_none_is_there_twice() -> None:
    assert len(set(BRANCHES)) == len(BRANCHES) == 24
    for formula in branch_formulas():
        assert formula.type.level == "scalar"
        assert not formula.needs_axes


def test_they_are_sums_over_the_tensors_of_a_pass(
    small: SearchSpace, source: Source, drawn: Callable[[int], Any]
) -> None:
    """A sketch that keeps every element is exact."""
    architecture = min(drawn(50), key=lambda one: small.parameter_counts(one)["total"])
    operands = untrained_operands(small, architecture, source.probe)
    largest = max(tensor.numel() for tensors in operands.tensors.values() for tensor in tensors)
    (row,) = rows_of(source, [architecture], replace(source.probe, elements=largest))
    assert isinstance(row, dict)
    weights, grads = operands.tensors["weight"], operands.tensors["grad"]
    saliency = sum(float((w * g).abs().double().sum()) for w, g in zip(weights, grads, strict=True))
    norms = sum(float(torch.linalg.vector_norm(g.double())) for g in grads)
    means = sum(float(a.abs().double().mean()) for a in operands.tensors["activation"])
    assert row["sum(l1(weight * grad))"] == pytest.approx(math.log(saliency), rel=1e-5)
    assert row["sum(frobenius(grad))"] == pytest.approx(math.log(norms), rel=1e-5)
    assert row["sum(mean_abs(activation))"] == pytest.approx(math.log(means), rel=1e-5)


def test_no_number_depends_on_who_is_beside(source: Source, drawn: Callable[[int], Any]) -> None:
    some = drawn(5)
    together = rows_of(source, some, source.probe)
    assert together == [rows_of(source, [one], source.probe)[0] for one in some]


def test_what_cannot_be_built_has_a_reason(broken: Source, drawn: Callable[[int], Any]) -> None:
    (row,) = rows_of(broken, drawn(1), replace(broken.probe, seed=1))
    assert isinstance(row, str)
    assert row.startswith("failed: ")
    assert "out of order" in row
