"""The draw of a table: distinct models, even over the cells, and the beginning of a longer draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Cell, Choice, Choices
from lpzero.training.draw import draw

SEEDS = st.integers(0, 2**32)


@dataclass(frozen=True)
class Toy(ChoiceSpace):
    """Two depths, three widths and a layer of four kinds: the cells hold 4 and 16 architectures.

    Of the kinds 2 and 3 the same model is built, so that 3 and 9 models are left.
    """

    protocol: str = "toy"

    name: ClassVar[str] = "toy"
    protocols: ClassVar[tuple[str, ...]] = ("toy",)

    @property
    def choices(self) -> Choices:
        """Of an architecture."""
        return Choices("toy", (1, 2), (Choice.of("width", 8, 16, 32),), (Choice.of("kind", 0, 1, 2, 3),))

    @property
    def vocabulary(self) -> int:
        """There are no models."""
        raise NotImplementedError

    def blank(self, architecture: Architecture) -> Any:
        """There are no models."""
        raise NotImplementedError

    def model_key(self, architecture: Architecture) -> str:
        """What is built."""
        kinds = [min(2, int(architecture.layer(i)["kind"])) for i in range(architecture.depth)]
        return f"{architecture['width']} {kinds}"


def toy(number: int, seed: int = 0) -> tuple[Architecture, ...]:
    return draw(Toy(), number, np.random.default_rng(seed))  # type: ignore[arg-type]


def cell_of(space: Any, architecture: Architecture) -> Cell:
    first = space.choices.whole[0]
    return Cell(architecture.depth, first.values.index(tuple(architecture[name] for name in first.names)))


@pytest.mark.property
@pytest.mark.parametrize(
    ("name", "protocol", "cells"), [("flexibert", "own", 4), ("gpt2", "own", 35), ("llama", "scratch", 15)]
)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, number=st.integers(1, 80))
def test_a_draw_is_distinct_even_and_the_beginning_of_a_longer_one(
    name: str, protocol: str, cells: int, seed: int, number: int
) -> None:
    space: Any = get_space(name, protocol)
    drawn = draw(space, number, np.random.default_rng(seed))
    assert len(drawn) == number
    assert len({space.model_key(architecture) for architecture in drawn}) == number
    for architecture in drawn:
        space.validate(architecture)
    counts = Counter(cell_of(space, architecture) for architecture in drawn)
    assert len(space.cells) == cells
    assert set(counts.values()) <= {number // cells, number // cells + 1}
    assert len(counts) == min(number, cells)
    assert draw(space, number + 13, np.random.default_rng(seed))[:number] == drawn


def test_the_vocabulary_changes_no_draw() -> None:
    one, two = (
        draw(get_space("flexibert", protocol), 12, np.random.default_rng(3)) for protocol in ("own", "own-4096")
    )
    assert one == two


def test_another_generator_draws_others() -> None:
    assert set(toy(6, seed=0)) != set(toy(6, seed=1))


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, number=st.integers(1, 36))
def test_a_space_is_drawn_to_its_last_model(seed: int, number: int) -> None:
    drawn = toy(number, seed)
    assert len({Toy().model_key(architecture) for architecture in drawn}) == number
    assert drawn == toy(36, seed)[:number]
    counts = Counter(cell_of(Toy(), architecture) for architecture in drawn)
    # a cell has less than the others only once it is empty
    most = max(counts.values())
    for cell in Toy().cells:
        assert counts[cell] >= min(most - 1, 3 if cell.depth == 1 else 9)


@pytest.mark.parametrize("number", [37, 60])
def test_more_than_there_are_models_is_refused(number: int) -> None:
    # 3 x (4 + 16) architectures, 3 x (3 + 9) models
    assert Toy().size == 60
    with pytest.raises(InputError, match=f"found 36 different models in toy: expected {number}: ask for fewer"):
        toy(number)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (61, "expected at most the 60 architectures of toy, found 61"),
        (10**30, f"expected at most the 60 architectures of toy, found {10**30}"),
        (0, "expected at least 1 architecture, found 0"),
        (-1, "expected at least 1 architecture, found -1"),
    ],
)
def test_a_number_out_of_its_range_is_refused(number: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        toy(number)
    assert str(caught.value) == message
