"""Fields that a configuration's class does not know: a misspelt one is refused, what published files hold is not."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import AutoConfig

from lpzero.errors import InputError
from lpzero.scoring.fields import paths_of, unknown_fields


def _unknown(kind: str, **settings: Any) -> list[str]:
    return unknown_fields(AutoConfig.for_model(kind, **settings), settings, "c.json")


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        (
            "llama",
            {"hidden_size": 32, "n_layers": 2, "heads": 4, "num_attention_heads": 4, "num_layers": 2},
            "n_layers (num_hidden_layers?), heads, num_layers (num_hidden_layers?)",
        ),
        ("llama", {"d_model": 32}, "d_model (hidden_size?)"),
        ("llama", {"n_kv_heads": 2}, "n_kv_heads (num_key_value_heads?)"),
        ("llama", {"block_size": 64}, "block_size (max_position_embeddings?)"),
        ("llama", {"num_hidden_layer": 2}, "num_hidden_layer (num_hidden_layers?)"),
        ("llama", {"hiden_size": 32}, "hiden_size (hidden_size?)"),
        ("llama", {"tie_word_embedding": True}, "tie_word_embedding (tie_word_embeddings?)"),
        ("gpt2", {"n_layers": 2}, "n_layers (n_layer?)"),
        ("gpt2", {"hidden_dim": 32}, "hidden_dim (n_embd?)"),
        ("bert", {"layers": 2}, "layers (num_hidden_layers?)"),
        ("mixtral", {"num_local_expert": 2}, "num_local_expert (num_local_experts?)"),
        ("gemma3", {"text_config": {"model_type": "gemma3_text", "num_layers": 2}}, "num_layers (num_hidden_layers?)"),
    ],
)
def test_a_field_that_looks_like_one_that_is_not_given_is_refused(
    kind: str, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        _unknown(kind, **settings)
    assert words in str(caught.value)
    assert str(caught.value).startswith("c.json: ")


# what the files of well-known models hold besides
PUBLISHED: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "gpt2": (
        "gpt2",
        {
            **{"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1},
            **{"bos_token_id": 50256, "embd_pdrop": 0.1, "eos_token_id": 50256, "initializer_range": 0.02},
            **{"layer_norm_epsilon": 1e-05, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12},
            **{"n_positions": 1024, "resid_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1},
            **{"summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True},
            **{"task_specific_params": {"text-generation": {"do_sample": True}}, "vocab_size": 50257},
        },
        ["n_ctx"],
    ),
    "bert": (
        "bert",
        {
            **{"architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu"},
            **{
                "gradient_checkpointing": False,
                "hidden_size": 768,
                "intermediate_size": 3072,
                "directionality": "bidi",
            },
            **{"layer_norm_eps": 1e-12, "max_position_embeddings": 512, "num_attention_heads": 12},
            **{"num_hidden_layers": 12, "pad_token_id": 0, "position_embedding_type": "absolute", "vocab_size": 30522},
            **{"pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3},
            **{"pooler_size_per_head": 128, "pooler_type": "first_token_transform", "type_vocab_size": 2},
            **{"use_cache": True, "transformers_version": "4.6.0.dev0", "finetuning_task": None, "num_labels": 2},
        },
        ["directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers"],
    ),
    "llama": (
        "llama",
        {
            **{"_name_or_path": "x/y", "architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2},
            **{"hidden_act": "silu", "hidden_size": 64, "initializer_range": 0.02, "intermediate_size": 128},
            **{"max_position_embeddings": 2048, "max_length": 4096, "num_attention_heads": 4, "pad_token_id": 0},
            **{"num_hidden_layers": 2, "num_key_value_heads": 4, "pretraining_tp": 1, "rms_norm_eps": 1e-06},
            **{"rope_scaling": None, "rope_theta": 500000.0, "tie_word_embeddings": False, "torch_dtype": "float16"},
            **{"transformers_version": "4.31.0", "use_cache": True, "vocab_size": 32000, "temperature": 0.6},
            **{
                "auto_map": {"AutoModelForCausalLM": "m.M"},
                "quantization_config": {"bits": 4},
                "rope_interleaved": False,
            },
        },
        ["rope_interleaved"],
    ),
    "opt": (
        "opt",
        {
            **{"activation_dropout": 0.0, "activation_function": "relu", "attention_dropout": 0.0, "dropout": 0.1},
            **{"do_layer_norm_before": True, "_remove_final_layer_norm": False, "ffn_dim": 3072, "hidden_size": 768},
            **{"init_std": 0.02, "layerdrop": 0.0, "max_position_embeddings": 2048, "num_attention_heads": 12},
            **{"num_hidden_layers": 12, "prefix": "</s>", "vocab_size": 50272, "word_embed_proj_dim": 768},
        },
        [],
    ),
    "bloom": (
        "bloom",
        {
            **{
                "apply_residual_connection_post_layernorm": False,
                "n_embed": 64,
                "n_layer": 2,
                "num_attention_heads": 4,
            },
            **{"attention_dropout": 0.0, "attention_softmax_in_fp32": True, "bias_dropout_fusion": True},
            **{"masked_softmax_fusion": True, "offset_alibi": 100, "pretraining_tp": 2, "seq_length": 2048},
            **{"skip_bias_add": True, "skip_bias_add_qkv": False, "unk_token_id": 0, "vocab_size": 250880},
        },
        ["attention_softmax_in_fp32", "bias_dropout_fusion", "seq_length"],
    ),
    "mamba": (
        "mamba",
        {
            **{"d_inner": 128, "d_model": 64, "fused_add_norm": True, "hidden_size": 64, "intermediate_size": 128},
            **{"n_layer": 2, "num_hidden_layers": 2, "rms_norm": True, "ssm_cfg": {}, "vocab_size": 50280},
            **{"pad_vocab_size_multiple": 8, "residual_in_fp32": True, "state_size": 16, "conv_kernel": 4},
        },
        ["d_inner", "d_model", "n_layer", "fused_add_norm"],
    ),
    "t5": (
        "t5",
        {
            **{
                "d_ff": 64,
                "d_kv": 16,
                "d_model": 32,
                "dropout_rate": 0.1,
                "is_encoder_decoder": True,
                "n_positions": 512,
            },
            **{"feed_forward_proj": "relu", "num_heads": 2, "num_layers": 2, "output_past": True, "vocab_size": 32128},
            **{"relative_attention_num_buckets": 32, "layer_norm_epsilon": 1e-6, "num_decoder_layers": 2},
        },
        ["n_positions"],
    ),
}


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_what_published_files_hold_besides_is_named_at_most(name: str) -> None:
    kind, settings, named = PUBLISHED[name]
    found = _unknown(kind, **settings)
    assert set(named) <= set(found)
    hidden = {"_name_or_path", "task_specific_params", "auto_map", "quantization_config", "summary_type", "num_labels"}
    assert not {*hidden, "torch_dtype", "rope_theta", "rope_scaling", "temperature", "max_length"} & set(found)


def test_fields_by_any_of_their_names_are_known() -> None:
    assert _unknown("gpt2", hidden_size=32, num_hidden_layers=2, n_head=2, max_position_embeddings=64) == []
    assert _unknown("xlm", n_words=40, emb_dim=32, n_layers=2) == []


def test_every_type_knows_its_own_fields() -> None:
    for kind in ("llama", "gpt2", "bert", "gemma3_text", "mamba2", "falcon_h1", "deberta-v2", "qwen3_moe", "xlnet"):
        config = AutoConfig.for_model(kind)
        settings = {name: value for name, value in config.to_dict().items() if name != "model_type"}
        assert unknown_fields(AutoConfig.for_model(kind, **settings), settings, "c.json") == [], kind


def test_a_value_is_found_wherever_it_stands() -> None:
    settings = {"a": 1, "rope_scaling": {"rope_type": "su"}, "hidden_act": "su"}
    assert list(paths_of(settings, "su")) == ["rope_scaling.rope_type", "hidden_act"]
    assert list(paths_of(settings, "other")) == []
