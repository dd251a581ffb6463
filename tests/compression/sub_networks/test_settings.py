"""Settings of a table of sub-networks: ranges, and what the digest of a recipe depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lpzero.compression.sub_networks.settings import Recipe, SubNetworkSettings
from lpzero.errors import InputError


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_params", 0), ("steps", 0), ("tolerance", 0), ("tolerance", 1.0), ("context", 1), ("windows", 1)],
)
def test_numbers_out_of_range_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=name):
        SubNetworkSettings(**{"max_params": 1000.0, "steps": 30, name: value})


def test_the_seed_of_a_recovery_orders_the_text_alone() -> None:
    settings = SubNetworkSettings(1000, 30, mixed=True)
    first, second = settings.recovery(0), settings.recovery(1)
    assert replace(second, seed=0) == first
    assert (first.steps, first.mixed) == (30, True)


def test_whatever_decides_a_loss_is_in_the_digest() -> None:
    recipe = Recipe("a", "b", "c", SubNetworkSettings(1000, 30))
    others = [
        replace(recipe, checkpoint="x"),
        replace(recipe, check_sha256="x"),
        replace(recipe, settings=SubNetworkSettings(1000, 31)),
    ]
    assert len({one.digest for one in (recipe, *others)}) == len(others) + 1
    assert Recipe("a", "b", "c", SubNetworkSettings(1000, 30)).digest == recipe.digest
