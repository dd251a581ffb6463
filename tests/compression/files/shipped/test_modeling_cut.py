"""The model of unlike layers, built from numbers alone: what it takes, and how its layers count in a cache."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import DynamicCache

from lpzero.compression.files.own_code import own_configuration
from lpzero.compression.files.shipped.modeling_cut import CutConfig, CutModel, Nothing
from tests.compression.files.cases import logits, smaller
from tests.compression.tiny import tokens


def made(folder: Path) -> tuple[CutModel, torch.nn.Module]:
    found = smaller(folder)
    document = own_configuration(found)
    model = CutModel(CutConfig(**{name: value for name, value in document.items() if name != "model_type"}))
    model.load_state_dict(found.model.state_dict())
    return model.eval(), found.model


def test_it_is_the_model_that_was_cut(tmp_path: Path) -> None:
    model, expected = made(tmp_path / "m")
    assert torch.equal(logits(model, tokens(2, 7)), logits(expected, tokens(2, 7)))
    assert isinstance(model.model.layers[0].self_attn, Nothing)
    assert isinstance(model.model.layers[1].mlp, Nothing)


def test_a_cache_counts_tokens_where_the_first_layer_has_no_attention(tmp_path: Path) -> None:
    model, _ = made(tmp_path / "m")
    ids, cache = tokens(1, 7), DynamicCache()
    with torch.no_grad():
        model(input_ids=ids[:, :5], past_key_values=cache, use_cache=True)
        assert cache.get_seq_length() == 5
        rest = model(input_ids=ids[:, 5:], past_key_values=cache, use_cache=True).logits
    assert torch.allclose(rest, logits(model, ids)[:, 5:], rtol=1e-4, atol=1e-5)
