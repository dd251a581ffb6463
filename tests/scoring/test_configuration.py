"""Models of transformers from their configuration: which class they are of, and which weights they have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lpzero.errors import InputError, LpzeroError
from lpzero.scoring.configuration import build_from_configuration, configured

GPT2 = {"model_type": "gpt2", "n_layer": 2, "n_embd": 16, "n_head": 2, "vocab_size": 90, "n_positions": 32}
BERT = {
    **{"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
    **{"intermediate_size": 16, "vocab_size": 90, "max_position_embeddings": 32},
}
XLM = {"model_type": "xlm", "emb_dim": 16, "n_layers": 1, "n_heads": 2, "vocab_size": 90, "n_langs": 1}
BART = {
    **{"model_type": "bart", "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2},
    **{"decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "vocab_size": 90},
}
T5 = {"model_type": "t5", "d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "vocab_size": 90}
LLAMA = {
    **{"model_type": "llama", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1},
    **{"num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 90, "bos_token_id": 1, "eos_token_id": 2},
}


def _written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model: Any = build_from_configuration(_written(folder / "gpt2.json", GPT2))[0]
    model.save_pretrained(folder / "model")
    return folder / "model"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (GPT2, "GPT2LMHeadModel"),
        (BERT, "BertForMaskedLM"),
        ({**BERT, "is_decoder": True}, "BertLMHeadModel"),
        ({**BERT, "architectures": ["BertLMHeadModel"]}, "BertLMHeadModel"),
        ({**BERT, "architectures": ["BertForPreTraining"]}, "BertForMaskedLM"),
        (XLM, "XLMWithLMHeadModel"),
        ({**XLM, "architectures": ["XLMWithLMHeadModel"]}, "XLMWithLMHeadModel"),
        (BART, "BartForConditionalGeneration"),
        ({**BART, "architectures": ["BartForCausalLM"]}, "BartForCausalLM"),
        ({**BART, "model_type": "marian", "pad_token_id": 1}, "MarianMTModel"),
        (T5, "T5ForConditionalGeneration"),
    ],
)
def test_the_class_is_the_one_with_the_loss_of_its_kind(tmp_path: Path, document: Any, kind: str) -> None:
    model, config = build_from_configuration(_written(tmp_path / "x.json", document))
    assert type(model).__name__ == kind
    assert config.model_type == document["model_type"]
    # only this one shows its probabilities
    assert config._attn_implementation == "eager"


def test_weights_that_lie_beside_it_are_used(saved: Path) -> None:
    model, _ = build_from_configuration(saved)
    for name, value in load_file(saved / "model.safetensors").items():
        assert torch.equal(model.state_dict()[name], value), name


def test_without_weights_they_are_drawn_from_the_global_generator(tmp_path: Path, saved: Path) -> None:
    file = _written(tmp_path / "config.json", GPT2)

    def drawn(seed: int, path: Path) -> torch.Tensor:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            value: torch.Tensor = build_from_configuration(path)[0].state_dict()["transformer.wte.weight"]
        return value

    assert torch.equal(drawn(0, file), drawn(0, tmp_path))
    assert not torch.equal(drawn(0, file), drawn(1, file))
    assert torch.equal(drawn(0, saved), drawn(1, saved))


def test_a_pickle_is_refused_before_it_is_read(tmp_path: Path) -> None:
    _written(tmp_path / "config.json", GPT2)
    (tmp_path / "pytorch_model.bin").write_bytes(b"not even a pickle")
    with pytest.raises(InputError, match=r"expected weights as safetensors, found a pickle, pytorch_model\.bin, which"):
        build_from_configuration(tmp_path)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "expected a JSON object, found list"),
        ({}, "expected a transformers configuration with a model_type, found none"),
        ({"model_type": 3}, "with a model_type, found none"),
        ({"model_type": "nope"}, "transformers knows no model_type 'nope'"),
        ({"model_type": "lama"}, "no model_type 'lama': expected one such as llama"),
        ({"model_type": "nope", "auto_map": {}}, "named in auto_map: give a Python file with build_model()"),
        ({**LLAMA, "hidden_size": "wide"}, "Field 'hidden_size' expected int, got str (value: 'wide')"),
        (
            {**LLAMA, "num_attention_heads": 5},
            "The hidden size (16) is not a multiple of the number of",
        ),
        (
            {**LLAMA, "rope_scaling": {"rope_type": "su", "factor": 2.0}},
            "rope_scaling.rope_type: expected one of default, dynamic, linear,",
        ),
        ({**LLAMA, "rope_scaling": {"type": "su", "factor": 2.0}}, "rope_scaling.type: expected one of default,"),
        ({**LLAMA, "rope_scaling": {"type": "linear"}}, "Missing required keys in `rope_parameters`"),
        ({**LLAMA, "hidden_act": "gelux"}, "hidden_act: expected one of "),
        ({**GPT2, "activation_function": "nope"}, "activation_function: expected one of "),
        ({**LLAMA, "pad_token_id": 200}, "a pad_token_id below the vocab_size, found 200 and 90"),
        ({**{k: v for k, v in LLAMA.items() if k != "num_hidden_layers"}, "n_layers": 2}, "(num_hidden_layers?)"),
        ({**GPT2, "n_layer": 0}, "expected at least 1 layer, found 0"),
        ({"model_type": "vit"}, "vit has no causal or masked language model in transformers"),
        (
            {"model_type": "lpzero-gpt2", "space": "gpt2"},
            "expected space, protocol and architecture, found no protocol",
        ),
    ],
)
def test_what_is_no_language_model_is_said_with_its_file(tmp_path: Path, document: Any, words: str) -> None:
    file = _written(tmp_path / "c.json", document)
    with pytest.raises(InputError) as caught:
        build_from_configuration(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json: no such file"):
        build_from_configuration(tmp_path)


def test_an_error_of_the_classes_is_one_line_of_file_key_and_values(tmp_path: Path) -> None:
    file = _written(tmp_path / "c.json", {**LLAMA, "hidden_act": "gelux"})
    with pytest.raises(InputError) as caught:
        build_from_configuration(file)
    assert str(caught.value).startswith(f"{file}: hidden_act: expected one of ")
    assert str(caught.value).endswith("found 'gelux'")


@pytest.mark.parametrize("key", ["torch_dtype", "dtype"])
def test_a_model_is_in_float32_whatever_its_file_asks_for(tmp_path: Path, key: str) -> None:
    def drawn(document: dict[str, Any]) -> Any:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return configured(_written(tmp_path / "c.json", document))

    plain, half = drawn(LLAMA), drawn({**LLAMA, key: "bfloat16"})
    for one, other in zip(plain.model.parameters(), half.model.parameters(), strict=True):
        assert other.dtype == torch.float32
        assert torch.equal(one, other)
    assert plain.notes == ()
    assert half.notes == ("the configuration asks for bfloat16: weights and pass are in float32",)
    half.model.to(torch.bfloat16).save_pretrained(tmp_path / "half")
    loaded = configured(tmp_path / "half")
    for one, other in zip(half.model.parameters(), loaded.model.parameters(), strict=True):
        assert torch.equal(one.float(), other)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps(LLAMA), encoding="utf-8-sig")
    assert build_from_configuration(file)[1].hidden_size == 16


def test_attention_is_written_out_whatever_the_file_asks_for(tmp_path: Path) -> None:
    for key in ("attn_implementation", "_attn_implementation"):
        config = build_from_configuration(_written(tmp_path / "c.json", {**LLAMA, key: "flash_attention_2"}))[1]
        assert config._attn_implementation == "eager"


def test_fields_that_count_for_nothing_are_noted(tmp_path: Path) -> None:
    document = {**LLAMA, "fused": True, "quantization_config": {"quant_method": "gptq", "bits": 4}}
    notes = configured(_written(tmp_path / "c.json", document)).notes
    assert notes[0] == "llama has no such fields, which count for nothing: fused"
    assert "is not applied" in notes[1]


def test_weights_of_another_model_are_refused_by_name(saved: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text((saved / "config.json").read_text())
    weights = load_file(saved / "model.safetensors")
    save_file({f"net.{name}": value for name, value in weights.items()}, folder / "model.safetensors")
    with pytest.raises(InputError) as caught:
        build_from_configuration(folder)
    text = str(caught.value)
    assert text.startswith(f"{folder}: expected weights for all of GPT2LMHeadModel, found none for ")
    assert "transformer.h.0.attn.c_attn.bias" in text
    assert "others that it has not: net." in text
    assert "\n" not in text
    save_file({**weights, "more": torch.ones(1)}, folder / "model.safetensors")
    assert configured(folder).notes == ("GPT2LMHeadModel has no place for 1 of the weights: more",)
    del weights["transformer.ln_f.weight"]
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"found none for 1 of them: transformer\.ln_f\.weight: save"):
        build_from_configuration(folder)


def test_weights_of_other_shapes_are_refused_with_the_reason(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    document = json.loads((saved / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**document, "n_embd": 32}))
    (folder / "model.safetensors").write_bytes((saved / "model.safetensors").read_bytes())
    with pytest.raises(LpzeroError) as caught:
        build_from_configuration(folder)
    assert "\n" not in str(caught.value)
    assert "shape" in str(caught.value) or "size" in str(caught.value)


def test_an_infinity_is_read_as_transformers_writes_it(tmp_path: Path) -> None:
    document = {"model_type": "mamba2", "time_step_limit": [0.0, {"__float__": "Infinity"}], "num_hidden_layers": 1}
    document |= {"hidden_size": 16, "num_heads": 4, "head_dim": 8, "state_size": 4, "n_groups": 1, "vocab_size": 90}
    config = build_from_configuration(_written(tmp_path / "c.json", document))[1]
    assert list(config.time_step_limit) == [0.0, float("inf")]
