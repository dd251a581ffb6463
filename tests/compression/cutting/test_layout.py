"""What of a checkpoint may be cut, and which checkpoints are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import read_layout
from lpzero.errors import InputError
from tests.compression.tiny import tiny


@pytest.mark.parametrize("family", FAMILIES)
def test_the_shape_is_the_configurations(family: str) -> None:
    model: Any = tiny(family)
    layout, config = read_layout(model), model.config
    assert (layout.depth, layout.width, layout.neurons) == (3, 24, 10)
    assert layout.groups * layout.heads == config.num_attention_heads
    assert layout.groups == getattr(config, "num_key_value_heads", config.num_attention_heads)
    assert layout.head_width == getattr(config, "head_dim", None) or 24 // config.num_attention_heads


def _quantised(model: Any) -> None:
    model.config.quantization_config = {"quant_method": "gptq"}


def _integers(model: Any) -> None:
    linear = model.model.layers[1].mlp.up_proj
    del linear.weight
    linear.register_buffer("weight", torch.zeros(10, 24, dtype=torch.int8))


def _other_shape(model: Any) -> None:
    model.model.layers[2].mlp.up_proj = nn.Linear(24, 9)


def _missing(model: Any) -> None:
    del model.model.layers[2].mlp.up_proj


def _adapted(model: Any) -> None:
    model.model.layers[1].mlp.lora_A = nn.Linear(24, 2)


def _shared(model: Any) -> None:
    model.model.layers[2].mlp.up_proj.weight = model.model.layers[0].mlp.up_proj.weight


def _kinds(model: Any) -> None:
    model.config.layer_types = ["full_attention", "sliding_attention", "full_attention"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_quantised, "found a quantised one"),
        (_integers, "block 1: mlp.up_proj: .* found int8 of"),
        (_other_shape, r"block 2: mlp.up_proj: .*\[10, 24\], found float32 of \[9, 24\]"),
        (_missing, "block 2: expected mlp.up_proj, found none"),
        (_adapted, "found one with adapters"),
        (_shared, "mlp.up_proj.weight shared by the blocks 0 and 2"),
        (_kinds, "several kinds of attention"),
    ],
)
def test_what_cannot_be_cut_is_refused(change: Callable[[Any], None], said: str) -> None:
    model = tiny("llama")
    change(model)
    with pytest.raises(InputError, match=said):
        read_layout(model)


def test_other_models_are_refused() -> None:
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

    with pytest.raises(InputError, match=r"blocks are known .* found Linear"):
        read_layout(nn.Linear(2, 2))
    headless = AutoModel.from_config(tiny("llama").config)
    with pytest.raises(InputError, match=r"with a head for its causal loss .* found LlamaModel"):
        read_layout(headless)
    unknown = AutoConfig.for_model(
        "gpt_neo", hidden_size=8, num_layers=1, attention_types=[[["global"], 1]], num_heads=2
    )
    with pytest.raises(InputError, match="found gpt_neo"):
        read_layout(AutoModelForCausalLM.from_config(unknown))
