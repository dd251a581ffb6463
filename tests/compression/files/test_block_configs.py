"""block_configs: what each layer says, and what is filled up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.compression.files.block_configs import (
    MULTIPLE,
    block_configuration,
    block_tensors,
    said_groups,
    said_neurons,
)
from lpzero.compression.files.shipped import modeling_block_configs
from lpzero.errors import InputError
from tests.compression.files.cases import smaller


def readers_width(ffn_mult: float, hidden: int) -> int:
    """As vLLM and MLX count neurons."""
    found = int(2 * ffn_mult * hidden / 3)
    return found if found % 256 == 0 else found + 256 - found % 256


def test_each_layer_says_its_own(tmp_path: Path) -> None:
    found = block_configuration(smaller(tmp_path / "m"))
    assert [block["attention"] for block in found["block_configs"]] == [
        {"n_heads_in_group": None, "no_op": True, "replace_with_linear": False},
        {"n_heads_in_group": 4, "no_op": False, "replace_with_linear": False},
        {"n_heads_in_group": 2, "no_op": False, "replace_with_linear": False},
    ]
    assert [block["ffn"]["no_op"] for block in found["block_configs"]] == [False, True, False]
    assert found["architectures"] == ["DeciLMForCausalLM"]
    assert (found["rope_theta"], "rope_scaling" in found) == (10000.0, False)


def test_the_width_that_readers_count_is_the_one_that_is_written() -> None:
    for hidden in (24, 576, 2048, 4096, 8192):
        for neurons in range(256, 4 * hidden, 256):
            assert readers_width(3 * neurons / (2 * hidden), hidden) == neurons


def test_shapes_are_those_that_readers_expect(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m")
    tensors = block_tensors(found)
    assert {tuple(tensors[f"model.layers.{i}.mlp.up_proj.weight"].shape) for i in (0, 2)} == {(256, 24)}
    # one group of two heads is said as one of four, and two of two as they are
    assert tuple(tensors["model.layers.1.self_attn.q_proj.weight"].shape) == (24, 24)
    assert tuple(tensors["model.layers.1.self_attn.k_proj.weight"].shape) == (6, 24)
    assert tuple(tensors["model.layers.1.self_attn.o_proj.weight"].shape) == (24, 24)
    assert "model.layers.0.self_attn.q_proj.weight" not in tensors


@pytest.mark.parametrize("groups", range(1, 9))
def test_groups_that_are_said_hold_those_that_stay(groups: int) -> None:
    for whole, heads in ((8, 1), (8, 4), (12, 3)):
        said = said_groups(whole, whole * heads, groups)
        assert groups <= said <= whole
        assert (whole * heads) % said == 0
    assert said_neurons(MULTIPLE * groups) == MULTIPLE * groups == modeling_block_configs.MULTIPLE * groups


@pytest.mark.parametrize(
    ("family", "settings", "said"),
    [
        ("qwen3", {}, "expected a checkpoint of llama or mistral, found qwen3"),
        ("mistral", {"sliding_window": 5}, "found a sliding_window"),
        ("llama", {"hidden_act": "gelu"}, "expected hidden_act silu, found gelu"),
        ("llama", {"attention_bias": True}, r"found model\.layers\.1\.self_attn\.q_proj\.bias"),
        ("llama", {"head_dim": 8}, "expected heads of 24 / 4 numbers"),
    ],
)
def test_what_cannot_be_said_is_refused(family: str, settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        block_configuration(smaller(tmp_path / "m", family, **settings))
