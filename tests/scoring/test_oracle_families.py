"""Operands and operations of families of transformers, against a direct computation in plain PyTorch."""

from __future__ import annotations

import pytest
import torch
from model_types import batch_for, built, head_of, same, state_of
from small_configurations import small_settings

from lpzero.scoring.model import LoadedModel
from lpzero.scoring.score import Request
from tests.scoring.family_sites import FAMILIES
from tests.scoring.oracle import PROXIES, assert_agrees, directly

TOKENS = 16


@pytest.mark.parametrize("model_type", FAMILIES)
@pytest.mark.filterwarnings("ignore")
def test_what_a_family_shows_is_what_plain_torch_computes(model_type: str) -> None:
    sites = FAMILIES[model_type]
    model = built(small_settings(model_type), head_of(model_type))
    batch = batch_for(model, TOKENS)
    wanted = directly(model, sites, batch.input_ids, batch.labels)
    config = model.config
    wanted["depth"] = config.num_hidden_layers
    if config.is_encoder_decoder:
        wanted["depth"] = config.encoder_layers + config.decoder_layers if model_type != "t5" else 2 * config.num_layers
    asked = Request(PROXIES, 0, 2, TOKENS, "cpu", 0, None, 1).scorer()
    before = state_of(model)
    found = asked.score_loaded(model_type, LoadedModel(model))
    assert same(before, state_of(model))
    assert found.batch_sha256 == batch.sha256
    assert_agrees(found, wanted, sites.absent)


def test_the_oracle_finds_what_is_there() -> None:
    """A name that matches nothing would leave a sum of zero, or a Jacobian without a part."""
    sites = FAMILIES["llama"]
    model = built(small_settings("llama"), "causal")
    ids = torch.arange(16).reshape(2, 8)
    assert all(directly(model, sites, ids, ids).values())
    assert len(FAMILIES) >= 40
