"""The parameters of a Transformer-XL decoder, in closed form: by hand, and as the built model has them."""

from __future__ import annotations

import pytest

from lpzero.spaces.models.weights import build_blank, count_parameters
from lpzero.spaces.transfo_xl.model import TransfoXlModel
from lpzero.spaces.transfo_xl.plan import CUTOFFS, VOCABULARY, TransfoXlPlan, parameter_counts


def test_a_model_counted_by_hand() -> None:
    # width 8, embedding 64 that is a quarter as wide in each further of four clusters; blocks with 5 and 7
    found = parameter_counts(TransfoXlPlan(width=8, embedding_width=64, shrink=4, inner_widths=(5, 7), heads=(2, 4)))
    tables = 19997 * 64 + 20000 * 16 + 160000 * 4 + (267736 - 199997) * 1
    embedding = tables + (64 + 16 + 4 + 1) * 8
    attention = 2 * (5 * 8 * 8 + 2 * 8)
    feed_forward = (8 * 5 + 5 + 5 * 8 + 8) + (8 * 7 + 7 + 7 * 8 + 8)
    norms = 2 * 2 * 2 * 8
    softmax = 267736 + 3 * (64 + 1) + 64 * 8
    assert found == {
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norms,
        "total": embedding + attention + feed_forward + norms + softmax,
    }


@pytest.mark.parametrize("shrink", [1, 2, 4])
@pytest.mark.parametrize("width", [128, 256])
def test_the_closed_form_counts_the_model(shrink: int, width: int) -> None:
    plan = TransfoXlPlan(width, 128, shrink, (512, 600, 2048), (2, 4, 8))
    assert parameter_counts(plan) == count_parameters(build_blank(lambda: TransfoXlModel(plan)))


def test_the_clusters_cover_every_id_once() -> None:
    plan = TransfoXlPlan(64, 128, 2, (512,), (2,))
    assert sum(plan.clusters) == VOCABULARY == CUTOFFS[-1]
    assert [ids for ids, _ in plan.tables] == [19997, 20000, 160000, 67739]
    assert [narrow for _, narrow in plan.tables] == [128, 64, 32, 16]


def test_no_positions_are_learned_and_no_norm_is_behind_the_last_block() -> None:
    """What a layer adds is all that a deeper model has more."""
    one, two = (
        parameter_counts(TransfoXlPlan(64, 64, 1, (512,) * depth, (2,) * depth))["nonembedding"] for depth in (1, 2)
    )
    assert two == 2 * one
