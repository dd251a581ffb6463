"""GGUF files, read back with the reader of the library that llama.cpp's own tools use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.compression.files.gguf_file import FILE, paired, write_gguf
from lpzero.errors import InputError, MissingError
from tests.compression.files.cases import CHOICES, logits, smaller, write_tokenizer

gguf = pytest.importorskip("gguf")


def written(folder: Path, **settings: Any) -> tuple[Any, Any, int]:
    """The reader, the model, and what is filling."""
    found = smaller(folder / "m", vocab_size=300, **settings)
    write_tokenizer(folder / "m")
    zeros = write_gguf(found, folder / FILE)
    return gguf.GGUFReader(folder / FILE), found, zeros


def values(reader: Any, name: str) -> torch.Tensor:
    tensor = next(one for one in reader.tensors if one.name == name)
    return torch.from_numpy(np.array(gguf.quants.dequantize(tensor.data, tensor.tensor_type)))


def test_layers_say_their_own_sizes_and_traps_are_filled(tmp_path: Path) -> None:
    reader, found, zeros = written(tmp_path)

    def said(name: str) -> Any:
        return reader.get_field(f"deci.{name}").contents()

    assert reader.get_field("general.architecture").contents() == "deci"
    # the first layer, without attention, gets one head; the second, without a feed-forward, 32 neurons: all of zeros
    assert said("attention.head_count") == [1, 2, 4]
    assert said("attention.head_count_kv") == [1, 1, 2]
    assert said("feed_forward_length") == [3, 32, 4]
    assert said("attention.key_length") == said("rope.dimension_count") == 6
    assert said("attention.layer_norm_rms_epsilon") == pytest.approx(found.config.rms_norm_eps)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        assert not values(reader, f"blk.0.{name}.weight").any()
    assert tuple(values(reader, "blk.1.ffn_down.weight").shape) == (24, 32)
    assert zeros == (24 + 4 * 6 * 24) + (24 + 3 * 32 * 24)


def test_weights_are_those_of_the_model(tmp_path: Path) -> None:
    reader, found, _ = written(tmp_path)
    state = found.model.state_dict()
    assert torch.equal(values(reader, "token_embd.weight"), state["model.embed_tokens.weight"])
    assert torch.equal(values(reader, "blk.2.ffn_up.weight"), state["model.layers.2.mlp.up_proj.weight"])
    assert torch.equal(values(reader, "blk.2.attn_norm.weight"), state["model.layers.2.input_layernorm.weight"])
    keys = state["model.layers.2.self_attn.k_proj.weight"]
    # rows 0 to 5 of a head of 6 stand as 0 3 1 4 2 5
    assert torch.equal(values(reader, "blk.2.attn_k.weight"), keys[[0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]])
    assert "output.weight" not in {tensor.name for tensor in reader.tensors}


def test_rows_of_pairs_rotate_as_rows_of_halves() -> None:
    weight, inputs = torch.randn(12, 5, generator=torch.Generator().manual_seed(0)), torch.arange(5.0)
    angles = torch.tensor([0.3, 0.7])
    halves = (weight @ inputs).reshape(3, 2, 2)
    first, second = halves[:, 0], halves[:, 1]
    turned = torch.stack([first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos()])
    pairs = (paired(weight, 4) @ inputs).reshape(3, 2, 2)
    even, odd = pairs[..., 0], pairs[..., 1]
    other = torch.stack([even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()])
    assert torch.allclose(other, turned)


def test_brain_floats_stay_such_and_norms_are_whole(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", vocab_size=300)
    write_tokenizer(tmp_path / "m")
    document = dict(found.document) | {"dtype": "bfloat16"}
    half = replace(found)
    half.__dict__["document"] = document
    write_gguf(half, tmp_path / FILE)
    reader = gguf.GGUFReader(tmp_path / FILE)
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert (kinds["token_embd.weight"], kinds["output_norm.weight"]) == ("BF16", "F32")
    expected = found.model.state_dict()["model.embed_tokens.weight"].bfloat16().float()
    assert torch.equal(values(reader, "token_embd.weight"), expected)


def test_llama3_frequencies_are_those_of_transformers(tmp_path: Path) -> None:
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaled = {
        "rope_type": "llama3",
        "rope_theta": 10000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16,
    }
    reader, found, _ = written(tmp_path, rope_parameters=scaled)
    expected, _ = ROPE_INIT_FUNCTIONS["llama3"](found.config, torch.device("cpu"))
    plain = 10000.0 ** (-torch.arange(0, 6, 2) / 6)
    assert torch.allclose(plain / values(reader, "rope_freqs.weight"), expected, rtol=1e-5)


def graph(reader: Any, ids: torch.Tensor) -> torch.Tensor:
    """What llama.cpp computes of a file of the architecture deci, in plain PyTorch: (tokens, vocabulary).

    As ``llm_build_deci`` of its sources has it: positions turn pairs of neighbours, a layer without heads passes its
    attention by, and one whose feed-forward has no width is left before anything is added.
    """

    def said(name: str) -> Any:
        return reader.get_field(f"deci.{name}").contents()

    def weight(name: str) -> torch.Tensor:
        return values(reader, f"{name}.weight")

    def norm(states: torch.Tensor, name: str) -> torch.Tensor:
        scale = states.pow(2).mean(-1, keepdim=True) + said("attention.layer_norm_rms_epsilon")
        return states * scale.rsqrt() * weight(name)

    width, turned = said("attention.key_length"), said("rope.dimension_count")
    angles = torch.arange(len(ids))[:, None] * said("rope.freq_base") ** (-torch.arange(0, turned, 2) / turned)
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]

    def rotated(states: torch.Tensor) -> torch.Tensor:
        even, odd = states[..., 0::2], states[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)

    states = weight("token_embd")[ids]
    names = ("attention.head_count", "attention.head_count_kv", "feed_forward_length")
    for index, (heads, groups, neurons) in enumerate(zip(*map(said, names), strict=True)):
        before, stem = states, f"blk.{index}."
        if heads:
            normed = norm(states, f"{stem}attn_norm")
            query, key, value = (
                (normed @ weight(f"{stem}attn_{name}").T).view(len(ids), number, width)
                for name, number in (("q", heads), ("k", groups), ("v", groups))
            )
            query, key = rotated(query), rotated(key)
            key, value = (one.repeat_interleave(heads // groups, 1).transpose(0, 1) for one in (key, value))
            scores = query.transpose(0, 1) @ key.transpose(1, 2) / width**0.5
            hidden = torch.triu(torch.ones_like(scores, dtype=torch.bool), 1)
            seen = (scores.masked_fill(hidden, -torch.inf).softmax(-1) @ value).transpose(0, 1).flatten(1)
            states = seen @ weight(f"{stem}attn_output").T
        if not neurons:
            continue
        states = states + before if heads else states
        normed = norm(states, f"{stem}ffn_norm")
        gated = torch.nn.functional.silu(normed @ weight(f"{stem}ffn_gate").T) * (normed @ weight(f"{stem}ffn_up").T)
        states = states + gated @ weight(f"{stem}ffn_down").T
    return norm(states, "output_norm") @ weight("token_embd").T


@pytest.mark.parametrize("choice", CHOICES)
def test_the_graph_of_llama_cpp_says_what_the_model_says(choice: str, tmp_path: Path) -> None:
    reader, found, _ = written(tmp_path, choice=choice)
    ids = torch.randint(2, 300, (20,), generator=torch.Generator().manual_seed(1))
    assert torch.allclose(graph(reader, ids), logits(found.model, ids[None])[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"family": "gemma"}, "expected a checkpoint of llama or mistral, found gemma"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}}, "found linear"),
    ],
)
def test_what_cannot_be_said_is_refused(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        written(tmp_path, **settings)
    assert not (tmp_path / FILE).exists()


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"lpzero\[gguf\]"):
        write_gguf(smaller(tmp_path / "m"), tmp_path / FILE)
