"""SNIP of model types of transformers, against plain PyTorch; and nothing of a pass is left in the model."""

from __future__ import annotations

import warnings

import pytest
from model_types import HEADS, judged
from small_configurations import small_settings

TYPES = (
    "albert", "bart", "bert", "funnel", "gpt2", "gpt_neox", "granitemoehybrid", "jamba", "lfm2", "llama", "mamba",
    "mamba2", "mixtral", "nemotron_h", "openai-gpt", "opt", "qwen3_next", "recurrent_gemma", "t5", "whisper",
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
