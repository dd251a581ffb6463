"""SNIP of model types of transformers, against plain PyTorch; and nothing of a pass is left in the model."""

from __future__ import annotations

import warnings

import pytest
from model_types import HEADS, judged
from small_configurations import small_settings

# those of tests/scoring/family_sites.py are compared there, in all that they show
TYPES = (
    "funnel", "granitemoehybrid", "jamba", "lfm2", "mamba", "mamba2", "nemotron_h", "qwen3_next", "recurrent_gemma",
    "whisper",
)  # fmt: skip


@pytest.mark.parametrize("model_type", TYPES)
@pytest.mark.filterwarnings("ignore")
def test_snip_of_a_model_type_is_that_of_plain_torch(model_type: str) -> None:
    assert judged(model_type, 60)[1:] == ("equal", "")


def test_small_settings_are_small() -> None:
    settings = small_settings("llama")
    assert (settings["model_type"], settings["hidden_size"], settings["num_hidden_layers"]) == ("llama", 32, 2)


@pytest.mark.slow
def test_snip_is_right_for_nearly_all_model_types() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdicts = [judged(name, 60)[1] for name in sorted({name for _, names in HEADS.values() for name in names})]
    tried = [verdict for verdict in verdicts if verdict not in ("not run", "not small")]
    assert len(tried) > 220
    assert "changed" not in tried
    assert tried.count("equal") >= 0.95 * len(tried)
