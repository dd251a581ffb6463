"""Principles of one table on another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.principles.document import Principle
from lpzero.principles.language.columns import Columns
from lpzero.principles.transfer import carried_over, kept_less_dropped, replayed
from lpzero.spaces import get_space
from tests.principles.language.test_holds import read


def principle(name: str, rule: dict[str, Any] | None = None, **more: Any) -> Principle:
    return Principle(id=name, statement="", rule=None if rule is None else read(rule), **more)


def test_rules_go_where_their_features_are() -> None:
    """From GPT-2 to Transformer-XL, whose choices have the same names, and to FlexiBERT."""
    listed = [
        principle("a", {"op": "ge", "feature": "d_embed", "value": 256}),
        principle("b", {"op": "ge", "feature": "heads.mean", "value": 3}),
        principle("c", {"op": "ge", "feature": "heads.mean", "value": 3}, strength="soft", weight=2.0),
        principle("d", status="advice"),
        principle("e", {"op": "ge", "feature": "heads.mean", "value": 3}, status="dropped"),
    ]
    taken, left = carried_over(listed, get_space("transfo-xl"))
    assert [one.id for one in taken] == ["a", "b"]
    assert [(one.id, one.reason) for one in left] == [
        ("c", "it is soft"),
        ("d", "it is advice"),
        ("e", "it is dropped"),
    ]
    taken, left = carried_over(listed, get_space("flexibert"))
    assert [one.id for one in taken] == ["b"]
    assert "unknown feature 'd_embed'" in left[0].reason


def test_the_difference_is_that_of_the_means() -> None:
    rng = np.random.default_rng(0)
    quality, kept = rng.normal(size=300), rng.random(300) < 0.4
    quality[kept] += 1
    found = kept_less_dropped(quality, kept, None, 1.25, 0)
    assert found is not None
    assert found.difference == pytest.approx(quality[kept].mean() - quality[~kept].mean())
    assert found.interval is not None
    assert found.interval[0] < found.difference < found.interval[1]
    # two means of 120 and 180 normal values
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * 1.96 * np.sqrt(1 / 120 + 1 / 180), rel=0.2)
    assert found.pairs == kept.sum() * (~kept).sum()


def test_at_matched_size_a_rule_about_size_gains_nothing() -> None:
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.uniform(0, 3, size=400))
    quality, kept = np.log(sizes) + rng.normal(scale=0.3, size=400), np.log(sizes) + rng.normal(size=400) > 1.5
    plain, close = (kept_less_dropped(quality, kept, one, 1.05, 0) for one in (None, sizes))
    assert plain is not None
    assert plain.difference > 0.8
    assert close is not None
    assert close.interval is not None
    assert close.difference == pytest.approx(0, abs=0.2)
    assert close.interval[0] < 0.05
    good = quality > np.log(sizes)
    better = kept_less_dropped(quality, good, sizes, 1.05, 0)
    assert better is not None
    assert better.interval is not None
    assert better.interval[0] > 0.3


def test_nothing_to_compare() -> None:
    quality = np.arange(20.0)
    assert kept_less_dropped(quality, np.ones(20, dtype=np.bool_), None, 1.25, 0) is None
    few = kept_less_dropped(quality[:4], np.arange(4) > 1, None, 1.25, 0)
    assert few is not None
    assert (few.interval, few.difference, few.pairs) == (None, 2.0, 4)


def test_of_many_records_some_are_drawn() -> None:
    quality = np.arange(4000.0)
    found = kept_less_dropped(quality, quality >= 2000, None, 1.25, 0)
    assert found is not None
    assert found.difference == pytest.approx(2000, rel=0.05)


def test_a_search_inside_good_rules_gains(many: Columns) -> None:
    quality = np.random.default_rng(0).normal(size=200)
    found = replayed(many, quality, quality > 0.5, 10, 20, 0)
    assert found is not None
    assert found.gain == pytest.approx(found.outside - found.inside)
    assert found.interval[0] > 0
    assert replayed(many, quality, quality > 99, 10, 20, 0) is None
    same = replayed(many, quality, np.ones(200, dtype=np.bool_), 10, 5, 0)
    assert same is not None
    assert (same.gain, same.interval) == (0, [0, 0])
