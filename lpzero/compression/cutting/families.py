"""Families of transformers whose blocks can be cut: a row each, saying where the parts of a block lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Part = Literal["query", "key", "value"]
Objective = Literal["causal", "masked"]


@dataclass(frozen=True)
class Places:
    """Where the parts of a family's model lie; all but ``blocks`` are paths within a block.

    Attributes:
        blocks: The list of blocks, in the model.
        attention: The module that makes queries, keys and values, counts heads and knows its place in a cache.
        projections: Each linear module of it, with what its outputs are one after the other.
        attention_out: The linear module from heads to the residual stream.
        attention_norm: What nobody but the attention reads; None where others do, or where it follows.
        inner: The linear modules whose outputs are the neurons.
        outer: The linear module from neurons to the residual stream.
        feed_forward: What may go whole where no neuron stays, the rest of the block as it is.
        feed_forward_norm: As ``attention_norm``.
        heads: Names of attributes of ``attention`` that count query heads.
        width: Names of attributes of ``attention`` that are the width of all query heads together.
        norms_follow: Whether a norm follows each sum, so that the residual stream itself passes through it.
        objective: What the model predicts.
    """

    blocks: str
    attention: str
    projections: tuple[tuple[str, tuple[Part, ...]], ...]
    attention_out: str
    attention_norm: str | None
    inner: tuple[str, ...]
    outer: str
    feed_forward: tuple[str, ...]
    feed_forward_norm: str | None
    heads: tuple[str, ...] = ()
    width: tuple[str, ...] = ()
    norms_follow: bool = False
    objective: Objective = "causal"


_LLAMA = Places(
    blocks="model.layers",
    attention="self_attn",
    projections=(
        ("self_attn.q_proj", ("query",)),
        ("self_attn.k_proj", ("key",)),
        ("self_attn.v_proj", ("value",)),
    ),
    attention_out="self_attn.o_proj",
    attention_norm="input_layernorm",
    inner=("mlp.gate_proj", "mlp.up_proj"),
    outer="mlp.down_proj",
    feed_forward=("mlp",),
    feed_forward_norm="post_attention_layernorm",
)
_PHI = Places(
    blocks="model.layers",
    attention="self_attn",
    projections=_LLAMA.projections,
    attention_out="self_attn.dense",
    # attention and feed-forward run beside each other, behind one norm
    attention_norm=None,
    inner=("mlp.fc1",),
    outer="mlp.fc2",
    feed_forward=("mlp",),
    feed_forward_norm=None,
)
_GPT2 = Places(
    blocks="transformer.h",
    attention="attn",
    projections=(("attn.c_attn", ("query", "key", "value")),),
    attention_out="attn.c_proj",
    attention_norm="ln_1",
    inner=("mlp.c_fc",),
    outer="mlp.c_proj",
    feed_forward=("mlp",),
    feed_forward_norm="ln_2",
    heads=("num_heads",),
    width=("split_size",),
)
_OPT = Places(
    blocks="model.decoder.layers",
    attention="self_attn",
    projections=_LLAMA.projections,
    attention_out="self_attn.out_proj",
    attention_norm="self_attn_layer_norm",
    inner=("fc1",),
    outer="fc2",
    feed_forward=("fc1", "fc2"),
    feed_forward_norm="final_layer_norm",
    heads=("num_heads",),
)


def _encoder(stem: str) -> Places:
    return Places(
        blocks=f"{stem}.encoder.layer",
        attention="attention.self",
        projections=(
            ("attention.self.query", ("query",)),
            ("attention.self.key", ("key",)),
            ("attention.self.value", ("value",)),
        ),
        attention_out="attention.output.dense",
        attention_norm=None,
        inner=("intermediate.dense",),
        outer="output.dense",
        feed_forward=("intermediate.dense", "output.dense"),
        feed_forward_norm=None,
        heads=("num_attention_heads",),
        width=("all_head_size",),
        norms_follow=True,
        objective="masked",
    )


FAMILIES: Mapping[str, Places] = MappingProxyType(
    {
        **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "gemma"), _LLAMA),
        "phi": _PHI,
        "gpt2": _GPT2,
        "opt": _OPT,
        **{name: _encoder(name) for name in ("bert", "roberta")},
    }
)
"""By what a configuration calls its ``model_type``."""
