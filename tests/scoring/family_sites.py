"""Where model types of transformers have what operands are made of: names written down by hand, a row each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sites:
    """Names of modules, in which ``#`` is any number and ``{a,b}`` either of two words.

    Attributes:
        embedding: Those that look words up.
        heads: Those that give queries, keys and values.
        activation: The non-linearities of the feed-forwards, or what stands for one that is a plain function.
        absent: Proxies that have no value there.
        experts: Feed-forwards that each token goes through, of those whose weights are stacked.
        beside: Operations a token of products that no module of torch or of the type makes.
    """

    embedding: str
    heads: str = ""
    activation: str = ""
    absent: tuple[str, ...] = ()
    experts: int = 0
    beside: int = 0

    def pattern(self, which: str) -> re.Pattern[str]:
        """One of the three as a regular expression that the whole name matches."""
        words = {"embedding": self.embedding, "heads": self.heads, "activation": self.activation}[which]
        text = re.escape(words).replace(r"\#", r"[0-9]+").replace(r"\{", "(").replace(r"\}", ")").replace(",", "|")
        return re.compile(text)


def _bert(root: str, embedding: str = "", **more: object) -> Sites:
    layer = f"{root}.encoder.layer.#"
    return Sites(
        embedding or f"{root}.embeddings.word_embeddings",
        f"{layer}.attention.self.{{query,key,value}}",
        f"{layer}.intermediate.intermediate_act_fn",
        **more,  # type: ignore[arg-type]
    )


def _llama(activation: str = "mlp.act_fn", heads: str = "{q,k,v}_proj", **more: object) -> Sites:
    layer = "model.layers.#"
    return Sites("model.embed_tokens", f"{layer}.self_attn.{heads}", f"{layer}.{activation}", **more)  # type: ignore[arg-type]


def _gpt(embedding: str, heads: str, activation: str = "mlp.act", **more: object) -> Sites:
    return Sites(f"transformer.{embedding}", f"transformer.h.#.{heads}", f"transformer.h.#.{activation}", **more)  # type: ignore[arg-type]


def _bart() -> Sites:
    layer = "model.{encoder,decoder}.layers.#"
    return Sites(
        "model.{encoder,decoder}.embed_tokens",
        f"{layer}.{{self,encoder}}_attn.{{q,k,v}}_proj",
        f"{layer}.activation_fn",
    )


_T5 = "{encoder,decoder}.block.#.layer.#"
_DISTIL = "distilbert.transformer.layer.#"
_ALBERT = "albert.encoder.albert_layer_groups.#.albert_layers.#"

FAMILIES: Mapping[str, Sites] = {
    "albert": Sites(
        "albert.embeddings.word_embeddings", f"{_ALBERT}.attention.{{query,key,value}}", f"{_ALBERT}.activation"
    ),
    "bert": _bert("bert"),
    "camembert": _bert("roberta"),
    "deberta-v2": Sites(
        "deberta.embeddings.word_embeddings",
        "deberta.encoder.layer.#.attention.self.{query,key,value}_proj",
        "deberta.encoder.layer.#.intermediate.intermediate_act_fn",
    ),
    "distilbert": Sites(
        "distilbert.embeddings.word_embeddings", f"{_DISTIL}.attention.{{q,k,v}}_lin", f"{_DISTIL}.ffn.activation"
    ),
    "electra": _bert("electra"),
    "ernie": _bert("ernie"),
    "esm": Sites(
        "esm.embeddings.word_embeddings",
        "esm.encoder.layer.#.attention.self.{query,key,value}",
        # the non-linearity is a function of theirs, behind the one layer of this module
        "esm.encoder.layer.#.intermediate",
    ),
    "megatron-bert": _bert("bert"),
    "mobilebert": Sites(
        "mobilebert.embeddings.word_embeddings",
        "mobilebert.encoder.layer.#.attention.self.{query,key,value}",
        # one feed-forward behind another
        "mobilebert.encoder.layer.#.{ffn.#.,}intermediate.intermediate_act_fn",
        # logits: by the joined weights of two modules
        beside=2 * 32 * 101,
    ),
    "modernbert": Sites("model.embeddings.tok_embeddings", "model.layers.#.attn.Wqkv", "model.layers.#.mlp.act"),
    "mpnet": Sites(
        "mpnet.embeddings.word_embeddings",
        "mpnet.encoder.layer.#.attention.attn.{q,k,v}",
        "mpnet.encoder.layer.#.intermediate.intermediate_act_fn",
    ),
    "nystromformer": _bert("nystromformer"),
    "rembert": _bert("rembert"),
    "roberta": _bert("roberta"),
    "roformer": _bert("roformer"),
    "squeezebert": Sites(
        "transformer.embeddings.word_embeddings",
        "transformer.encoder.layers.#.attention.{query,key,value}",
        "transformer.encoder.layers.#.intermediate.act",
        # its attentions are what goes into the softmax
        absent=("sum(l1(attention))", "sum(mean(max_heads(attention)))"),
    ),
    "xlm-roberta": _bert("roberta"),
    "biogpt": Sites("biogpt.embed_tokens", "biogpt.layers.#.self_attn.{q,k,v}_proj", "biogpt.layers.#.activation_fn"),
    "bloom": _gpt("word_embeddings", "self_attention.query_key_value", "mlp.gelu_impl"),
    "codegen": _gpt("wte", "attn.qkv_proj"),
    "cohere": _llama(),
    "ctrl": _gpt("w", "multi_head_attention.{Wq,Wk,Wv}", "ffn.1"),
    "falcon": _gpt("word_embeddings", "self_attention.query_key_value"),
    "gemma": _llama(),
    "gemma2": _llama(),
    "gemma3_text": _llama(),
    "glm": _llama("mlp.activation_fn"),
    "gpt2": _gpt("wte", "attn.c_attn"),
    "gpt_bigcode": _gpt("wte", "attn.c_attn"),
    "gpt_neo": _gpt("wte", "attn.attention.{q,k,v}_proj"),
    "gpt_neox": Sites("gpt_neox.embed_in", "gpt_neox.layers.#.attention.query_key_value", "gpt_neox.layers.#.mlp.act"),
    "gptj": _gpt("wte", "attn.{q,k,v}_proj"),
    "granite": _llama(),
    "granitemoe": _llama("block_sparse_moe.experts.act_fn", experts=2),
    "helium": _llama(),
    "llama": _llama(),
    "mistral": _llama(),
    "mixtral": _llama("mlp.experts.act_fn", experts=2),
    "mpt": Sites("transformer.wte", "transformer.blocks.#.attn.Wqkv", "transformer.blocks.#.ffn.act"),
    "nemotron": _llama(),
    "olmo": _llama(),
    "olmo2": _llama(),
    "olmoe": _llama("mlp.experts.act_fn", experts=2),
    "openai-gpt": _gpt("tokens_embed", "attn.c_attn"),
    "opt": Sites(
        "model.decoder.embed_tokens",
        "model.decoder.layers.#.self_attn.{q,k,v}_proj",
        "model.decoder.layers.#.activation_fn",
    ),
    "persimmon": _llama("mlp.act", "query_key_value"),
    "phi": _llama("mlp.activation_fn"),
    "phi3": _llama("mlp.activation_fn", "qkv_proj"),
    "qwen2": _llama(),
    "qwen2_moe": _llama("mlp.{experts,shared_expert}.act_fn", experts=2),
    "qwen3": _llama(),
    "smollm3": _llama(),
    "stablelm": _llama(),
    "starcoder2": _llama("mlp.act"),
    "xglm": _llama("activation_fn"),
    "bart": _bart(),
    "m2m_100": _bart(),
    "marian": _bart(),
    "mbart": _bart(),
    "pegasus": _bart(),
    "t5": Sites(
        "{encoder,decoder}.embed_tokens",
        f"{_T5}.{{SelfAttention,EncDecAttention}}.{{q,k,v}}",
        f"{_T5}.DenseReluDense.act",
    ),
}
