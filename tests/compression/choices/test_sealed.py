"""The sealed test: figures against scipy's, and differences paired over layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import stats

from lpzero.compression.choices.scores import evaluator_of
from lpzero.compression.choices.sealed import FOUND, sealed_test
from lpzero.compression.choices.shipped import SHIPPED, UnitFormulas
from lpzero.formula import parse
from tests.compression.choices.made import made


def test_figures_are_those_of_the_scores(tmp_path: Path) -> None:
    table = made(tmp_path, depth=6)
    places = [place for place, record in enumerate(table.records) if record.layer > 1]
    formula = parse("removed_share")
    test = sealed_test(table, places, UnitFormulas(formula, formula), sign=-1.0, sealed=True, seed=0)
    assert (test.layers, test.n, test.sealed) == ([2, 3, 4, 5], len(places), True)
    found, taylor, *_ = test.importances
    assert [one.name for one in test.importances] == [FOUND, *SHIPPED]
    quality = table.divergences[places]
    scores = -evaluator_of([table], [places]).scores(formula)
    assert found.tau_b is not None and taylor.tau_a is not None and found.tau_a is not None
    np.testing.assert_allclose(found.tau_b, stats.kendalltau(scores, quality).statistic, atol=1e-6)
    assert taylor.versus.difference is not None and taylor.versus.interval is not None
    np.testing.assert_allclose(taylor.versus.difference, found.tau_a - taylor.tau_a, atol=2e-6)
    # turned round it ranks worse than by products, whatever layers are drawn
    assert taylor.versus.interval[1] < 0


def test_without_a_find_the_named_ones_stand_alone(tmp_path: Path) -> None:
    table = made(tmp_path, depth=2)
    test = sealed_test(table, range(len(table.records)), None, sign=1.0, sealed=False, seed=0)
    assert [one.name for one in test.importances] == list(SHIPPED)
    assert all(one.versus.difference is None for one in test.importances)
