"""Columns follow from the labels alone; what is unlike all labels is said."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Description
from lpzero.predictors.design import Design


def rows(*values: dict[str, float]) -> list[Description]:
    return [Description(one) for one in values]


def test_shape_comes_first_and_what_is_above_zero_has_a_logarithm() -> None:
    design = Design.of(
        rows(
            {"spec:heads": 2.0, "spec:kind=a": 1.0, "shape:params": 5.0, "proxy:snip": 3.0, "operands:x": -1.0},
            {"spec:heads": 8.0, "shape:params": 7.0, "proxy:snip": 4.0, "operands:x": -2.0, "operands:y": 1.0},
        )
    )
    names = ("shape:params", "operands:x", "proxy:snip", "spec:heads", "spec:kind=a", "proxy:snip", "spec:heads")
    assert design.names == names
    assert design.quadratic == 1
    assert design.logarithms == (False,) * 5 + (True,) * 2
    # what one label lacks is no column; of the spec it is 0
    table = design.matrix(rows({"spec:heads": 1.0, "shape:params": 6.0, "operands:x": 0.5, "proxy:snip": -2.0}))
    # a logarithm that there is not stands as the least of the labels
    assert table == pytest.approx(np.array([[6.0, 0.5, -2.0, 1.0, 0.0, np.log(3.0), 0.0]]))


def test_what_an_architecture_lacks_stands_as_of_the_labels() -> None:
    design = Design.of(rows({"operands:x": 1.0}, {"operands:x": 3.0}))
    assert design.matrix(rows({})).tolist() == [[2.0]]
    assert design.beyond(Description({})) == "x: it has none, and every label has"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"spec:depth": 3.0}, ""),
        ({"spec:depth": 3.5}, ""),
        ({"spec:depth": 4.0}, "depth: 4, the labels have 1 to 3"),
        ({"spec:depth": 0.0}, "depth: 0, the labels have 1 to 3"),
        ({"spec:depth": 2.0, "spec:kind=new": 1.0}, "kind=new: in none of the labels"),
        # branches of a model follow from what was counted
        ({"spec:depth": 2.0, "operands:x": 99.0}, ""),
    ],
)
def test_a_quarter_of_their_range_beyond_the_labels_begins_the_unknown(values: dict[str, float], said: str) -> None:
    labels = [{"spec:depth": float(depth), "operands:x": float(depth)} for depth in (1, 2, 3)]
    assert Design.of(rows(*labels)).beyond(Description({"operands:x": 1.0, **values})) == said


def test_labels_without_a_number_in_common_are_refused() -> None:
    with pytest.raises(InputError, match="a feature that every labelled architecture has, found none: add spec"):
        Design.of(rows({"operands:x": 1.0}, {"operands:y": 1.0}))


def test_sums_have_no_logarithm_beside_them_and_are_0_where_they_are_not_listed() -> None:
    design = Design.of(rows({"sums:heads": 2.0, "sums:kind=a": 1.0}, {"sums:heads": 8.0}))
    assert design.names == ("sums:heads", "sums:kind=a")
    assert not any(design.logarithms)
    assert design.matrix(rows({"sums:heads": 4.0})).tolist() == [[4.0, 0.0]]
    assert design.beyond(Description({"sums:heads": 80.0})) == "heads: 80, the labels have 2 to 8"
