"""The settings of an enumeration: what it needs beside those of every discovery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.formula.grammar import OVER_LAYERS
from lpzero.settings import check_settings

GIVEN: dict[str, Any] = {"space": "gpt2", "protocol": "own", "table": "gpt2-own", "operands": ["weight"]}


def test_settings_survive_a_file() -> None:
    config = EnumerateConfig(**GIVEN, keep=3, grammar="layered")
    assert check_settings(EnumerateConfig, json.loads(json.dumps(config.model_dump()))) == config


def test_every_grammar_over_layers_may_be_chosen() -> None:
    for grammar in OVER_LAYERS:
        assert check_settings(EnumerateConfig, {**GIVEN, "grammar": grammar}).grammar == grammar


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operands": []}, r"^`operands`: .*at least 1 item .*found \[\]$"),
        ({"operands": "weight"}, "^`operands`: expected a valid list, found 'weight'$"),
        ({"operands": [3]}, r"^`operands\.0`: expected a valid string, found 3$"),
        ({"keep": 0}, "^`keep`: expected greater than or equal to 1, found 0$"),
        ({"keep": 1_000_001}, "^`keep`: expected less than or equal to 1000000, found 1000001$"),
        ({"grammar": "typed"}, "^`grammar`: expected 'lpzero' or 'layered', found 'typed'$"),
        ({"islands": 4}, "^`islands`: no such setting: expected .*grammar"),
    ],
)
def test_what_is_none_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_settings(EnumerateConfig, {**GIVEN, **changes})


def test_an_enumeration_says_its_operands() -> None:
    with pytest.raises(InputError, match=r"^`operands`: Field required"):
        check_settings(EnumerateConfig, {key: value for key, value in GIVEN.items() if key != "operands"})
