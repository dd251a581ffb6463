"""The parameters of a GPT-2 decoder with adaptive embeddings, in closed form: by hand, and how they grow."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lpzero.spaces.gpt2.model import Gpt2Model
from lpzero.spaces.gpt2.plan import CUTOFFS, MAX_TOKENS, VOCABULARY, Gpt2Plan, decoder_counts, parameter_counts
from lpzero.spaces.models.weights import build_blank, count_parameters


def test_a_model_counted_by_hand() -> None:
    # width 8, embedding 16 that halves with each of three clusters; one block with inner width 5
    found = parameter_counts(Gpt2Plan(width=8, embedding_width=16, shrink=2, inner_widths=(5,), heads=(2,)))
    tables = 19997 * 16 + 20000 * 8 + (50264 - 39997) * 4
    projections = (16 + 8 + 4) * 8
    embedding = 192 * 8 + tables + projections
    attention = 4 * (8 * 8 + 8)
    feed_forward = 8 * 5 + 5 + 5 * 8 + 8
    norms = 3 * 2 * 8
    # a bias an id, two clusters behind the first one with weights and bias, one projection
    softmax = 50264 + 2 * (16 + 1) + 16 * 8
    assert found == {
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norms,
        "total": embedding + attention + feed_forward + norms + softmax,
    }


@pytest.mark.parametrize("shrink", [1, 2, 4])
@pytest.mark.parametrize("width", [128, 256])
@pytest.mark.parametrize("inner", [(512, 700), (600,) * 5], ids=len)
def test_the_closed_form_counts_the_model(shrink: int, width: int, inner: tuple[int, ...]) -> None:
    plan = Gpt2Plan(width, 128, shrink, inner, (4,) * len(inner))
    assert parameter_counts(plan) == count_parameters(build_blank(lambda: Gpt2Model(plan)))


def test_the_clusters_cover_every_id_once() -> None:
    plan = Gpt2Plan(64, 128, 2, (512,), (2,))
    assert sum(plan.clusters) == VOCABULARY == CUTOFFS[-1]
    assert all(number > 0 for number in plan.clusters)
    assert sum(ids for ids, _ in plan.tables) == VOCABULARY


def test_heads_cost_nothing_and_each_further_layer_the_same() -> None:
    def counts(depth: int, heads: int = 2) -> dict[str, int]:
        return parameter_counts(Gpt2Plan(64, 128, 1, (700,) * depth, (heads,) * depth))

    assert counts(3, 2) == counts(3, 8)
    totals = [counts(depth)["total"] for depth in range(2, 9)]
    assert len({after - before for before, after in pairwise(totals)}) == 1


def test_a_stack_without_blocks_is_its_final_norm() -> None:
    assert decoder_counts(8, (), embedding=100, output=7) == {
        "embedding": 100,
        "attention": 0,
        "feed_forward": 0,
        "nonembedding": 16,
        "total": 123,
    }
    assert MAX_TOKENS == 192
