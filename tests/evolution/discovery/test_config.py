"""The settings that every discovery has: what they are where nobody says, and what is refused with its name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.config import TableConfig
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.settings import check_settings

GIVEN: dict[str, Any] = {"space": "gpt2", "protocol": "own", "table": "gpt2-own"}


def test_settings_survive_a_file() -> None:
    config = TableConfig(**GIVEN, seed=7, device="cuda", deterministic=True)
    assert check_settings(TableConfig, json.loads(json.dumps(config.model_dump()))) == config


def test_every_discovery_has_them() -> None:
    for kind, more in ((EvolveConfig, {}), (EnumerateConfig, {"operands": ["weight"]})):
        config = kind.model_validate({**GIVEN, **more})
        for name, field in TableConfig.model_fields.items():
            usual = field.get_default(call_default_factory=True, validated_data={})
            assert getattr(config, name) == {**GIVEN, **more}.get(name, usual)


@pytest.mark.parametrize(
    ("name", "lowest"),
    [("seed", 0), ("search_size", 4), ("validation_size", 0), ("batch", 1), ("tokens", 2), ("elements", 16)],
)
def test_a_number_below_its_range_is_named_with_what_was_found(name: str, lowest: int) -> None:
    assert getattr(check_settings(TableConfig, {**GIVEN, name: lowest}), name) == lowest
    message = f"^`{name}`: expected greater than or equal to {lowest}, found {lowest - 1}$"
    with pytest.raises(InputError, match=message):
        check_settings(TableConfig, {**GIVEN, name: lowest - 1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1.0}, "^`seed`: expected a valid integer, found 1.0$"),
        ({"seed": True}, "^`seed`: expected a valid integer, found True$"),
        ({"device": "tpu"}, "^`device`: expected 'cpu' or 'cuda', found 'tpu'$"),
        ({"colour": "red"}, "^`colour`: no such setting: expected .*search_size"),
        ({"table": None}, "^`table`: expected a valid string, found None$"),
    ],
)
def test_what_is_none_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_settings(TableConfig, {**GIVEN, **changes})


def test_what_says_nothing_of_its_table_is_refused() -> None:
    for name in GIVEN:
        with pytest.raises(InputError, match=f"^`{name}`: Field required"):
            check_settings(TableConfig, {key: value for key, value in GIVEN.items() if key != name})
