"""Shared options: durations, counts, sizes."""

from __future__ import annotations

import click
import pytest

from lpzero.cli.options import Count, Duration, Size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("3m", 180.0), ("1h30m", 5400.0), ("0.5m", 30.0), ("1.5", 1.5), (20, 20.0)],
)
def test_durations(text: object, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["soon", "", "3x", "m", "3m x", "-3m", "inf", "nan", "9" * 400 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.UsageError, match="expected a time such as 90s, 3m or 1h30m"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize("kind", [Count, Size])
def test_counts_and_sizes(kind: type[click.ParamType]) -> None:
    assert kind().convert("0.3M", None, None) == 300_000
    assert kind().convert(12, None, None) == 12
    # an infinite one would be no whole number
    for text in ("9" * 400, "-1", "x", "1e9", "nan"):
        with pytest.raises(click.UsageError, match=r"expected a (number|size) such as .*, found '"):
            kind().convert(text, None, None)
