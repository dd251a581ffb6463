"""Controls with labels: against scikit-learn and brute force, on real tables, blind to what they are judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from lpzero.errors import InputError
from lpzero.fitness.correlation import net_pairs
from lpzero.fitness.regression import PENALTIES
from lpzero.metrics import Shape
from lpzero.proxy.controls import (
    CONTROLS,
    SHAPE_QUADRATIC,
    SPEC_RIDGE,
    STRONGEST_FEATURE,
    Control,
    column_controls,
    fitted_controls,
    shape_columns,
)
from lpzero.proxy.score import shape_of
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.features import features
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_table
from lpzero.tables.measured import Beside, Column


@dataclass(frozen=True)
class Given:
    """A table, of which some records lend their labels and others are asked about."""

    space: SearchSpace
    architectures: list[Architecture]
    quality: np.ndarray
    labelled: list[int]
    asked: list[int]

    def fitted(self, quality: np.ndarray | None = None) -> dict[str, Control]:
        """Every control, by its name."""
        known = self.quality if quality is None else quality
        found = fitted_controls(self.space, self.architectures, known, self.labelled, self.asked)
        return {control.name: control for control in found}


@pytest.fixture(params=["gpt2-own", "flexibert-own", "llama-own", "llama-scratch-own", "rnn-own"], scope="module")
def given(request: pytest.FixtureRequest) -> Given:
    table = load_table(request.param)
    order = np.random.default_rng(0).permutation(table.n).tolist()
    architectures = [record.architecture for record in table.records]
    return Given(get_space(table.space, table.protocols[0]), architectures, table.oriented, order[:30], order[30:90])


def test_every_control_has_its_row(given: Given) -> None:
    found = given.fitted()
    assert list(found) == list(CONTROLS)
    for control in found.values():
        assert (control.labels, control.scores.shape) == (30, (60,))
        assert np.isfinite(control.scores).all()
        assert bool(control.what) == (control.name == STRONGEST_FEATURE)


def test_no_quality_but_those_of_the_labels_is_looked_at(given: Given) -> None:
    hidden = np.full_like(given.quality, np.nan)
    hidden[given.labelled] = given.quality[given.labelled]
    before, after = given.fitted(), given.fitted(hidden)
    for name in CONTROLS:
        assert np.array_equal(before[name].scores, after[name].scores)
        assert before[name].what == after[name].what


def test_what_is_asked_about_is_answered_one_by_one(given: Given) -> None:
    """Each answer is that of the architecture: in whatever order, and beside whatever others."""
    whole = given.fitted()
    for asked in (given.asked[::-1], given.asked[5:9]):
        part = Given(given.space, given.architectures, given.quality, given.labelled, asked).fitted()
        places = [given.asked.index(i) for i in asked]
        for name in CONTROLS:
            assert part[name].scores == pytest.approx(whole[name].scores[places], rel=1e-9)


def _ridge(columns: np.ndarray, given: Given) -> np.ndarray:
    """Of the logarithm of the loss: every quality of these tables is below 0."""
    assert (given.quality < 0).all()
    scaler = StandardScaler().fit(columns[given.labelled])
    model = RidgeCV(alphas=PENALTIES).fit(
        scaler.transform(columns[given.labelled]), -np.log(-given.quality[given.labelled])
    )
    return np.asarray(model.predict(scaler.transform(columns[given.asked])))


def test_spec_ridge_is_the_regression_on_features_and_their_logarithms(given: Given) -> None:
    rows = [features(architecture) for architecture in given.architectures]
    names = sorted({name for row in rows for name in row})
    plain = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    columns = np.hstack([plain, np.log(plain[:, (plain > 0).all(axis=0)])])
    assert given.fitted()[SPEC_RIDGE].scores == pytest.approx(_ridge(columns, given), rel=1e-6)


def test_shape_quadratic_is_the_regression_on_logarithms_their_squares_and_products(given: Given) -> None:
    shapes = shape_columns(given.space, given.architectures)
    scaled = StandardScaler().fit(shapes[given.labelled]).transform(shapes)
    products = [scaled[:, i] * scaled[:, j] for i in range(5) for j in range(i, 5)]
    columns = np.column_stack([*scaled.T, *products])
    assert given.fitted()[SHAPE_QUADRATIC].scores == pytest.approx(_ridge(columns, given), rel=1e-6)


def test_columns_are_logarithms_of_the_shape(given: Given) -> None:
    for architecture, row in zip(
        given.architectures[:10], shape_columns(given.space, given.architectures), strict=False
    ):
        shape = shape_of(given.space, architecture)
        counts = [shape.depth, shape.width, shape.params, shape.decoder_params, shape.attention_params]
        assert row == pytest.approx(np.log(counts))


def test_an_architecture_without_any_of_one_kind_counts_as_one_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    space = get_space("gpt2", "own")
    monkeypatch.setattr("lpzero.proxy.controls.shape_of", lambda *_: Shape(2, 8, 100, 50, 0))
    (row,) = shape_columns(space, [space.sample(np.random.default_rng(0))])
    assert row == pytest.approx([np.log(2), np.log(8), np.log(100), np.log(50), 0.0])


def _singles(given: Given) -> dict[str, list[float]]:
    """Every feature, and every difference of two counts of choices, by name."""
    rows = [features(architecture) for architecture in given.architectures]
    names = sorted({name for row in rows for name in row})
    found = {name: [row.get(name, 0.0) for row in rows] for name in names}
    for one, other in combinations([name for name in names if "=" in name], 2):
        found[f"{one} - {other}"] = [a - b for a, b in zip(found[one], found[other], strict=True)]
    return found


def test_the_strongest_feature_is_the_best_of_all_on_the_labels_in_their_direction(given: Given) -> None:
    known, labels = given.labelled, given.quality[given.labelled]
    nets = {name: net_pairs(np.array(values)[known], labels) for name, values in _singles(given).items()}
    most = max(abs(net) for net in nets.values())
    control = given.fitted()[STRONGEST_FEATURE]
    turned = control.what.startswith("- (")
    name = control.what.removeprefix("- (").removesuffix(")") if turned else control.what
    assert abs(nets[name]) == most
    assert (nets[name] < 0) == turned
    values = np.array(_singles(given)[name])[given.asked]
    assert control.scores.tolist() == (-values if turned else values).tolist()


def test_labels_turned_round_turn_the_strongest_feature_round(given: Given) -> None:
    up, down = (given.fitted(quality)[STRONGEST_FEATURE] for quality in (given.quality, -given.quality))
    assert down.scores.tolist() == (-up.scores).tolist()
    assert {up.what, down.what} in ({name, f"- ({name})"} for name in _singles(given))


def test_a_difference_of_choices_is_found_where_it_decides() -> None:
    """Qualities that were made of one: no feature alone is as strong."""
    table = load_table("flexibert-own")
    architectures = [record.architecture for record in table.records]
    given = Given(get_space("flexibert", "own"), architectures, table.oriented, list(range(40)), list(range(40, 80)))
    singles = _singles(given)
    name = "operation=DSC - parameter=SDP"
    control = given.fitted(np.array(singles[name]))[STRONGEST_FEATURE]
    assert control.what == name
    assert control.scores.tolist() == singles[name][40:80]


def test_too_few_labels_are_refused(given: Given) -> None:
    few = Given(given.space, given.architectures, given.quality, given.labelled[:3], given.asked)
    with pytest.raises(InputError, match="a regression needs at least 4 labels, found 3"):
        few.fitted()


def test_columns_that_are_controls_stand_in_their_direction() -> None:
    table = load_table("gpt2-own")
    numbers = tuple(float(i % 7) for i in range(table.n))
    facts: dict[str, Any] = {"meaning": "made up", "unit": "", "cost": "cheap", "of_quality": False, "values": numbers}
    columns = (
        Column(name="loss", higher_is_better=False, control=True, **facts),
        Column(name="size", higher_is_better=True, control=True, **facts),
        Column(name="latency", higher_is_better=False, **facts),
    )
    found = column_controls(replace(table, beside=Beside(columns)), [8, 2, 3])
    assert [(one.name, one.labels, one.scores.tolist()) for one in found] == [
        ("loss", 0, [-1.0, -2.0, -3.0]),
        ("size", 0, [1.0, 2.0, 3.0]),
    ]
    assert not column_controls(table, [0, 1])
