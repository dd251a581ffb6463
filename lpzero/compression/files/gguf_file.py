"""A smaller LLaMA as GGUF of the architecture ``deci``, whose layers say heads and widths each: what llama.cpp runs.

Three things of llama.cpp decide what is written:

- it turns the halves of a head's rotary positions into pairs, so that rows of queries and keys change places;
- a layer with attention and without a feed-forward is skipped whole: it gets a feed-forward of zeros, 32 wide;
- the number of rotary dimensions is read only if the first layer has heads: without attention it gets one of zeros.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lpzero.compression.files.block_configs import check_like_llama
from lpzero.compression.files.gguf_tokenizer import TOKENIZER, pre_tokenizer, write_tokenizer
from lpzero.compression.files.smaller import Smaller
from lpzero.errors import InputError, MissingError
from lpzero.settings import read_document

if TYPE_CHECKING:
    from gguf import GGUFWriter

FILE = "model.gguf"
ARCHITECTURE = "deci"
ZERO_WIDTH = 32
"""Neurons of a feed-forward of zeros."""

_OUTSIDE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_INSIDE = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_gguf(smaller: Smaller, path: Path) -> int:
    """Write the file.

    Args:
        smaller: The model.
        path: Where; nothing may be there.

    Returns:
        Parameters that are zeros, and there for the reader alone.

    Raises:
        MissingError: The library gguf is not installed.
        InputError: The form cannot say the model, or its tokenizer.
        OSError: It cannot be written.
    """
    check_gguf(smaller)
    from gguf import GGUFWriter

    writer = GGUFWriter(None, ARCHITECTURE)
    _write_shape(writer, smaller)
    write_tokenizer(writer, smaller.source, int(smaller.config.vocab_size))
    zeros = 0
    for name, tensor, is_filling in _tensors(smaller):
        _add(writer, name, tensor.to(smaller.dtype))
        zeros += tensor.numel() if is_filling else 0
    try:
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
    return zeros


def check_gguf(smaller: Smaller) -> None:
    """Raise MissingError where the library is not installed, and InputError where the form cannot say a model."""
    if importlib.util.find_spec("gguf") is None:
        raise MissingError("`form` gguf needs the library gguf: python -m pip install 'lpzero[gguf]'")
    check_like_llama(smaller, "gguf")
    _rope(smaller.config)
    path = smaller.source / TOKENIZER
    pre_tokenizer(read_document(path), path)


def _heads(smaller: Smaller) -> list[tuple[int, int]]:
    """(query heads, key-value heads) of each layer, as they are said."""
    found = [(groups * smaller.layout.heads, groups) for groups in smaller.groups]
    return [(1, 1) if index == 0 and not groups else (heads, groups) for index, (heads, groups) in enumerate(found)]


def _widths(smaller: Smaller) -> list[int]:
    """Neurons of each layer, as they are said."""
    return [
        ZERO_WIDTH if heads and not neurons else neurons
        for neurons, (heads, _) in zip(smaller.neurons, _heads(smaller), strict=True)
    ]


def _write_shape(writer: GGUFWriter, smaller: Smaller) -> None:
    layout, config = smaller.layout, smaller.config
    heads = _heads(smaller)
    rope = _rope(config)
    writer.add_name(smaller.source.resolve().name)
    writer.add_block_count(len(heads))
    writer.add_head_count([queries for queries, _ in heads])
    writer.add_head_count_kv([groups for _, groups in heads])
    writer.add_feed_forward_length(_widths(smaller))
    writer.add_context_length(int(config.max_position_embeddings))
    writer.add_embedding_length(layout.width)
    writer.add_layer_norm_rms_eps(float(config.rms_norm_eps))
    writer.add_vocab_size(int(config.vocab_size))
    for add in (writer.add_key_length, writer.add_value_length, writer.add_rope_dimension_count):
        add(layout.head_width)
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    writer.add_file_type(_file_type(smaller.dtype))


def _rope(config: Any) -> dict[str, Any]:
    """The parameters of rotary positions, of a kind that the form can say."""
    rope = dict(getattr(config, "rope_parameters", None) or {})
    kind = rope.get("rope_type", "default")
    if kind not in ("default", "llama3") or "rope_theta" not in rope:
        raise InputError(f"`form` gguf: expected rotary positions of the kind default or llama3, found {kind}")
    return rope


def _file_type(dtype: torch.dtype) -> int:
    from gguf import LlamaFileType

    kinds = {torch.bfloat16: LlamaFileType.MOSTLY_BF16, torch.float16: LlamaFileType.MOSTLY_F16}
    return int(kinds.get(dtype, LlamaFileType.ALL_F32))


def _tensors(smaller: Smaller) -> Iterator[tuple[str, Tensor, bool]]:
    """Name, tensor, and whether it is there for the reader alone."""
    layout = smaller.layout
    factors = _rope_factors(smaller.config, layout.head_width)
    if factors is not None:
        yield "rope_freqs.weight", factors, True
    for name, tensor in smaller.tensors.items():
        if name in _OUTSIDE:
            yield _OUTSIDE[name], tensor, False
            continue
        _, _, index, part = name.removesuffix(".weight").split(".", 3)
        if part not in _INSIDE:
            raise InputError(f"`form` gguf: expected the tensors of a LLaMA alone, found {name}")
        is_rotated = part in ("self_attn.q_proj", "self_attn.k_proj")
        rows = paired(tensor, layout.head_width) if is_rotated else tensor
        yield f"blk.{index}.{_INSIDE[part]}.weight", rows, False
    yield from _fillings(smaller)


def _fillings(smaller: Smaller) -> Iterator[tuple[str, Tensor, bool]]:
    layout = smaller.layout
    for index, (groups, neurons) in enumerate(zip(smaller.groups, smaller.neurons, strict=True)):
        heads, width = _heads(smaller)[index][0], _widths(smaller)[index]
        if heads and not groups:
            yield f"blk.{index}.attn_norm.weight", torch.ones(layout.width), True
            for name in ("attn_q", "attn_k", "attn_v"):
                yield f"blk.{index}.{name}.weight", torch.zeros(layout.head_width, layout.width), True
            yield f"blk.{index}.attn_output.weight", torch.zeros(layout.width, layout.head_width), True
        if width and not neurons:
            yield f"blk.{index}.ffn_norm.weight", torch.ones(layout.width), True
            for name in ("ffn_gate", "ffn_up"):
                yield f"blk.{index}.{name}.weight", torch.zeros(width, layout.width), True
            yield f"blk.{index}.ffn_down.weight", torch.zeros(layout.width, width), True


def paired(weight: Tensor, head_width: int) -> Tensor:
    """Rows (heads * head_width, inputs) with the two halves of each head interleaved, as llama.cpp rotates them."""
    heads = weight.shape[0] // head_width
    return weight.reshape(heads, 2, head_width // 2, -1).transpose(1, 2).reshape(weight.shape)


def _rope_factors(config: Any, head_width: int) -> Tensor | None:
    """What the frequencies are divided by (head_width / 2,), for the kind llama3; None where by nothing.

    As transformers computes them (``_compute_llama3_parameters`` of its ``modeling_rope_utils``).
    """
    rope = _rope(config)
    if rope.get("rope_type", "default") == "default":
        return None
    factor, low, high = (float(rope[name]) for name in ("factor", "low_freq_factor", "high_freq_factor"))
    before = float(rope["original_max_position_embeddings"])
    waves = 2 * math.pi * float(rope["rope_theta"]) ** (torch.arange(0, head_width, 2).double() / head_width)
    smooth = ((before / waves - low) / (high - low)).clamp(0, 1)
    return (1 / ((1 - smooth) / factor + smooth)).float()


def _add(writer: GGUFWriter, name: str, tensor: Tensor) -> None:
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    values: npt.NDArray[Any] = np.ascontiguousarray(tensor.detach().cpu().float().numpy())
    if tensor.ndim == 1 or tensor.dtype == torch.float32:
        writer.add_tensor(name, values)
    elif tensor.dtype == torch.float16:
        writer.add_tensor(name, values.astype(np.float16))
    else:
        kind = GGMLQuantizationType.BF16
        writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
