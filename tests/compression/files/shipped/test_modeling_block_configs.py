"""The model of block_configs, built from numbers alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.compression.files.block_configs import block_configuration, block_tensors
from lpzero.compression.files.shipped.modeling_block_configs import DeciLMConfig, DeciLMForCausalLM
from tests.compression.files.cases import logits, smaller
from tests.compression.tiny import tokens


def configuration(document: dict[str, Any]) -> DeciLMConfig:
    return DeciLMConfig(**{name: value for name, value in document.items() if name != "model_type"})


@pytest.mark.parametrize("choice", ["unlike", "narrow", "half"])
def test_it_is_the_model_that_was_cut(choice: str, tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", "llama", choice)
    model = DeciLMForCausalLM(configuration(block_configuration(found)))
    left = model.load_state_dict(block_tensors(found), strict=False)
    assert (left.missing_keys, left.unexpected_keys) == (["lm_head.weight"], [])
    expected = logits(found.model, tokens(2, 7))
    assert torch.allclose(logits(model.eval(), tokens(2, 7)), expected, rtol=1e-4, atol=1e-5)


def test_linear_maps_in_the_place_of_blocks_are_refused(tmp_path: Path) -> None:
    document = block_configuration(smaller(tmp_path / "m"))
    document["block_configs"][0]["ffn"]["replace_with_linear"] = True
    with pytest.raises(ValueError, match="replace_with_linear"):
        DeciLMForCausalLM(configuration(document))
