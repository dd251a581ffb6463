"""The top of a table against the rest."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError, NoResultError
from lpzero.principles.contrast import contrast, sizes_of, top_number
from lpzero.principles.language.columns import Columns
from lpzero.spaces import get_space


@pytest.mark.parametrize("top", ["x", "0%", "-5", 0, 1.5, float("nan"), "90%", 101, "1%", "10 %%"])
def test_a_share_that_is_none(top: str | float) -> None:
    with pytest.raises(InputError, match="`top`"):
        top_number(top, 200)


def test_the_top_are_the_best_and_what_is_as_good(many: Columns) -> None:
    quality = np.arange(200.0)
    quality[189] = quality[190]
    found = contrast(many.space, many.architectures, quality, None, "5%")
    assert np.flatnonzero(found.top).tolist() == list(range(189, 200))
    assert contrast(many.space, many.architectures, quality, None, 11).top.sum() == 11
    assert found.size_lift(found.top) is None


def test_what_size_alone_explains(many: Columns) -> None:
    """Quality is size: what is kept of the top is explained, and at equal size nothing of size is left."""
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.uniform(0, 3, size=200))
    found = contrast(many.space, many.architectures, sizes, sizes, 20)
    expected = found.size_lift(found.top)
    assert expected is not None
    assert expected > 5
    assert found.size_lift(np.zeros(200, dtype=np.bool_)) is None
    noise = rng.normal(size=200)
    large = contrast(many.space, many.architectures, np.log(sizes) + noise / 50, sizes, "20%", 1.5)
    # without the line through them the largest of each size would be the top, and this 2.8
    kept = large.size_lift(large.top)
    assert kept is not None
    assert kept < 1.6


def test_at_equal_size_the_better_of_each_size_are_the_top(many: Columns) -> None:
    """Two sizes; the better half of the small ones is worse than the worst of the large ones."""
    sizes = np.where(np.arange(200) < 100, 1.0, 10.0)
    quality = np.where(np.arange(200) < 100, 0.0, 1000.0) + np.arange(200) % 100
    found = contrast(many.space, many.architectures, quality, sizes, "20%", 1.25)
    assert np.flatnonzero(found.top).tolist() == [*range(80, 100), *range(180, 200)]
    assert contrast(many.space, many.architectures, quality, sizes, "20%").top[:100].sum() == 0


def test_records_without_others_of_their_size_are_left_out(many: Columns) -> None:
    sizes = np.array([1.0] * 150 + [10.0**n for n in range(2, 52)])
    found = contrast(many.space, many.architectures, np.arange(200.0), sizes, "10%", 1.25)
    assert len(found.top) == 150
    with pytest.raises(NoResultError, match="expected 20 records with 10 others"):
        contrast(many.space, many.architectures, np.arange(200.0), 2.0 ** np.arange(200), "10%", 1.25)


@pytest.mark.parametrize("factor", [1.0, 0.5, float("nan"), float("inf")])
def test_a_factor_that_is_none(many: Columns, factor: float) -> None:
    with pytest.raises(InputError, match="`at_size`"):
        contrast(many.space, many.architectures, np.arange(200.0), np.ones(200), "10%", factor)


def test_a_space_without_models_has_no_sizes(many: Columns) -> None:
    space = get_space("nb201")
    assert sizes_of(space, [space.sample(np.random.default_rng(0))]) is None
    with pytest.raises(InputError, match="expected a space whose models have sizes"):
        contrast(many.space, many.architectures, np.arange(200.0), None, "10%", 1.25)


def test_sizes_are_those_outside_the_embeddings() -> None:
    space = get_space("gpt2")
    one = space.sample(np.random.default_rng(0))
    found = sizes_of(space, [one])
    assert found is not None
    assert found[0] == space.parameter_counts(one)["nonembedding"]


def test_a_part(many: Columns) -> None:
    found = contrast(many.space, many.architectures, np.arange(200.0), np.ones(200), 20)
    part = found.part(np.array([0, 199]))
    assert part.top.tolist() == [False, True]
    assert part.columns.architectures == (many.architectures[0], many.architectures[199])
