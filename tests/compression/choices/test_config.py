"""The settings of an evolution on tables of choices."""

from __future__ import annotations

from typing import Any

import pytest

from lpzero.compression.choices.config import ChoicesConfig
from lpzero.errors import InputError
from lpzero.settings import check_settings

TABLES: dict[str, Any] = {"tables": [{"table": "a", "records_sha256": "b"}]}


def test_defaults_are_valid_and_say_nothing_of_architectures() -> None:
    config = check_settings(ChoicesConfig, TABLES)
    assert (config.grammar, config.spaces, config.terms) == ("units", (), 0)
    assert config.search_layers + config.validation_layers < 1


@pytest.mark.parametrize(
    "wrong",
    [{"tables": []}, {"population": 3}, {"elite": 60}, {"grammar": "typed"}, {"search_layers": 1.0}, {"space": "gpt2"}],
)
def test_what_is_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        check_settings(ChoicesConfig, {**TABLES, **wrong})
