"""Checkpoints: what transformers saved is read as the same model, and what does not fit is refused with a reason."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from lpzero.errors import InputError
from lpzero.spaces import Architecture
from lpzero.spaces.llama import space as llama_space
from lpzero.spaces.llama.checkpoint import INDEX, SINGLE, open_checkpoint, tensor_name, tensor_shapes
from lpzero.spaces.llama.config import CONFIG, config_document, read_config
from lpzero.spaces.llama.model import LlamaModel
from lpzero.spaces.llama.plan import BASES, whole_plan
from lpzero.spaces.llama.space import Llama, open_subnetworks
from lpzero.spaces.models import weights as space_weights
from lpzero.spaces.models.weights import build_blank

IDS = torch.randint(31, (2, 9), generator=torch.Generator().manual_seed(0))
NUMBERS: dict[str, Any] = {
    "vocab_size": 31,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 12,
    "rms_norm_eps": 0.01,
    "rope_theta": 50.0,
}
LAYER = {"intermediate_size": 24, "heads": 4, "kv_heads": 2}
WHOLE = Architecture.of("llama", {}, [LAYER] * 3)


def saved(folder: Path, dtype: torch.dtype = torch.float32, shard: str = "1GB", **numbers: Any) -> LlamaForCausalLM:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(LlamaConfig(**NUMBERS | numbers, attn_implementation="eager")).eval().to(dtype)
    model.save_pretrained(folder, max_shard_size=shard)
    return model


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LlamaForCausalLM]:
    folder = tmp_path_factory.mktemp("llama")
    return folder, saved(folder)


@pytest.fixture
def folder(original: tuple[Path, LlamaForCausalLM], tmp_path: Path) -> Path:
    """A checkpoint to spoil."""
    return Path(shutil.copytree(original[0], tmp_path / "model"))


def change_config(folder: Path, **changes: Any) -> None:
    document = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({k: v for k, v in (document | changes).items() if v is not ...}))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(folder / SINGLE)
    change(tensors)
    save_file(tensors, folder / SINGLE)


@pytest.mark.parametrize("numbers", [{}, {"num_key_value_heads": 4}, {"tie_word_embeddings": True}, {"head_dim": 6}])
def test_the_whole_checkpoint_is_the_model_of_transformers(tmp_path: Path, numbers: dict[str, Any]) -> None:
    theirs = saved(tmp_path, **numbers)
    space = open_subnetworks(tmp_path)
    kv_heads = numbers.get("num_key_value_heads", 2)
    ours = space.build(Architecture.of("llama", {}, [LAYER | {"kv_heads": kv_heads}] * 3), seed=0)
    names = {name: tensor_name(name) for name, _ in ours.named_parameters()}
    assert all(torch.equal(ours.get_parameter(n), theirs.get_parameter(other)) for n, other in names.items())
    torch.testing.assert_close(ours.logits(IDS), theirs(input_ids=IDS).logits)
    assert not ours.training
    assert all(parameter.requires_grad for parameter in ours.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    theirs = saved(tmp_path, dtype)
    ours = open_subnetworks(tmp_path).build(WHOLE, seed=0)
    assert {parameter.dtype for parameter in ours.parameters()} == {torch.float32}
    torch.testing.assert_close(ours.logits(IDS), theirs.float()(input_ids=IDS).logits)


def test_shards_are_one_model(original: tuple[Path, LlamaForCausalLM], tmp_path: Path) -> None:
    saved(tmp_path, shard="4KB")
    assert (tmp_path / INDEX).is_file()
    assert not (tmp_path / SINGLE).exists()
    single, shards = (open_subnetworks(place) for place in (original[0], tmp_path))
    part = Architecture.of("llama", {}, [{"intermediate_size": 9, "heads": 2, "kv_heads": 2}] * 2)
    for one, other in zip(single.build(part, 0).parameters(), shards.build(part, 0).parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_is_built_does_not_lie_in_the_file(folder: Path) -> None:
    space = open_subnetworks(folder)
    model = space.build(WHOLE, seed=0)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    (folder / SINGLE).write_bytes(bytes((folder / SINGLE).stat().st_size))
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()


def test_the_seed_changes_nothing(original: tuple[Path, LlamaForCausalLM]) -> None:
    space = open_subnetworks(original[0])
    assert space.pretrained
    state = torch.get_rng_state()
    one, other = space.build(WHOLE, seed=1), space.build(WHOLE, seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_space_is_its_content_and_travels(folder: Path, tmp_path: Path) -> None:
    space = open_subnetworks(folder)
    assert re.fullmatch("subnet-[0-9a-f]{16}", space.protocol)
    assert (space.protocols, space.reference) == ((space.protocol,), str(folder.resolve()))
    assert pickle.loads(pickle.dumps(space)) == space  # noqa: S301 - what it just wrote
    assert hash(space) == hash(open_subnetworks(folder, space.protocol))
    (folder / SINGLE).touch()
    assert open_subnetworks(folder) == space
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    assert open_subnetworks(moved).protocol == space.protocol


def test_other_weights_are_another_protocol(folder: Path) -> None:
    space = open_subnetworks(folder)
    change_weights(folder, lambda tensors: tensors["model.norm.weight"].add_(1))
    with pytest.raises(
        InputError, match=rf"expected the checkpoint of the protocol {space.protocol}, found it changed"
    ):
        open_subnetworks(folder, space.protocol)
    with pytest.raises(
        InputError, match="expected the file as it was when the checkpoint was opened, found it changed"
    ):
        space.build(WHOLE, seed=0)
    assert open_subnetworks(folder).protocol != space.protocol


def test_a_protocol_that_is_none_is_refused(original: tuple[Path, LlamaForCausalLM]) -> None:
    with pytest.raises(InputError, match="unknown protocol '7b': expected one of subnet-"):
        open_subnetworks(original[0], "7b")
    with pytest.raises(
        InputError, match="unknown protocol 'subnet-0123456789abcdef': expected one of 160m, 1b, 7b, own"
    ):
        Llama("subnet-0123456789abcdef")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "mistral"}, "model_type: Input should be 'llama', found 'mistral'"),
        ({"hidden_size": ...}, "hidden_size: Field required, found none"),
        ({"hidden_size": "16"}, "hidden_size: Input should be a valid integer, found '16'"),
        ({"num_hidden_layers": 0}, "num_hidden_layers: .* greater than or equal to 1, found 0"),
        ({"num_key_value_heads": 3}, "num_attention_heads: expected a multiple of num_key_value_heads 3, found 4"),
        ({"head_dim": 5}, "head_dim: expected an even number, found 5"),
        ({"head_dim": None, "hidden_size": 18}, "hidden_size: expected a multiple of the 4 heads, found 18"),
        ({"attention_bias": True}, "attention_bias: Input should be False, found True"),
        ({"mlp_bias": True}, "mlp_bias: Input should be False, found True"),
        ({"hidden_act": "gelu"}, "hidden_act: Input should be 'silu', found 'gelu'"),
        (
            {"rope_parameters": {"rope_type": "yarn"}},
            r"rope_parameters: expected .* \(rope_type default\), found 'yarn'",
        ),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling: expected .* found 'linear'"),
        ({"rope_parameters": {"rope_theta": "x"}}, "rope_theta: expected a number above 0, found 'x'"),
        ({"quantization_config": {"bits": 4}}, "quantization_config: .* found {'bits': 4}"),
        ({"num_attention_heads": 1, "num_key_value_heads": 1}, "expected at least 2 heads"),
    ],
)
def test_a_configuration_that_is_not_built_is_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    change_config(folder, **changes)
    with pytest.raises(InputError, match=f"^{re.escape(str(folder / CONFIG))}: {message}"):
        open_checkpoint(folder)


@pytest.mark.parametrize("document", ["[]", "{", "7"])
def test_a_configuration_that_is_none_is_refused(folder: Path, document: str) -> None:
    (folder / CONFIG).write_text(document)
    with pytest.raises(InputError, match=re.escape(str(folder / CONFIG))):
        open_checkpoint(folder)


def test_the_wavelengths_are_read_wherever_they_stand(folder: Path) -> None:
    change_config(folder, rope_parameters={"rope_theta": 7, "rope_type": "default"}, rope_theta=9)
    assert read_config(folder / CONFIG).theta == 7.0
    change_config(folder, rope_parameters=..., rope_theta=9)
    assert read_config(folder / CONFIG).theta == 9.0
    change_config(folder, rope_theta=...)
    assert read_config(folder / CONFIG).theta == 10000.0


def test_a_pickle_is_refused_unread(folder: Path) -> None:
    (folder / SINGLE).unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match=r"found pytorch_model.bin, a pickle, .*: save the model as safetensors"):
        open_checkpoint(folder)


def test_a_folder_without_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / SINGLE).unlink()
    with pytest.raises(InputError, match=r"expected model.safetensors or model.safetensors.index.json, found neither"):
        open_checkpoint(folder)
    with pytest.raises(InputError, match=r"config.json: expected a file, found none"):
        open_checkpoint(tmp_path / "nowhere")


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    saved(tmp_path, shard="4KB")
    shard = sorted(tmp_path.glob("model-*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(InputError, match=f"expected the shard {shard.name} beside it, found no such file"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({}, "expected a weight_map from tensors to files, found none"),
        ({"weight_map": {"a": 1}}, "expected a weight_map from tensors to files, found none"),
        ({"weight_map": {"a": "../x.safetensors"}}, r"found '../x.safetensors'"),
        ({"weight_map": {"a": "pytorch_model.bin"}}, r"expected the name of a .safetensors file beside it"),
    ],
)
def test_an_index_that_is_none_is_refused(folder: Path, index: Any, message: str) -> None:
    (folder / SINGLE).unlink()
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(InputError, match=message):
        open_checkpoint(folder)


def test_a_damaged_file_is_refused(folder: Path) -> None:
    whole = (folder / SINGLE).read_bytes()
    for spoiled in (whole[:-10], whole[:30], b"", b"x" * 100):
        (folder / SINGLE).write_bytes(spoiled)
        with pytest.raises(InputError, match="expected a whole safetensors file, found a damaged one"):
            open_checkpoint(folder)


def test_a_missing_tensor_is_named(folder: Path) -> None:
    name = "model.layers.1.mlp.up_proj.weight"
    change_weights(folder, lambda tensors: tensors.pop(name))
    with pytest.raises(InputError, match=rf"expected the tensor {name} with the shape \[24, 16\], found none"):
        open_checkpoint(folder)


def test_another_shape_is_named_with_both(folder: Path) -> None:
    change_config(folder, intermediate_size=25)
    message = (
        r"model.layers.0.mlp.gate_proj.weight: expected the shape \[25, 16\], as config.json has it, found \[24, 16\]"
    )
    with pytest.raises(InputError, match=message):
        open_checkpoint(folder)


def test_other_numbers_are_refused(folder: Path) -> None:
    change_weights(folder, lambda t: t.update({"model.norm.weight": t["model.norm.weight"].to(torch.int8)}))
    with pytest.raises(InputError, match=r"model.norm.weight: expected numbers as F32, F16, BF16, found I8"):
        open_checkpoint(folder)


def test_superfluous_tensors_are_refused(folder: Path) -> None:
    bias = "model.layers.0.self_attn.q_proj.bias"
    change_weights(
        folder, lambda tensors: tensors.update({"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(2)})
    )
    open_checkpoint(folder)
    change_weights(folder, lambda tensors: tensors.update({bias: torch.zeros(16)}))
    with pytest.raises(InputError, match=f"expected the tensors of a LLaMA alone, found {bias} too"):
        open_checkpoint(folder)
    change_weights(folder, lambda tensors: tensors.pop(bias))
    change_config(folder, tie_word_embeddings=True)
    with pytest.raises(InputError, match=r"LLaMA with a tied output alone, found lm_head.weight too"):
        open_checkpoint(folder)


def test_a_model_that_does_not_fit_is_refused_before_it_is_built(
    original: tuple[Path, LlamaForCausalLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = open_subnetworks(original[0])
    needed = 4 * space.parameter_counts(WHOLE)["total"]
    monkeypatch.setattr(space_weights, "free_memory", lambda: needed)
    space.build(WHOLE, seed=0)
    monkeypatch.setattr(space_weights, "free_memory", lambda: needed - 1)
    with pytest.raises(InputError, match="GiB are free"):
        space.build(WHOLE, seed=0)


@pytest.mark.parametrize("protocol", ["own", "7b"])
def test_the_shapes_are_those_of_the_model(protocol: str) -> None:
    base = BASES[protocol]
    blank = build_blank(lambda: LlamaModel(whole_plan(base)))
    assert tensor_shapes(base) == {tensor_name(n): tuple(p.shape) for n, p in blank.named_parameters()}


def test_the_configuration_that_is_written_is_read_again(tmp_path: Path) -> None:
    for base in BASES.values():
        (tmp_path / CONFIG).write_text(json.dumps(config_document(base)))
        assert read_config(tmp_path / CONFIG) == base


def test_a_checkpoint_of_the_package_that_is_damaged_asks_for_another_installation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_space, "OWN_FOLDER", folder)
    architecture = Llama("own").sample(np.random.default_rng(0))
    with pytest.raises(InputError, match=r"expected the checkpoint [0-9a-f]{16}, found another: install lpzero again"):
        Llama("own").build(architecture, seed=0)
    (folder / SINGLE).unlink()
    with pytest.raises(InputError, match=r"the checkpoint of llama-own is damaged: .*: install lpzero again"):
        Llama("own").build(architecture, seed=0)


def test_opening_a_checkpoint_loads_no_torch(original: tuple[Path, LlamaForCausalLM]) -> None:
    program = (
        "import sys; from pathlib import Path; from lpzero.spaces.llama.space import open_subnetworks\n"
        f"open_subnetworks(Path({str(original[0])!r})); print(sorted({{'torch', 'transformers'}} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
