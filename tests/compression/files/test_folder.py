"""Folders of smaller models: loaded by transformers alone they say what was measured; nothing half-written is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.files.folder import check_form, write_checkpoint
from lpzero.compression.files.smaller import Smaller
from lpzero.errors import InputError, LpzeroError
from tests.compression.files.cases import CHOICES, FULL, logits, smaller, write_tokenizer
from tests.compression.tiny import tiny, tokens

LOAD = """
import json, sys
sys.modules["lpzero"] = None
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM
for folder, objective, form in json.load(sys.stdin):
    auto = AutoModelForCausalLM if objective == "causal" else AutoModelForMaskedLM
    model, info = auto.from_pretrained(folder, trust_remote_code=form != "plain", output_loading_info=True)
    assert not any(info.values()), (folder, info)
    kept = load_file(folder + "/told.safetensors")
    with torch.no_grad():
        found = model(input_ids=kept["ids"]).logits
    error = (found - kept["logits"]).abs().max() / kept["logits"].abs().max()
    assert error < 1e-4, (folder, error)
    if objective == "causal":
        with_cache, without = (
            model.generate(kept["ids"], max_new_tokens=6, min_new_tokens=6, do_sample=False, use_cache=used)
            for used in (True, False)
        )
        assert torch.equal(with_cache, without), folder
    print(folder)
"""


def write(found: Smaller, out: Path, form: Any = "transformers") -> Any:
    return write_checkpoint(found.model, found.layout, found.choice, found.source, out, form=form)


def test_transformers_alone_loads_every_form_of_every_family(tmp_path: Path) -> None:
    """One process loads them all, without lpzero: the same logits, and a cache changes nothing."""
    jobs = []
    for family in FAMILIES:
        for choice in CHOICES if family in ("llama", "gpt2", "opt") else ("unlike", "narrow"):
            found = smaller(tmp_path / f"{family}-{choice}", family, choice)
            forms = ["transformers", *(["block_configs"] if family in ("llama", "mistral") else [])]
            for form in forms:
                out = tmp_path / f"{family}-{choice}-{form}"
                saved = write(found, out, form)
                count = sum(parameter.numel() for parameter in found.model.parameters())
                assert saved.parameters == count + saved.filling
                ids = tokens(2, 6)
                save_file({"ids": ids, "logits": logits(found.model, ids)}, out / "told.safetensors")
                jobs.append((str(out), found.layout.objective, saved.form))
    assert {form for _, _, form in jobs} == {"plain", "own_code", "block_configs"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, "-c", LOAD],
        input=json.dumps(jobs),
        text=True,
        capture_output=True,
        cwd=tmp_path,
        env=environment | {"HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout.split() == [folder for folder, _, _ in jobs]


def test_the_checkpoint_is_not_touched_and_its_tokenizer_goes_along(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", vocab_size=300)
    write_tokenizer(tmp_path / "m")
    before = {path.name: path.read_bytes() for path in (tmp_path / "m").iterdir()}
    weights = {name: tensor.clone() for name, tensor in found.model.state_dict().items()}
    for form in ("transformers", "block_configs", "gguf"):
        write(found, tmp_path / form, form)
    assert {path.name: path.read_bytes() for path in (tmp_path / "m").iterdir()} == before
    assert all(torch.equal(tensor, weights[name]) for name, tensor in found.model.state_dict().items())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "transformers" / name).read_bytes() == before[name]
    assert sorted(path.name for path in (tmp_path / "gguf").iterdir()) == ["README.md", "model.gguf"]


def test_shards_and_number_format_are_those_of_the_checkpoint(tmp_path: Path) -> None:
    found = smaller(tmp_path / "first", "llama", "shallow")
    found.model.bfloat16()
    source = tmp_path / "m"
    whole: Any = tiny("llama", attention_bias=False, mlp_bias=False)
    whole.bfloat16().save_pretrained(source, max_shard_size="4KB")
    saved = write_checkpoint(found.model, found.layout, found.choice, source, tmp_path / "out")
    shards = sorted((tmp_path / "out").glob("*.safetensors"))
    assert len(shards) > 1
    largest = max(path.stat().st_size for path in source.glob("*.safetensors"))
    assert max(path.stat().st_size for path in shards) <= largest + 4096
    assert {tensor.dtype for path in shards for tensor in load_file(path).values()} == {torch.bfloat16}
    assert saved.parameters == sum(parameter.numel() for parameter in found.model.parameters())


def test_plain_is_that_or_an_error(tmp_path: Path) -> None:
    assert write(smaller(tmp_path / "a", "llama", "half"), tmp_path / "plain", "plain").form == "plain"
    with pytest.raises(InputError, match="an ordinary configuration of llama cannot say them"):
        write(smaller(tmp_path / "b"), tmp_path / "other", "plain")
    assert not (tmp_path / "other").exists()


def test_a_form_that_is_none_and_a_folder_that_is_not_free_are_refused(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m")
    with pytest.raises(InputError, match="expected one of transformers, plain, block_configs, gguf"):
        write(found, tmp_path / "out", "onnx")
    with pytest.raises(InputError, match="is not empty and is left as it is"):
        write(found, tmp_path / "m")


@pytest.mark.parametrize(
    ("family", "form", "said"),
    [
        ("gpt2", "gguf", "`form` gguf: expected a checkpoint of llama or mistral, found gpt2"),
        ("gpt2", "block_configs", "`form` block_configs: expected a checkpoint of llama or mistral, found gpt2"),
        ("llama", "gguf", r"tokenizer\.json: no such file"),
        ("llama", "onnx", "expected one of transformers, plain, block_configs, gguf"),
    ],
)
def test_what_no_sub_network_can_be_is_refused_beforehand(family: str, form: Any, said: str, tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", family)
    whole: Any = tiny(family, **FULL.get(family, {}))
    with pytest.raises(InputError, match=said):
        check_form(whole, found.layout, found.source, form)
    check_form(whole, found.layout, found.source, "transformers")


FAILURES = [
    (KeyboardInterrupt(), KeyboardInterrupt, None),
    (OSError(28, "No space left on device"), LpzeroError, "out cannot be written: No space left on device"),
]


@pytest.mark.parametrize(("failure", "kind", "words"), FAILURES, ids=["ctrl-c", "disk"])
@pytest.mark.parametrize("form", ["transformers", "gguf"])
def test_what_fails_in_the_middle_leaves_nothing(
    form: str,
    failure: BaseException,
    kind: type[BaseException],
    words: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = smaller(tmp_path / "m", vocab_size=300)
    write_tokenizer(tmp_path / "m")

    def full(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr("huggingface_hub.serialization._torch.safe_save_file", full, raising=False)
    monkeypatch.setattr("safetensors.torch.save_file", full)
    monkeypatch.setattr("gguf.GGUFWriter.write_tensors_to_file", full)
    with pytest.raises(kind, match=words):
        write(found, tmp_path / "out", form)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
