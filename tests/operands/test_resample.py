"""Resamples of sketches: what is sure stays, what was drawn is drawn again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource, SketchSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, Site, extract
from lpzero.operands.operand import FAMILIES, SITE_FAMILIES
from lpzero.operands.resample import resampled
from lpzero.operands.sketch import sketch


def test_totals_and_what_is_sure_stay(tiny: Any, tokens: Batch) -> None:
    found = sketch(extract(tiny, tiny.site_map(), tokens), elements=64, seed=0)
    again = resampled(found, np.random.default_rng(0))
    changed = 0
    for family, part in found.sites.items():
        other = again.sites[family]
        assert other.values is part.values
        torch.testing.assert_close(other.weights.double().sum(-1), part.weights.double().sum(-1), rtol=1e-6, atol=0)
        sure = (part.weights == 0) | (part.weights == 1)
        assert torch.equal(other.weights[sure], part.weights[sure])
        changed += int((other.weights != part.weights).sum())
    assert changed > 100
    same = resampled(found, np.random.default_rng(0))
    assert all(torch.equal(same.sites[f].weights, part.weights) for f, part in again.sites.items())


@pytest.mark.parametrize("text", ["sum(l1(hidden))", "sum(std(hidden))", "sum(mean(exp(hidden)))"])
def test_their_spread_is_that_of_other_seeds(text: str) -> None:
    whole = torch.randn(200, 200, generator=torch.Generator().manual_seed(0))
    sites = {family: (Site(1, "only", "operation"),) for family in SITE_FAMILIES}
    operands = Operands(1, 0.0, sites, dict.fromkeys(map(str, FAMILIES), (whole,)))
    formula, rng = parse(text), np.random.default_rng(0)
    sketches = [sketch(operands, elements=256, seed=seed) for seed in range(60)]
    estimates = [float(Evaluator(SketchSource([one])).scores(formula)[0]) for one in sketches]
    resamples = [resampled(sketches[0], rng) for _ in range(60)]
    spread = np.std([float(Evaluator(SketchSource([one])).scores(formula)[0]) for one in resamples])
    exact = float(Evaluator(ExactSource(operands)).scores(formula)[0])
    apart = np.sqrt(np.mean((np.array(estimates) - exact) ** 2))
    assert 0.7 * apart < spread < 2.5 * apart
