"""The figures of results: rounded once, None where there are none, and whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from lpzero.fitness import correlate
from lpzero.fitness.figures import (
    ComparisonFigures,
    CorrelationFigures,
    DifferenceFigures,
    MatchedFigures,
    RankingFigures,
    StratumFigures,
    of_correlation,
    rounded,
)


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_of_a_correlation_are_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, quality = rng.integers(0, 9, 30).astype(float), rng.normal(size=30)
    found = of_correlation(CorrelationFigures, correlate(scores, quality))
    assert found.to_json() == {
        "tau_b": round(float(stats.kendalltau(scores, quality).statistic), 6),
        "tau_a": found.tau_a,
        "rho": round(float(stats.spearmanr(scores, quality).statistic), 6),
        "distinct": round(len(set(scores)) / 30, 6),
    }
    pairs = [np.sign(scores[i] - scores[j]) * np.sign(quality[i] - quality[j]) for i in range(30) for j in range(i)]
    assert found.tau_a == round(float(np.mean(pairs)), 6)


@pytest.mark.parametrize("kind", [CorrelationFigures, RankingFigures])
def test_without_a_correlation_every_figure_is_said_to_be_none(kind: type[CorrelationFigures]) -> None:
    found = of_correlation(kind, None)
    assert found.to_json() == dict.fromkeys(kind.model_fields)


def test_other_figures_stand_beside_it() -> None:
    found = of_correlation(RankingFigures, None, interval=[0.0, 1.0], pick_percentile=5.0)
    assert (found.interval, found.pick_percentile, found.regret) == ([0.0, 1.0], 5.0, None)
    with pytest.raises(ValidationError):
        of_correlation(RankingFigures, None, interval=[0.0])
    with pytest.raises(ValidationError):
        of_correlation(RankingFigures, None, pick_percentile=float("nan"))


def test_figures_have_six_decimals() -> None:
    assert [rounded(x) for x in (1 / 3, -2 / 3, 1e-7, 12.0)] == [0.333333, -0.666667, 0.0, 12.0]


WHOLE: dict[str, Any] = {"difference": 0.1, "interval": [0.0, 0.2], "p": 0.5, "p_holm": 1.0}


def test_matched_size_is_a_stratum_with_its_factor() -> None:
    found = RankingFigures.model_validate(
        {"matched_size": {"tau_a": 0.1, "interval": [0.0, 0.2], "pairs": 7, "within": 1.25}}
    )
    assert found.matched_size == MatchedFigures(tau_a=0.1, interval=[0.0, 0.2], pairs=7, within=1.25)
    with pytest.raises(ValidationError):
        StratumFigures(tau_a=0.1, interval=[0.2], pairs=7)


@pytest.mark.parametrize("kind", [DifferenceFigures, ComparisonFigures])
def test_a_comparison_is_whole_or_nothing(kind: type[DifferenceFigures]) -> None:
    assert kind.model_validate(WHOLE).p_swap is None
    assert kind().to_json() == {}
    # None is a p-value too, where it was said; away is none
    kind.model_validate({**WHOLE, "p": None})
    for key in ("difference", "p", "p_holm"):
        with pytest.raises(ValidationError, match="expected a difference and its p-values"):
            kind.model_validate({name: value for name, value in WHOLE.items() if name != key})


def test_a_comparison_has_another_one_at_matched_size() -> None:
    close = {**WHOLE, "difference": 0.02, "detectable": 0.3}
    found = ComparisonFigures.model_validate({**WHOLE, "matched_size": close})
    assert found.matched_size == DifferenceFigures.model_validate(close)
    assert found.to_json() == {**WHOLE, "matched_size": close}
    with pytest.raises(ValidationError, match="expected a difference and its p-values"):
        ComparisonFigures.model_validate({**WHOLE, "matched_size": {"interval": [0.0, 0.2]}})
