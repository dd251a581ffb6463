"""Ordinary configurations: said where the family can say it, and only there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.files.plain import plain_configuration
from tests.compression.files.cases import smaller


@pytest.mark.parametrize("family", FAMILIES)
def test_fewer_layers_and_one_width_are_said(family: str, tmp_path: Path) -> None:
    for choice in ("shallow", "half"):
        assert plain_configuration(smaller(tmp_path / choice, family, choice)) is not None
    assert plain_configuration(smaller(tmp_path / "unlike", family, "unlike")) is None


@pytest.mark.parametrize(("family", "is_said"), [("llama", True), ("gemma", True), ("gpt2", False), ("bert", False)])
def test_fewer_heads_are_said_where_their_width_has_a_name(family: str, is_said: bool, tmp_path: Path) -> None:
    assert (plain_configuration(smaller(tmp_path / "m", family, "narrow")) is not None) == is_said


def test_numbers_stand_under_the_names_of_the_family(tmp_path: Path) -> None:
    cut = smaller(tmp_path / "llama", "llama", "narrow")
    # as configurations were before heads had a width of their own
    config = tmp_path / "llama" / "config.json"
    config.write_text(json.dumps({k: v for k, v in json.loads(config.read_text()).items() if k != "head_dim"}))
    found = plain_configuration(cut)
    assert found is not None
    named = ("num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "num_hidden_layers")
    assert [found[name] for name in named] == [2, 1, 6, 4, 3]
    other = plain_configuration(smaller(tmp_path / "gpt2", "gpt2", "half"))
    assert other is not None
    assert (other["n_inner"], other["n_layer"], other["n_head"]) == (4, 3, 3)
