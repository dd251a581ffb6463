"""The parameters of a GPT-2 decoder of the protocol `own`, in closed form."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lpzero.spaces.gpt2.own_model import Gpt2OwnModel
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan, parameter_counts
from lpzero.spaces.models.weights import build_blank, count_parameters


def test_a_model_counted_by_hand() -> None:
    # width 4, vocabulary 10, 64 positions; blocks with inner widths 3 and 5
    embedding = (10 + 64) * 4
    attention = 2 * 4 * (4 * 4 + 4)
    feed_forward = (4 * 3 + 3 + 3 * 4 + 4) + (4 * 5 + 5 + 5 * 4 + 4)
    norms = (2 * 2 + 1) * (4 + 4)
    assert parameter_counts(Gpt2OwnPlan(width=4, inner_widths=(3, 5), heads=(2, 1), vocabulary=10)) == {
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norms,
        "total": embedding + attention + feed_forward + norms,
    }


@pytest.mark.parametrize("vocabulary", [257, 300, 4096])
@pytest.mark.parametrize("width", [64, 96, 256])
@pytest.mark.parametrize("inner", [(64, 512), (96,) * 8, (64, 128, 320)], ids=len)
def test_the_closed_form_counts_the_model(vocabulary: int, width: int, inner: tuple[int, ...]) -> None:
    plan = Gpt2OwnPlan(width, inner, tuple(2 << (i % 3) for i in range(len(inner))), vocabulary)
    assert parameter_counts(plan) == count_parameters(build_blank(lambda: Gpt2OwnModel(plan)))


def test_heads_cost_nothing_and_a_vocabulary_only_its_embedding() -> None:
    def counts(heads: int, vocabulary: int) -> dict[str, int]:
        return parameter_counts(Gpt2OwnPlan(64, (128, 64), (heads, heads), vocabulary))

    assert counts(2, 257) == counts(8, 257)
    small, large = counts(2, 257), counts(2, 4096)
    changed = {part for part in small if small[part] != large[part]}
    assert changed == {"total", "embedding"}
    assert large["total"] - small["total"] == (4096 - 257) * 64


def test_each_further_layer_costs_the_same() -> None:
    totals = [parameter_counts(Gpt2OwnPlan(64, (96,) * depth, (2,) * depth, 257))["total"] for depth in range(2, 9)]
    assert len({after - before for before, after in pairwise(totals)}) == 1
