"""Settings of a compression, and values out of their range."""

from __future__ import annotations

from typing import Any

import pytest

from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"widths": 0}, "`widths`: expected at least 1, found 0"),
        ({"context": 1}, "`context`: expected at least 2, found 1"),
        ({"windows": 1}, "`windows`: expected at least 2"),
        ({"rise": -0.1}, "`rise`: expected at least 0, found -0.1"),
        ({"rise": float("nan")}, "`rise`: expected at least 0"),
        ({"form": "onnx"}, "unknown format 'onnx': expected one of transformers"),
    ],
)
def test_values_out_of_range_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        CompressSettings(**given)


def test_the_forms_are_those_that_are_written() -> None:
    from typing import get_args

    from lpzero.compression.files.folder import Form
    from lpzero.compression.settings import FORMS

    assert get_args(Form) == FORMS


def test_what_is_compared_with_an_elastic_choice_learns_as_long_as_both_ways_together() -> None:
    both = CompressSettings(elastic=30, recover="100", rank=4, mixed=True, seed=2)
    assert both.elastic_learning == RecoverySettings(steps=30, rank=4, mixed=True, seed=2)
    assert both.at_equal_cost(9.0) == RecoverySettings(steps=130, rank=4, mixed=True, seed=2)
    timed = CompressSettings(elastic=30, recover="2m")
    assert timed.elastic_learning == RecoverySettings(steps=30, rank=16)
    assert timed.at_equal_cost(9.0) == RecoverySettings(seconds=129.0)
    alone = CompressSettings(elastic=30)
    assert alone.recovery is None
    assert alone.learns
    assert alone.at_equal_cost(9.0) == RecoverySettings(steps=30)
    with pytest.raises(InputError, match="expected `elastic`"):
        CompressSettings().at_equal_cost(9.0)
