"""Features as columns."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.principles.language.columns import ABSENT, Columns
from lpzero.principles.language.feature import TRENDS
from lpzero.spaces import get_space


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("depth", [2, 4, 4]),
        ("width", [128, 256, 256]),
        ("hidden_size", [128, 256, 256]),
        ("heads.mean", [3, 3, 2]),
        ("heads.first", [2, 4, 2]),
        ("heads.last", [4, 2, 2]),
        ("heads.min", [2, 2, 2]),
        ("heads.max", [4, 4, 2]),
        ("heads[1]", [4, 4, 2]),
        ("heads[3]", [np.nan, 2, 2]),
        ("operation=SA.mean", [0.5, 0.25, 1]),
        ("operation=DSC.first", [0, 1, 0]),
        ("operation=LT.last", [1, 0.5, 0]),
        ("parameter=5.mean", [0, 0.5, 0]),
    ],
)
def test_numbers(three: Columns, name: str, values: list[float]) -> None:
    np.testing.assert_array_equal(three.numbers(name), values)


def test_the_thirds_of_four_layers_have_two_layers_each() -> None:
    """A third is rounded up, and never empty."""
    space = get_space("gpt2")
    rng = np.random.default_rng(0)
    for one in (space.sample(rng) for _ in range(40)):
        heads, third = one.integers("heads"), -(-one.depth // 3)
        columns = Columns(space, [one])
        assert columns.numbers("heads.first")[0] == pytest.approx(np.mean(heads[:third]))
        assert columns.numbers("heads.last")[0] == pytest.approx(np.mean(heads[-third:]))
        assert columns.numbers("d_inner.max")[0] == max(one.integers("d_inner"))


def test_trends(three: Columns) -> None:
    assert [TRENDS[code] for code in three.codes("heads.trend")] == ["rising", "falling", "constant"]
    space = get_space("hwgpt")
    rng = np.random.default_rng(0)
    mixed = Columns(space, [space.sample(rng) for _ in range(20)]).codes("heads.trend")
    assert TRENDS[np.bincount(mixed).argmax()] == "mixed"


def test_codes_say_where_a_layer_is_not_there(three: Columns) -> None:
    values = three.features["operation"].values
    assert three.codes("operation").shape == (3, 4)
    assert list(three.codes("operation")[0]) == [values.index("SA"), values.index("LT"), ABSENT, ABSENT]
    assert list(three.codes("operation[2]")) == [ABSENT, values.index("SA"), values.index("SA")]


def test_shares_of_parameters_are_those_of_the_space() -> None:
    space = get_space("gpt2")
    one = space.sample(np.random.default_rng(0))
    counts = space.parameter_counts(one)
    assert Columns(space, [one]).numbers("params.attention")[0] == counts["attention"] / counts["total"]


def test_a_layer_counts_from_where_its_name_begins() -> None:
    """Behind the encoder's six layers stand the decoder's, which have other names."""
    space = get_space("hat-mt")
    one = space.sample(np.random.default_rng(1))
    columns = Columns(space, [one])
    assert columns.numbers("decoder_ffn_embed_dim[0]")[0] == one.layer(6)["decoder_ffn_embed_dim"]
    assert columns.numbers("decoder_ffn_embed_dim.mean")[0] == np.mean(
        [one.layer(place)["decoder_ffn_embed_dim"] for place in range(6, one.depth)]
    )
