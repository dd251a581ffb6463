"""A tiny untrained model of every family whose blocks can be cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

SEVERAL = {"num_attention_heads": 4, "num_key_value_heads": 2}
ALIKE = {"num_attention_heads": 3}
OWN_FEED = {"intermediate_size": 10}

SETTINGS: dict[str, dict[str, Any]] = {
    "llama": {**SEVERAL, **OWN_FEED, "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
    "mistral": {**SEVERAL, **OWN_FEED, "sliding_window": 5},
    "qwen2": {**SEVERAL, **OWN_FEED},
    "qwen3": {**SEVERAL, **OWN_FEED, "head_dim": 6},
    "gemma": {**SEVERAL, **OWN_FEED, "head_dim": 8},
    "phi": {"num_attention_heads": 6, "num_key_value_heads": 3, **OWN_FEED, "qk_layernorm": True},
    "gpt2": {**ALIKE, "n_inner": 10},
    "opt": {**ALIKE, "ffn_dim": 10, "word_embed_proj_dim": 24},
    "bert": {**ALIKE, **OWN_FEED},
    "roberta": {**ALIKE, **OWN_FEED},
}
"""By family; each has 3 layers of width 24 and a vocabulary of 40."""


def tiny(family: str, *, seed: int = 0, **settings: Any) -> nn.Module:
    """A model whose weights are far from 0, so that every part of it matters."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

    config = AutoConfig.for_model(
        family,
        **{
            "hidden_size": 24,
            "num_hidden_layers": 3,
            "vocab_size": 40,
            "max_position_embeddings": 32,
            "bos_token_id": 0,
            "eos_token_id": 0,
            "pad_token_id": 1,
            **SETTINGS[family],
            **settings,
        },
    )
    auto: Any = AutoModelForMaskedLM if family in ("bert", "roberta") else AutoModelForCausalLM
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: nn.Module = auto.from_config(config)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return model.eval()


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    """Ids that no family takes for padding."""
    return torch.randint(2, 40, shape, generator=torch.Generator().manual_seed(seed))


def word_tokenizer() -> Any:
    """A tokenizer of the words w2 to w39, each its own id; 0 stands for others, 1 pads and masks."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    unknown, mask = "[UNK]", "[MASK]"
    words = {unknown: 0, mask: 1, **{f"w{i}": i for i in range(2, 40)}}
    tokenizer = Tokenizer(models.WordLevel(words, unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    named = {"unk_token": unknown, "pad_token": mask, "mask_token": mask}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)


def written_text(number: int, *, seed: int = 2) -> str:
    """Words that follow each other by a rule, with some noise."""
    draws = torch.randint(2, 40, (number,), generator=torch.Generator().manual_seed(seed))
    return " ".join(f"w{int(one)}" for one in draws)


def checkpoint_folder(folder: Path, family: str = "llama", **settings: Any) -> Path:
    """A tiny checkpoint with its tokenizer, as transformers saves one."""
    model: Any = tiny(family, **settings)
    model.save_pretrained(folder)
    word_tokenizer().save_pretrained(folder)
    return folder
