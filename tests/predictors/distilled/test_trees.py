"""The trees are scikit-learn's, and their arrays are them, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor

from lpzero.predictors.distilled.trees import DEPTH, RATE, TREES, Trees


@pytest.fixture(scope="module")
def learnt() -> tuple[np.ndarray, np.ndarray]:
    columns = np.random.default_rng(0).normal(size=(200, 3))
    return columns, columns[:, 0] - np.abs(columns[:, 1])


@pytest.fixture(scope="module")
def trained(learnt: tuple[np.ndarray, np.ndarray]) -> Trees:
    return Trees.trained(*learnt, 3)


def test_they_say_what_scikit_learn_says(trained: Trees, learnt: tuple[np.ndarray, np.ndarray]) -> None:
    model = GradientBoostingRegressor(
        n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, subsample=0.5, random_state=3
    )
    others = np.random.default_rng(1).normal(size=(50, 3))
    wanted = model.fit(*learnt).predict(others)
    assert trained.predict(others) == pytest.approx(wanted, abs=1e-12)
    assert trained.predict(others[:1])[0] == trained.predict(others)[0]


def test_arrays_are_the_trees_bit_for_bit(trained: Trees, learnt: tuple[np.ndarray, np.ndarray]) -> None:
    again = Trees.of(trained.arrays(), 3)
    assert (again.predict(learnt[0]) == trained.predict(learnt[0])).all()


def test_other_arrays_are_refused(trained: Trees) -> None:
    good = trained.arrays()

    def refused(columns: int = 3, **changed: np.ndarray) -> None:
        with pytest.raises(ValueError, match="expected"):
            Trees.of({**good, **changed}, columns)

    refused(columns=2)
    refused(whole=good["whole"].astype(np.float64))
    refused(whole=good["whole"][:-1])
    refused(numbers=good["numbers"][:-1])
    refused(numbers=np.array([0.0, 0.0, 1.0, 1.0]))
    for place, value in ((len(trained.roots) + 1, 0), (len(trained.roots) + 1, 10**6), (0, 1), (1, 0)):
        # a child that is its own parent, or in no tree; trees that do not begin where they should
        whole = good["whole"].copy()
        whole[place] = value
        refused(whole=whole)
    numbers = good["numbers"].copy()
    numbers[5] = np.inf
    refused(numbers=numbers)
