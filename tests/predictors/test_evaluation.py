"""Draws of labels, and the figures over them, against scipy and counting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness.strata import matched
from lpzero.predictors import Labelled, Prediction, PredictionStatus
from lpzero.predictors.evaluation import (
    LARGEST,
    Split,
    Trained,
    draw_splits,
    evaluated,
    kept_split,
    published_splits,
    spread_over,
)
from lpzero.predictors.prediction import failed
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_table
from lpzero.tables.measured import Beside, TableSplit

Drawn = Callable[[int], Any]


@dataclass(frozen=True)
class Fixed:
    """Says what is given, whatever the labels are."""

    said: dict[str, Prediction]
    higher_is_better: bool = True
    in_unit: bool = True
    name: str = "fixed"
    cost: str = "cheap"

    def fit(self, labelled: Labelled) -> Fixed:
        """Nothing to fit."""
        return self

    def predict(self, architectures: Any) -> list[Prediction]:
        """What was given."""
        return [self.said[one.digest] for one in architectures]


@pytest.fixture
def trained(drawn: Drawn) -> Trained:
    some, rng = drawn(40), np.random.default_rng(0)
    sizes = np.exp(rng.uniform(0, 2, size=40))
    return Trained(some, rng.normal(size=40), True, np.arange(40), sizes, None, 1.25)


def saying(trained: Trained, values: np.ndarray, reach: float = 1.0) -> dict[str, Prediction]:
    return {
        one.digest: Prediction(float(v), float(v) - reach, float(v) + reach, PredictionStatus.OK, v > 0, "fixed")
        for one, v in zip(trained.architectures, values, strict=True)
    }


def test_the_figures_are_those_of_scipy(trained: Trained) -> None:
    values = trained.quality + np.random.default_rng(1).normal(size=40)
    (split,) = splits = draw_splits(trained.groups, 10, 1, 0)
    found = evaluated(Fixed(saying(trained, values)), trained, 10, splits, lambda: None)  # type: ignore[arg-type]
    x, y = values[split.asked], trained.quality[split.asked]
    close = matched(trained.sizes[split.asked], 1.25)
    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    assert (found.predictor, found.labels, found.failed) == ("fixed", 10, 0)
    assert found.mae.mean == pytest.approx(np.abs(x - y).mean(), abs=1e-6)
    assert found.tau_a.mean == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-6)
    assert found.rho.mean == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-6)
    assert found.matched.mean == pytest.approx(signs[close].mean(), abs=1e-6)
    assert found.coverage.mean == pytest.approx((np.abs(x - y) <= 1).mean(), abs=1e-6)
    assert found.width.mean == pytest.approx(2)
    assert found.in_support.mean == pytest.approx((x > 0).mean(), abs=1e-6)


def test_scores_of_another_direction_are_turned_round_and_have_no_error(trained: Trained) -> None:
    splits = draw_splits(trained.groups, 10, 2, 0)
    plain = evaluated(Fixed(saying(trained, trained.quality)), trained, 10, splits, lambda: None)  # type: ignore[arg-type]
    turned = Fixed(saying(trained, -trained.quality), higher_is_better=False, in_unit=False)
    found = evaluated(turned, trained, 10, splits, lambda: None)  # type: ignore[arg-type]
    assert plain.tau_a.mean == found.tau_a.mean == 1.0
    assert plain.mae.mean == 0.0
    assert found.mae.mean is None
    assert found.coverage.mean is None


def test_what_has_no_value_is_counted_and_the_rest_judged(trained: Trained) -> None:
    said = saying(trained, trained.quality)
    (split,) = splits = draw_splits(trained.groups, 10, 1, 0)
    for i in split.asked[:5]:
        said[trained.architectures[i].digest] = failed("fixed", "too large")
    found = evaluated(Fixed(said), trained, 10, splits, lambda: None)  # type: ignore[arg-type]
    assert (found.failed, found.tau_a.mean) == (5, 1.0)
    none = {digest: failed("fixed", "too large") for digest in said}
    empty = evaluated(Fixed(none), trained, 10, splits, lambda: None)  # type: ignore[arg-type]
    assert (empty.failed, empty.tau_a.mean, empty.mae.mean) == (30, None, None)


def test_draws_of_fewer_labels_are_among_those_of_more_and_no_model_is_on_both_sides() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9])
    for few, more in zip(draw_splits(groups, 3, 5, 0), draw_splits(groups, 6, 5, 0), strict=True):
        assert more.labelled[:3].tolist() == few.labelled.tolist()
        for split, number in ((few, 3), (more, 6)):
            models = groups[split.labelled]
            assert len(set(models.tolist())) == len(models) == number
            assert sorted(split.asked) == [i for i in range(13) if groups[i] not in models]
    one, again, other = (draw_splits(groups, 3, 1, seed)[0].labelled.tolist() for seed in (0, 0, 1))
    assert one == again != other


def test_fewer_are_asked_about_where_asking_is_dear() -> None:
    groups = np.arange(40)
    for few, every in zip(draw_splits(groups, 10, 3, 0, 6), draw_splits(groups, 10, 3, 0), strict=True):
        assert few.labelled.tolist() == every.labelled.tolist()
        assert len(few.asked) == 6
        assert set(few.asked) < set(every.asked)
    with pytest.raises(InputError, match="`asked`: expected at least 4 architectures to ask about, found 3"):
        draw_splits(groups, 10, 3, 0, 3)


def test_a_kept_predictor_is_asked_about_the_rest(trained: Trained, small: SearchSpace) -> None:
    split = kept_split(trained, small, trained.architectures[:10])
    assert split is not None
    assert (split.labelled.tolist(), split.asked.tolist()) == (list(range(10)), list(range(10, 40)))
    assert kept_split(trained, small, ()) is None


@pytest.mark.parametrize(("labels", "splits"), [(1, 3), (37, 3), (5, 0)])
def test_numbers_out_of_range_are_refused(labels: int, splits: int) -> None:
    message = "`splits`: expected at least 1" if not splits else "`labels`: expected from 2 to 36, which leaves 4 of 40"
    with pytest.raises(InputError, match=message):
        draw_splits(np.arange(40), labels, splits, 0)


def test_a_labelled_model_is_never_asked_about(trained: Trained) -> None:
    leaking = Split(np.array([0, 1]), np.array([1, 2, 3]))
    with pytest.raises(InputError, match="no model both among the labels and among those asked about"):
        evaluated(Fixed({}), trained, 2, [leaking], lambda: None)  # type: ignore[arg-type]


def test_a_table_is_taken_as_it_is_and_a_large_one_drawn_from(small: SearchSpace) -> None:
    table = load_table("gpt2-own")
    found = Trained.of(table, small, noise=0.1, within=1.5, seed=0)
    assert found.quality.tolist() == table.qualities.tolist()
    assert (found.higher_is_better, found.noise, found.within) == (False, 0.1, 1.5)
    assert found.sizes[0] == small.parameter_counts(table.records[0].architecture)["nonembedding"]
    many = tuple(replace(record, id=f"{i}-{record.id}") for i in range(10) for record in table.records)
    large = replace(table, records=many)
    drawn = Trained.of(large, small, noise=None, within=1.25, seed=0)
    assert len(drawn.architectures) == len(drawn.groups) == LARGEST < large.n
    with pytest.raises(InputError, match="`matched`"):
        Trained.of(table, small, noise=None, within=0.5, seed=0)


def test_a_spread_has_what_it_can() -> None:
    assert spread_over([]).mean is None
    assert (spread_over([2.0]).mean, spread_over([2.0]).sd) == (2.0, None)
    found = spread_over(list(map(float, range(101))))
    assert (found.mean, found.interval) == (50.0, [5.0, 95.0])
    assert found.sd == pytest.approx(np.std(range(101), ddof=1))


def test_the_splits_that_a_table_was_published_with() -> None:
    table = load_table("gpt2-own")
    with pytest.raises(InputError, match="table gpt2-own was published without splits: leave `split` out"):
        published_splits(table)
    given = (TableSplit("a", (5, 2), (9, 0, 4)), TableSplit("b", (1, 3), (2,)))
    found = published_splits(replace(table, beside=Beside(splits=given)))
    assert [(split.labelled.tolist(), split.asked.tolist()) for split in found] == [([5, 2], [0, 4, 9]), ([1, 3], [2])]
