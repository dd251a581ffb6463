"""The space of recurrent models: the laws of a space, its size, its keys, its strata, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture, Rnn
from lpzero.spaces.architecture import Value
from lpzero.spaces.choices import Cell
from lpzero.spaces.features import features
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.weights import count_parameters
from lpzero.spaces.rnn.plan import LayerPlan
from lpzero.testing import check_space

WHOLE: dict[str, Value] = {"d_embed": 64, "cell": "gru", "tied": True, "projection": False, "residual": True}
SMALL = Architecture.of("rnn", WHOLE, [{"d_hidden": 32}, {"d_hidden": 48}])


def test_it_keeps_the_laws_of_a_space() -> None:
    check_space(Rnn())
    check_space(Rnn("own-512"), draws=5)


def test_size() -> None:
    # four embeddings, three cells, three yes or no; five widths a layer
    assert Rnn().size == 4 * 3 * 2**3 * (5 + 5**2 + 5**3 + 5**4)


def test_a_plan_is_what_is_listed() -> None:
    plan = Rnn().plan(SMALL)
    assert (plan.cell, plan.vocabulary, plan.embedding_width, plan.tied) == ("gru", 257, 64, True)
    assert plan.layers == (LayerPlan(64, 32, False, 32, False), LayerPlan(32, 48, False, 48, False))
    assert Rnn("own-512").plan(SMALL).vocabulary == 512
    assert Rnn().width(SMALL) == 48


def test_a_residual_connection_that_no_layer_can_have_makes_no_other_model() -> None:
    space = Rnn()
    plain = Architecture.of("rnn", WHOLE | {"residual": False}, SMALL.to_json()["layers"])
    assert space.key(plain) != space.key(SMALL)
    assert space.model_key(plain) == space.model_key(SMALL)
    fits = [{"d_hidden": 64}, {"d_hidden": 48}]
    with_one, without = (Architecture.of("rnn", WHOLE | {"residual": one}, fits) for one in (True, False))
    assert space.model_key(with_one) != space.model_key(without)


def test_keys_are_stable() -> None:
    assert Rnn().key(SMALL) == "261781a9aec95c0bfbd46eee2830c6db8950a5f5ddadf39b657bcf403738a174"
    assert Rnn().model_key(SMALL) == "2598bddfbd180dedaf85ff0791b7ec60845c9ef76ba9d08a3a1dfbaba3911af7"


def test_a_cell_is_a_depth_with_a_width_of_the_last_layer() -> None:
    space, rng = Rnn(), np.random.default_rng(0)
    assert len(space.cells) == 4 * 5
    for cell in (Cell(1, 0), Cell(4, 4), Cell(2, 3)):
        drawn = [space.sample(rng, cell) for _ in range(30)]
        assert {one.depth for one in drawn} == {cell.depth}
        assert {space.width(one) for one in drawn} == {(32, 48, 64, 96, 128)[cell.width]}
        assert {one["d_embed"] for one in drawn} == {32, 64, 96, 128}


def test_the_closed_forms_are_those_of_the_model() -> None:
    import torch

    space, rng = Rnn(), np.random.default_rng(0)
    for _ in range(6):
        architecture = space.sample(rng)
        blank = space.blank(architecture)
        assert space.parameter_counts(architecture) == count_parameters(blank)
        ids = torch.zeros((1, 11), dtype=torch.int64, device="meta")
        assert space.flops(architecture, 11) == counted_flops(blank, ids)


def test_features_are_what_was_chosen() -> None:
    assert features(SMALL) == {
        "depth": 2.0,
        "cell=gru": 1.0,
        "d_embed": 64.0,
        "projection": 0.0,
        "residual": 1.0,
        "tied": 1.0,
        "d_hidden": 80.0,
    }


@pytest.mark.parametrize(
    ("whole", "layer", "message"),
    [
        ({"d_embed": 48}, {}, "architecture: d_embed is 48: expected one of 32, 64, 96, 128"),
        ({"cell": "rnn"}, {}, "architecture: cell is 'rnn': expected one of 'lstm', 'gru', 'plain'"),
        ({"tied": 1}, {}, "architecture: tied is 1: expected one of False, True"),
        ({}, {"d_hidden": 33}, "layer 0: d_hidden is 33: expected one of 32, 48, 64, 96, 128"),
    ],
)
def test_a_wrong_value_is_named(whole: dict[str, Value], layer: dict[str, Value], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Rnn().model_key(Architecture.of("rnn", WHOLE | whole, [{"d_hidden": 32} | layer]))


@pytest.mark.parametrize("depth", [0, 5])
def test_a_wrong_depth_is_named(depth: int) -> None:
    with pytest.raises(InputError, match=f"depth is {depth}: expected one of 1, 2, 3, 4"):
        Rnn().validate(Architecture.of("rnn", WHOLE, [{"d_hidden": 32}] * depth))


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(InputError, match="unknown protocol 'lts': expected one of own"):
        Rnn("lts")
