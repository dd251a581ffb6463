"""Choices: drawing, changing and checking values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Cell, Choice, Choices

SPACE = Choices(
    space="toy",
    depths=(1, 2, 3),
    whole=(Choice.of("width", 8, 16),),
    layer=(
        Choice(("kind", "size"), (("a", 1), ("a", 2), ("b", "x"))),
        Choice.of("inner", *range(10, 30)),
    ),
)
VALID: dict[str, Any] = {"kind": "a", "size": 1, "inner": 10}


def test_size_counts_every_architecture() -> None:
    # two widths; 3 kinds with sizes x 20 inner values for each layer, at depths 1, 2 and 3
    assert SPACE.size == 2 * (60 + 60**2 + 60**3)


def test_sampling_is_uniform_over_each_choice() -> None:
    rng = np.random.default_rng(0)
    drawn = [SPACE.sample(rng) for _ in range(3000)]
    depths = np.bincount([architecture.depth for architecture in drawn])[1:]
    # 3000 draws of probability 1/3 have a standard deviation of 26
    assert np.abs(depths - 1000).max() < 110
    assert {architecture.layer(0)["inner"] for architecture in drawn} == set(range(10, 30))


def test_another_value_is_uniform_over_the_others() -> None:
    rng = np.random.default_rng(0)
    choice = Choice.of("width", 1, 2, 3, 4)
    drawn = [choice.draw_other({"width": 2}, rng)["width"] for _ in range(300)]
    assert {value: drawn.count(value) > 60 for value in set(drawn)} == {1: True, 3: True, 4: True}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"kind": "c"}, "layer 1: kind is 'c': expected one of 'a', 'b'"),
        ({"size": 3}, "layer 1: size is 3: expected one of 1, 2"),
        ({"kind": "b"}, "layer 1: size is 1: expected one of 'x'"),
        ({"inner": 30}, "layer 1: inner is 30: expected int from 10 to 29"),
        ({"inner": 10.0}, "layer 1: inner is 10.0: expected int from 10 to 29"),
        ({"size": True}, "layer 1: size is True: expected one of 1, 2"),
        ({"extra": 1}, "layer 1: found the names extra, inner, kind, size: expected inner, kind, size"),
    ],
)
def test_a_wrong_value_is_named_with_the_valid_ones(layer: dict[str, Any], message: str) -> None:
    architecture = Architecture.of("toy", {"width": 8}, [VALID, VALID | layer])
    with pytest.raises(InputError) as caught:
        SPACE.validate(architecture)
    assert str(caught.value) == message
    for change in (SPACE.mutate, lambda a, rng: SPACE.crossover(a, a, rng)):
        with pytest.raises(InputError):
            change(architecture, np.random.default_rng(0))


def test_a_wrong_depth_or_width_is_named() -> None:
    with pytest.raises(InputError, match="depth is 4: expected one of 1, 2, 3"):
        SPACE.validate(Architecture.of("toy", {"width": 8}, [VALID] * 4))
    with pytest.raises(InputError, match="architecture: width is 9: expected one of 8, 16"):
        SPACE.validate(Architecture.of("toy", {"width": 9}, [VALID]))
    with pytest.raises(InputError, match="architecture: found the names none: expected width"):
        SPACE.validate(Architecture.of("toy", {}, [VALID]))


def test_layers_that_one_parent_lacks_come_from_the_other() -> None:
    deep = Architecture.of("toy", {"width": 8}, [VALID, VALID | {"inner": 11}, VALID | {"inner": 12}])
    flat = Architecture.of("toy", {"width": 16}, [VALID | {"inner": 20}])
    rng = np.random.default_rng(0)
    children = [SPACE.crossover(flat, deep, rng) for _ in range(50)]
    assert {child.depth for child in children} == {1, 3}
    assert all(child.layers[1:] == deep.layers[1:] for child in children if child.depth == 3)


WIDE = Choices(
    space="wide",
    depths=(2, 5),
    whole=(Choice(("width", "base"), ((8, "x"), (16, "y"), (16, "z"))), Choice.of("shrink", 1, 2)),
    layer=(Choice.of("inner", *range(10, 30)),),
)


def test_the_cells_are_every_depth_with_every_width_once() -> None:
    assert SPACE.cells == tuple(Cell(depth, width) for depth in (1, 2, 3) for width in (0, 1))
    assert WIDE.cells == tuple(Cell(depth, width) for depth in (2, 5) for width in (0, 1, 2))


@pytest.mark.parametrize("space", [SPACE, WIDE], ids=lambda space: space.space)
def test_a_draw_from_a_cell_has_its_depth_and_its_width(space: Choices) -> None:
    rng = np.random.default_rng(0)
    for cell in space.cells:
        for architecture in (space.sample(rng, cell) for _ in range(20)):
            space.validate(architecture)
            assert architecture.depth == cell.depth
            first = space.whole[0]
            assert tuple(architecture[name] for name in first.names) == first.values[cell.width]


def test_a_draw_from_a_cell_is_uniform_over_all_but_depth_and_width() -> None:
    rng = np.random.default_rng(0)
    drawn = [WIDE.sample(rng, Cell(depth=2, width=1)) for _ in range(1000)]
    shrinks = [architecture["shrink"] for architecture in drawn]
    # 1000 draws of probability 1/2 have a standard deviation of 16
    assert abs(shrinks.count(1) - 500) < 65
    for layer in (0, 1):
        inner = [architecture.layer(layer)["inner"] for architecture in drawn]
        # 1000 draws of probability 1/20 have a standard deviation of 7
        assert all(abs(inner.count(value) - 50) < 35 for value in range(10, 30))


def test_a_combination_is_found_by_its_place() -> None:
    choice = WIDE.whole[0]
    assert [choice.combination(i) for i in range(3)] == [
        {"width": 8, "base": "x"},
        {"width": 16, "base": "y"},
        {"width": 16, "base": "z"},
    ]


STACKED = Choices(
    space="stacked",
    depths=(3, 4),
    whole=(Choice.of("width", 8, 16),),
    layer=(Choice.of("late", 1, 2, 3),),
    front=(Choice.of("early", 1, 2), Choice.of("kind", "a", "b")),
    front_depth=2,
)


def test_the_first_layers_may_have_other_choices() -> None:
    assert STACKED.size == 2 * 4**2 * (3 + 3**2)
    rng = np.random.default_rng(0)
    drawn = [STACKED.sample(rng) for _ in range(400)]
    # of 2 widths, 4 x 4 first layers and 12 ways behind them
    assert len(set(drawn)) > 200
    changed = [STACKED.mutate(one, rng) for one in drawn]
    children = [STACKED.crossover(one, other, rng) for one, other in zip(drawn, changed[::-1], strict=True)]
    for architecture in (*drawn, *changed, *children):
        STACKED.validate(architecture)
        names = [set(architecture.layer(index)) for index in range(architecture.depth)]
        assert names == [{"early", "kind"}] * 2 + [{"late"}] * (architecture.depth - 2)
    assert {one.depth for one in changed} == {3, 4}
    moved = {i for one, other in zip(drawn, changed, strict=True) for i in range(3) if one.layers[i] != other.layers[i]}
    assert moved == {0, 1, 2}
    with pytest.raises(InputError, match="layer 1: found the names late: expected early, kind"):
        STACKED.validate(
            Architecture.of("stacked", {"width": 8}, [{"early": 1, "kind": "a"}, {"late": 1}, {"late": 1}])
        )
