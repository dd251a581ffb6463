"""Settings of a compression, and values out of their range."""

from __future__ import annotations

from typing import Any

import pytest

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
