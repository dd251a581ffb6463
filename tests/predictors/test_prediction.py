"""Labels are checked when they are made, and what they say does not depend on their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Labelled, PredictionStatus
from lpzero.predictors.prediction import failed

Drawn = Callable[[int], tuple[Any, ...]]


def test_labels_that_cannot_be_fitted_to_are_refused(drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    one, two, three = drawn(3)
    for architectures, quality, noise, message in (
        ((one,), [1.0], None, "at least 2 labels, found 1: train more"),
        ((one, two), [1.0], None, r"one quality for each of 2 architectures, found \(1,\)"),
        ((one, two), [1.0, np.nan], None, "expected finite qualities"),
        ((one, two, one), [1.0, 2.0, 3.0], None, "each labelled architecture once"),
        ((one, two, three), [1.0, 2.0, 3.0], -0.1, "a noise of at least 0, found -0.1"),
        ((one, two, three), [1.0, 2.0, 3.0], np.nan, "a noise of at least 0, found nan"),
    ):
        with pytest.raises(InputError, match=message):
            labels(architectures, quality, noise=noise)


def test_an_order_follows_from_the_architectures_alone(drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    architectures, quality = drawn(9), np.arange(9.0)
    shuffle = np.random.default_rng(1).permutation(9)
    plain = labels(architectures, quality, higher=False, noise=0.5).ordered()
    other = labels([architectures[i] for i in shuffle], quality[shuffle], higher=False, noise=0.5).ordered()
    assert plain.architectures == other.architectures
    assert plain.quality.tolist() == other.quality.tolist() == (-plain.oriented).tolist()
    assert (other.higher_is_better, other.noise) == (False, 0.5)


def test_what_failed_has_no_value() -> None:
    found = failed("ridge", "it does not fit")
    assert (found.value, found.low, found.high, found.in_support) == (None, None, None, None)
    assert (found.status, found.reason) == (PredictionStatus.FAILED, "it does not fit")
