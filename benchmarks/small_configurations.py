"""Small configurations of whatever model type transformers has: generic fields are shrunk, a few types need more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import CONFIG_MAPPING

WIDTH, HEADS, LAYERS, INNER, VOCABULARY, POSITIONS = 32, 4, 2, 64, 101, 128

_SIZES: Mapping[int, str] = {
    WIDTH: "hidden_size d_model n_embd dim emb_dim embed_dim embedding_dim attention_hidden_size kv_lora_rank "
    "q_lora_rank o_lora_rank input_embedding_size output_embedding_size lru_width hidden_size_global mamba_d_ssm "
    "word_embed_proj_dim true_hidden_size pooler_hidden_size lang_embed_dim entity_emb_size out_hidden_size "
    "prediction_head_size pronunciation_embed_dim shape_embed_dim backbone_hidden_size d_latents encoder_hidden_size",
    INNER: "intermediate_size d_ff ffn_dim dim_ff dff d_inner hidden_dim ffn_hidden_size encoder_ffn_dim "
    "decoder_ffn_dim moe_intermediate_size shared_expert_intermediate_size shared_intermediate_size mlp_dim "
    "intermediate_size_mlp expert_ffn_hidden_size feed_forward_size speech_encoder_intermediate_size "
    "moe_shared_expert_intermediate_size dense_intermediate_size adapter_rank conv_inner",
    HEADS: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads "
    "attention_heads num_encoder_attention_heads num_decoder_attention_heads linear_num_value_heads mamba_n_heads "
    "mamba_num_heads linear_num_heads index_n_heads num_experts num_local_experts n_routed_experts "
    "speech_encoder_attention_heads moe_num_experts num_buckets swa_num_attention_heads num_mem_heads patch_size",
    LAYERS: "num_key_value_heads linear_num_key_heads num_kv_heads num_query_groups swa_num_key_value_heads "
    "num_experts_per_tok moe_topk num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers "
    "num_encoder_layers num_decoder_layers num_blocks depth max_window_layers speech_encoder_layers "
    "n_groups mamba_n_groups n_group conf_num_hidden_layers num_self_attends_per_block moe_k "
    "num_layers_per_stack moe_layer_end_index",
    8: "head_dim qk_nope_head_dim v_head_dim qk_head_dim d_kv d_head dim_head linear_key_head_dim linear_head_dim "
    "linear_value_head_dim attention_head_dim kv_channels index_head_dim mamba_d_state state_size ssm_state_size "
    "time_step_rank mamba_dt_rank query_pre_attn_scalar swa_head_dim rotary_dim "
    "index_topk window_size sliding_window attention_head_size d_rel laurel_rank hidden_size_per_layer_input "
    "image_size qk_rope_head_dim",
    16: "mamba_d_head mamba_head_dim qk_head_dim embedding_size chunk_size mamba_chunk_size block_size "
    "attention_window local_attention local_radius "
    "segment_means_seq_len num_landmarks attention_chunk_size num_latents sliding_window_size global_block_size "
    "attention_window_size expert_capacity rel_extent",
    VOCABULARY: "vocab_size src_vocab_size tgt_vocab_size decoder_vocab_size vocab_size_per_layer_input "
    "entity_vocab_size audio_vocab_size t2u_vocab_size unit_hifi_gan_vocab_size char_vocab_size unpadded_vocab_size "
    "pronunciation_vocab_size shape_vocab_size",
    POSITIONS: "max_position_embeddings n_positions max_seq_len n_ctx max_encoder_position_embeddings "
    "max_decoder_position_embeddings max_source_positions max_target_positions context_length",
}
_SHRUNK = {name: size for size, names in _SIZES.items() for name in names.split()}
_SPECIAL_TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
_MORE: Mapping[str, Mapping[str, Any]] = {
    "blt": {"encoder_hash_byte_group_vocab": 500},
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "dots3_note_text": {"num_key_value_heads": 4},
    "esmc": {"num_key_value_heads": 4},
    "mamba2": {"num_heads": 4, "head_dim": 16},
    "axk1": {"n_group": 1, "topk_group": 1},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "zamba": {
        "num_hidden_layers": 4,
        "layers_block_type": ["mamba", "hybrid"] * 2,
        "n_mamba_heads": 2,
        "attention_hidden_size": 64,
        "attention_head_dim": 16,
    },
    "zamba2": {
        "num_hidden_layers": 4,
        "layers_block_type": ["mamba", "hybrid"] * 2,
        "n_mamba_heads": 4,
        "mamba_headdim": 16,
        "hybrid_layer_ids": [1, 3],
        "num_mem_blocks": 1,
        "attention_hidden_size": 64,
        "attention_head_dim": 16,
    },
    "esm": {"vocab_size": VOCABULARY, "mask_token_id": 3, "position_embedding_type": "rotary"},
    "gemma3n_text": {"num_kv_shared_layers": 0, "num_hidden_layers": 5},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "hunyuan_v1_dense": {"head_dim": 8},
    "hunyuan_v1_moe": {"head_dim": 8},
    "kimi_linear": {"num_experts_per_token": 2, "num_hidden_layers": 4},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "longt5": {"decoder_start_token_id": 0},
    "ministral": {"head_dim": 8},
    "mobilebert": {"intra_bottleneck_size": 32, "embedding_size": 32},
    "neomme": {"hidden_size": 128, "head_dim": 32},
    "nemotron": {"num_key_value_heads": 2},
    "perceiver": {"max_position_embeddings": 32},
    "reformer": {"axial_pos_embds": False, "attn_layers": ["local", "lsh"], "num_buckets": 2, "is_decoder": False},
    "squeezebert": {"embedding_size": WIDTH},
    "switch_transformers": {"decoder_start_token_id": 0},
    "t5": {"decoder_start_token_id": 0},
    "xmod": {"default_language": "en_XX"},
}
"""What a model type needs besides, since its fields hang together in its own way."""


def small_settings(model_type: str) -> dict[str, Any]:
    """The fields of a small configuration of a model type, all others left to the type.

    Raises:
        ValueError: The type's own default configuration is refused.
    """
    settings = {"model_type": model_type, **_shrunk(CONFIG_MAPPING[model_type])}
    for name, value in _MORE.get(model_type, {}).items():
        settings[name] = {**settings.get(name, {}), **value} if isinstance(value, Mapping) else value
    return settings


def _shrunk(kind: Any) -> dict[str, Any]:
    default = kind()
    known = default.to_dict()
    settings: dict[str, Any] = {
        name: size
        for name, size in _SHRUNK.items()
        if isinstance(known.get(name), int) and not isinstance(known[name], bool) and known[name] > size
    }
    if "kv_lora_rank" in known and "num_key_value_heads" in known:
        # keys and values of low rank are of every head
        settings["num_key_value_heads"] = HEADS
    settings |= {name: token for name, token in _SPECIAL_TOKENS.items() if name in known}
    settings |= {
        name: value
        for place, name in enumerate(sorted(known), 1)
        if name.endswith(("_token_id", "_token_index")) and name not in _SPECIAL_TOKENS and known[name] is not None
        for value in [VOCABULARY - 1 - place % 16]
    }
    for name, part in getattr(kind, "sub_configs", {}).items():
        if isinstance(known.get(name), dict):
            sub = CONFIG_MAPPING[known[name]["model_type"]] if part.__name__ == "AutoConfig" else part
            settings[name] = _shrunk(sub) | ({"model_type": sub.model_type} if sub.model_type else {})
    return settings
