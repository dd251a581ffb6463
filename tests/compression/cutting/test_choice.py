"""What of a checkpoint stays, as values."""

from __future__ import annotations

import pytest

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.errors import InputError


def test_a_layer_is_dropped_where_nothing_of_it_stays() -> None:
    layers = (LayerChoice(0, (), (3,)), LayerChoice(1, (), ()), LayerChoice(2, (0,), ()))
    assert [one.is_dropped for one in layers] == [False, True, False]
    assert Choice(layers).kept == (0, 2)


@pytest.mark.parametrize(
    ("layer", "groups", "neurons", "said"),
    [
        (-1, (), (), "found -1"),
        (0, (1, 1), (), "groups"),
        (0, (-1,), (), "groups"),
        (3, (), (2, 1), "layer 3: neurons"),
    ],
)
def test_places_increase_from_nought(layer: int, groups: tuple[int, ...], neurons: tuple[int, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        LayerChoice(layer, groups, neurons)


def test_every_layer_is_there_once_and_in_order() -> None:
    with pytest.raises(InputError, match=r"\[0, 2\]"):
        Choice((LayerChoice(0, (0,), (0,)), LayerChoice(2, (0,), (0,))))
