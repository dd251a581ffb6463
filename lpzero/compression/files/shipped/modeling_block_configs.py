"""A language model whose layers are said by ``block_configs``, as NVIDIA's Nemotron-NAS family says them.

What ``transformers`` loads with ``trust_remote_code=True``; nothing else is needed. vLLM, TensorRT-LLM and MLX read the
configuration and the weights with code of their own.
"""

import copy
from typing import Any

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

MULTIPLE = 256


class DeciLMConfig(LlamaConfig):
    """The configuration of a LLaMA, and what each layer has.

    Attributes:
        block_configs: For each layer ``attention`` (``n_heads_in_group``, ``no_op``, ``replace_with_linear``) and
            ``ffn`` (``ffn_mult``, ``no_op``, ``replace_with_linear``).
    """

    model_type = "nemotron-nas"

    block_configs: list[dict[str, Any]] | None = None


class Nothing(nn.Module):
    """What a block that is not there adds to the residual stream."""

    def __init__(self, of_attention: bool = False) -> None:
        super().__init__()
        self.of_attention = of_attention

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Zeros in the shape of the first argument."""
        zeros = torch.zeros_like(args[0] if args else kwargs["hidden_states"])
        return (zeros, None) if self.of_attention else zeros


class DeciLMForCausalLM(LlamaForCausalLM):
    """A LLaMA with layers that are not alike."""

    config_class = DeciLMConfig

    def __init__(self, config: DeciLMConfig) -> None:
        super().__init__(config)
        layers, place = self.model.layers, 0
        for index, block in enumerate(config.block_configs):
            layers[index], is_attending = _layer(type(layers[index]), config, block, place)
            place += is_attending
        self.post_init()


def _layer(kind: type[nn.Module], config: DeciLMConfig, block: dict[str, Any], place: int) -> tuple[nn.Module, bool]:
    """A layer, and whether it attends: those that do are numbered without gaps, as a cache expects."""
    attention, ffn = block["attention"], block["ffn"]
    if attention.get("replace_with_linear") or ffn.get("replace_with_linear"):
        raise ValueError("block_configs: replace_with_linear is not supported by this file")
    own = copy.copy(config)
    if not attention["no_op"]:
        own.num_key_value_heads = config.num_attention_heads // attention["n_heads_in_group"]
    if not ffn["no_op"]:
        own.intermediate_size = _width(ffn["ffn_mult"], config.hidden_size)
    layer = kind(own, place)
    if attention["no_op"]:
        layer.self_attn, layer.input_layernorm = Nothing(of_attention=True), nn.Identity()
    else:
        # the implementation of attention is set on the configuration of the model, later
        layer.self_attn.config = config
    if ffn["no_op"]:
        layer.mlp, layer.post_attention_layernorm = Nothing(), nn.Identity()
    return layer, not attention["no_op"]


def _width(ffn_mult: float, hidden_size: int) -> int:
    """Neurons of a feed-forward, as every reader of the family counts them."""
    found = int(2 * ffn_mult * hidden_size / 3)
    return -(-found // MULTIPLE) * MULTIPLE
