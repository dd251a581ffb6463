"""What every evolution is set: the settings of both kinds have all of it."""

from __future__ import annotations

import pytest

from lpzero.compression.choices.config import ChoicesConfig, ChoicesPart
from lpzero.evolution.breeding import Breeding
from lpzero.evolution.config import EvolveConfig

WANTED = [name for name in vars(Breeding) if isinstance(vars(Breeding)[name], property)]


@pytest.mark.parametrize(
    "config",
    [
        EvolveConfig(space="gpt2", protocol="own", table="gpt2-own"),
        ChoicesConfig(tables=[ChoicesPart(table="a", records_sha256="b")]),
    ],
    ids=["architectures", "choices"],
)
def test_all_is_there(config: object) -> None:
    assert len(WANTED) > 15
    assert all(hasattr(config, name) for name in WANTED)
