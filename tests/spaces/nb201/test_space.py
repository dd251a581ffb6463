"""The cells of NAS-Bench-201."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces import get_space, space_names
from lpzero.spaces.nb201.space import OPERATIONS, Nb201, parse_cell
from lpzero.spaces.registry import named_space
from lpzero.spaces.space import WithoutModels

CELL = "|nor_conv_1x1~0|+|skip_connect~0|avg_pool_3x3~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|"


def test_the_published_text() -> None:
    found = parse_cell(CELL)
    listed = [values["operation"] for values in (found.layer(place) for place in range(6))]
    assert listed == ["nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "none", "nor_conv_3x3"]
    Nb201().validate(found)


@pytest.mark.parametrize(
    "text", ["", "|none~0|", CELL.replace("none~1", "none~2"), CELL.replace("none", "conv"), CELL + "+"]
)
def test_another_text(text: str) -> None:
    with pytest.raises(InputError):
        parse_cell(text)


def test_it_is_found_and_not_listed() -> None:
    assert get_space("nb201") == named_space("nb201", "cell") == Nb201()
    assert "nb201" not in space_names()
    assert isinstance(get_space("nb201"), WithoutModels)
    assert not isinstance(get_space("gpt2"), WithoutModels)
    assert get_space("nb201").size == len(OPERATIONS) ** 6


def test_choices_are_those_of_any_space() -> None:
    space, rng = Nb201(), np.random.default_rng(0)
    one, other = space.sample(rng), space.sample(rng)
    mutant = space.mutate(one, rng)
    assert sum(a != b for a, b in zip(one.layers, mutant.layers, strict=True)) == 1
    space.validate(space.crossover(one, other, rng))
    assert space.model_key(one) == one.digest


@pytest.mark.parametrize(
    "ask",
    [
        lambda space, one: space.build(one, 0),
        lambda space, one: space.blank(one),
        lambda space, one: space.flops(one, 8),
        lambda space, one: space.parameter_counts(one),
        lambda space, one: space.width(one),
        lambda space, one: space.vocabulary,
        lambda space, one: space.max_tokens,
        lambda space, one: space.objective,
    ],
)
def test_what_takes_a_model_says_so_in_one_line(ask: Callable[[Any, Any], Any]) -> None:
    space = Nb201()
    with pytest.raises(InputError, match="nb201 has no models: ask a table of it"):
        ask(space, space.sample(np.random.default_rng(0)))


def test_another_protocol() -> None:
    with pytest.raises(InputError):
        get_space("nb201", "macro")
