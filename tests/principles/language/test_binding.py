"""Rules against a space."""

from __future__ import annotations

from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.principles.language.binding import check_rule, fits
from lpzero.principles.language.columns import Columns
from tests.principles.language.test_holds import PARTS, read


@pytest.mark.parametrize("part", PARTS)
def test_what_fits(three: Columns, part: Any) -> None:
    check_rule(part, three.features, "file")
    assert fits(part, three.features) is None


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"op": "ge", "feature": "deph", "value": 4}, "file: rule: unknown feature 'deph': expected depth"),
        ({"op": "ge", "feature": "__class__", "value": 4}, "unknown feature '__class__': expected"),
        ({"op": "in", "feature": "depth", "values": [4, 5]}, "file: rule: depth has no value 5: expected 2, 4"),
        ({"op": "in", "feature": "depth", "values": ["4"]}, "depth has no value '4'"),
        ({"op": "eq", "feature": "heads[9]", "value": 4}, "unknown feature 'heads[9]'"),
        ({"op": "eq", "feature": "heads", "value": 4}, "expected count_ge or count_le"),
        ({"op": "count_ge", "feature": "heads.mean", "values": [4], "number": 1}, "expected the name of a choice"),
        ({"op": "count_ge", "feature": "heads", "values": [3], "number": 1}, "heads has no value 3: expected 2, 4"),
        ({"op": "ge", "feature": "operation[0]", "value": 4}, "expected in, not_in or eq of one of SA, LT, DSC"),
        ({"op": "in", "feature": "heads.mean", "values": [4]}, "expected ge, le or between of heads.mean"),
        ({"op": "between", "feature": "depth", "low": 4, "high": 2}, "expected low up to high, found 4 to 2"),
    ],
)
def test_what_does_not(three: Columns, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        check_rule(read(rule), three.features, "file")
    assert message in str(raised.value)
    assert str(raised.value).isprintable()
    assert fits(read(rule), three.features) is not None


def test_the_path_is_named(three: Columns) -> None:
    wrong = {"op": "ge", "feature": "x", "value": 1}
    nested = {"op": "all", "rules": [{"op": "not", "rule": {"op": "any", "rules": [wrong]}}]}
    with pytest.raises(InputError, match=r"^file: rule\.rules\.0\.rule\.rules\.0: unknown feature 'x'"):
        check_rule(read(nested), three.features, "file")
