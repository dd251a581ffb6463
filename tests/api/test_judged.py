"""A table to judge by: its draws, its own splits, and what a kept predictor was fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.api.judged import Judged
from lpzero.errors import InputError
from lpzero.tables import load_table


@pytest.fixture(scope="module")
def judged() -> Judged:
    return Judged.of("gpt2-own", None, 0.9, 1.25, 0)


def test_draws_have_as_many_as_are_asked_about(judged: Judged) -> None:
    (first, second), names = judged.splits(10, 2, None, 6)
    assert [len(one.asked) for one in (first, second)] == [6, 6]
    assert names == []
    assert len(judged.drawn([first, second])) == len({*first.labelled, *first.asked, *second.labelled, *second.asked})
    (whole,), _ = judged.splits(10, 1, None, None)
    assert set(first.asked) < set(whole.asked)
    assert first.labelled.tolist() == whole.labelled.tolist()


def test_a_kept_predictor_is_asked_about_what_it_was_not_fitted_to(judged: Judged) -> None:
    fitted_to = judged.trained.architectures[3:13]
    (split,), _ = judged.splits(None, None, None, None, fitted_to)
    assert split.labelled.tolist() == list(range(3, 13))
    assert len(split.asked) == len(judged.trained.architectures) - 10
    (few,), _ = judged.splits(None, None, None, 5, fitted_to)
    assert few.asked.tolist() == [0, 1, 2, 13, 14]
    for name, given in (("labels", (5, None, None)), ("splits", (None, 5, None)), ("split", (None, None, "published"))):
        with pytest.raises(InputError, match=f"`{name}`: expected none beside a predictor that was fitted to some"):
            judged.splits(*given, None, fitted_to)
    for some in (judged.trained.architectures[:1], judged.trained.architectures[:-3]):
        with pytest.raises(InputError, match="expected a predictor that was fitted to none of the table"):
            judged.splits(None, None, None, None, some)


def test_published_splits_say_everything() -> None:
    judged = Judged.of(load_table("hat-mt-wmt14ende"), None, 0.9, 1.25, 0)
    splits, names = judged.splits(None, None, "published", None)
    assert [(len(one.labelled), len(one.asked)) for one in splits] == [(10, 20)] * 3
    assert len(names) == 3
    assert all(not np.isin(one.asked, one.labelled).any() for one in splits)
    with pytest.raises(InputError, match="`asked`: expected none beside `split`"):
        judged.splits(None, None, "published", 5)
    with pytest.raises(InputError, match="`split`: expected 'published', found 'x'"):
        judged.splits(None, None, "x", None)
