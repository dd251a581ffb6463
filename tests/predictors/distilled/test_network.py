"""The network is scikit-learn's, of the paper's size, and its arrays are it, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.predictors.distilled import network
from lpzero.predictors.distilled.network import Network


@pytest.fixture(scope="module")
def learnt() -> tuple[np.ndarray, np.ndarray]:
    columns = np.random.default_rng(0).normal(size=(200, 3))
    return columns, columns[:, 0] - np.abs(columns[:, 1])


@pytest.fixture(scope="module")
def trained(learnt: tuple[np.ndarray, np.ndarray]) -> Network:
    return Network.trained(*learnt, 3)


def test_it_has_the_size_of_the_paper_and_learns(trained: Network, learnt: tuple[np.ndarray, np.ndarray]) -> None:
    assert [weight.shape for weight in trained.weights] == [(3, 400), (400, 400), (400, 400), (400, 400), (400, 1)]
    said = trained.predict(learnt[0])
    assert np.corrcoef(said, learnt[1])[0, 1] > 0.98


def test_it_says_what_scikit_learn_says(learnt: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.neural_network import MLPRegressor

    monkeypatch.setattr(network, "HIDDEN", (20, 10))
    monkeypatch.setattr(network, "PASSES", 300)
    columns, target = learnt
    model = MLPRegressor(hidden_layer_sizes=(20, 10), batch_size=128, max_iter=300, random_state=3)
    wanted = model.fit(columns.astype(np.float32), target.astype(np.float32)).predict(columns.astype(np.float32))
    assert Network.trained(columns, target, 3).predict(columns) == pytest.approx(wanted, abs=1e-5)


def test_arrays_are_the_network_bit_for_bit(trained: Network, learnt: tuple[np.ndarray, np.ndarray]) -> None:
    again = Network.of(trained.arrays(), 3)
    assert (again.predict(learnt[0]) == trained.predict(learnt[0])).all()


@pytest.mark.parametrize(
    "changed",
    [
        {"whole": np.array([3, 400, 1], dtype=np.float64)},
        {"whole": np.array([[3, 1]], dtype=np.int64)},
        {"whole": np.array([2, 1], dtype=np.int64)},
        {"whole": np.array([3, 400, 2], dtype=np.int64)},
        {"whole": np.array([3, -1, 1], dtype=np.int64)},
        {"numbers": np.zeros(5, dtype=np.float32)},
        {"numbers": np.zeros(5)},
        {"whole": np.array([3, 1], dtype=np.int64), "numbers": np.full(4, np.nan, dtype=np.float32)},
    ],
)
def test_other_arrays_are_refused(changed: dict[str, np.ndarray], trained: Network) -> None:
    with pytest.raises(ValueError, match="expected"):
        Network.of({**trained.arrays(), **changed}, 3)
