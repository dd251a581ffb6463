"""Reading a ``space.toml``: what it becomes, and what is refused, with file and key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.spaces.toml import file as space_file
from lpzero.spaces.toml import trial as space_trial
from lpzero.spaces.toml.file import read_space
from lpzero.spaces.toml.space import ConfigSpace

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "spaces"

HEAD = """
name = "tiny"
model_type = "gpt2"
constraints = ["n_embd % n_head == 0"]
"""
FIXED = """
[fixed]
vocab_size = 13
n_positions = 16
bos_token_id = 0
eos_token_id = 0
"""
CHOICES = """
[choices]
n_layer = [1, 2]
n_embd = [8, 12]
n_head = [2, 4]
"""
LLAMA = """
name = "tiny"
model_type = "llama"
[fixed]
vocab_size = 13
max_position_embeddings = 16
num_hidden_layers = 1
intermediate_size = 8
bos_token_id = 0
eos_token_id = 0
"""


def read(folder: Path, text: str) -> ConfigSpace:
    """The space that a text describes, as the file space.toml of a folder."""
    path = folder / "space.toml"
    path.write_text(text, encoding="utf-8")
    return read_space(path)


def refusal(folder: Path, text: str) -> str:
    """What is said of a text that is refused, behind the path of its file."""
    with pytest.raises(InputError) as caught:
        read(folder, text)
    said, place = str(caught.value), f"{folder / 'space.toml'}: "
    assert said.startswith(place)
    assert "\n" not in said
    return said.removeprefix(place)


def test_a_file_becomes_choices_with_the_width_first(tmp_path: Path) -> None:
    space = read(tmp_path, HEAD + FIXED + CHOICES + 'activation_function = ["relu", "gelu_new"]\n')
    assert space.name == space.choices.space == "tiny"
    assert space.reference == str((tmp_path / "space.toml").resolve())
    assert space.choices.depths == (1, 2)
    assert [choice.names for choice in space.choices.whole] == [("n_embd",), ("activation_function",), ("n_head",)]
    assert space.choices.layer == ()
    assert (space.objective, space.vocabulary, space.max_tokens) == ("causal", 13, 16)


def test_fields_may_go_by_the_names_that_all_families_share(tmp_path: Path) -> None:
    text = """
    name = "tiny"
    model_type = "gpt2"
    constraints = ["n_embd % n_head == 0", "n_layer < 3", "num_attention_heads > 0"]
    [fixed]
    vocab_size = 13
    max_position_embeddings = 16
    bos_token_id = 0
    eos_token_id = 0
    [choices]
    num_hidden_layers = [1, 2]
    num_attention_heads = [2, 4]
    hidden_size = [12, 8]
    """
    space = read(tmp_path, text)
    assert (space.depth_field, space.max_tokens) == ("num_hidden_layers", 16)
    assert [choice.names for choice in space.choices.whole] == [("hidden_size",), ("num_attention_heads",)]
    assert {name for c in space.constraints for name in c.names} <= {
        "hidden_size",
        "num_attention_heads",
        "num_hidden_layers",
    }
    architecture = space.sample(np.random.default_rng(0))
    assert space.config(architecture).n_embd == space.width(architecture) == architecture["hidden_size"]


def test_a_list_of_one_value_is_a_fixed_field(tmp_path: Path) -> None:
    space = read(tmp_path, HEAD + FIXED + CHOICES.replace("[2, 4]", "[4]").replace("[1, 2]", "[2]"))
    assert [choice.names for choice in space.choices.whole] == [("n_embd",)]
    assert space.choices.depths == (2,)
    assert space.size == 2
    assert space.config(space.sample(np.random.default_rng(0))).n_head == 4


def test_the_depth_is_the_family_default_where_nothing_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + FIXED + "[choices]\nn_head = [2, 4]\nn_embd = [8, 12]\n").choices.depths == (12,)


def test_the_protocol_follows_from_what_the_file_says(tmp_path: Path) -> None:
    first = read(tmp_path, HEAD + FIXED + CHOICES)
    reordered = "# a remark\n[choices]\nn_head = [2, 4]\nn_embd = [8, 12]\nn_layer = [1, 2]"
    assert first == read(tmp_path, HEAD + reordered + FIXED)
    assert first.protocol.startswith("config-") and len(first.protocol) == len("config-") + 16
    for other in (CHOICES.replace("[8, 12]", "[12, 8]"), CHOICES + "n_inner = [8, 9]"):
        assert read(tmp_path, HEAD + FIXED + other).protocol != first.protocol
    assert read(tmp_path, HEAD.replace(" == 0", " < 1") + FIXED + CHOICES).protocol != first.protocol


def test_a_file_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(tmp_path, HEAD + FIXED + CHOICES)
    monkeypatch.setattr(space_file, "try_values", None)
    assert read_space(tmp_path / "space.toml") is first


def test_a_masked_model_is_taken_where_a_family_has_both(tmp_path: Path) -> None:
    text = """
    name = "tiny"
    model_type = "bert"
    [fixed]
    vocab_size = 13
    max_position_embeddings = 16
    num_hidden_layers = 1
    num_attention_heads = 2
    intermediate_size = 8
    [choices]
    hidden_size = [8, 12]
    """
    masked, causal = read(tmp_path, text), read(tmp_path, 'objective = "causal"' + text)
    assert (masked.objective, causal.objective) == ("masked", "causal")
    said = read(tmp_path, text.replace("vocab_size = 13", "vocab_size = 13\nis_decoder = true"))
    assert said.objective == "causal"
    architecture = causal.sample(np.random.default_rng(0))
    assert causal.config(architecture).is_decoder and not masked.config(architecture).is_decoder
    assert type(causal.blank(architecture).model).__name__ == "BertLMHeadModel"
    assert type(masked.blank(architecture).model).__name__ == "BertForMaskedLM"
    assert causal.model_key(architecture) != masked.model_key(architecture)
    assert refusal(tmp_path, 'objective = "causal"' + text.replace('"bert"', '"modernbert"')) == (
        "objective: expected 'masked' for this model type, found 'causal'"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name: expected a text, found no such key"),
        ('name = "a"', "model_type: expected a text, found no such key"),
        (
            'name = "a"\nmodel_type = "gpt2"\n[chioces]',
            "chioces: no such key: expected one of name, model_type, objective",
        ),
        ('name = 3\nmodel_type = "gpt2"', "name: expected a valid string, found 3"),
        ('name = "../a"\nmodel_type = "gpt2"', "name: expected 1 to 64 letters, digits"),
        ('name = "a"\nmodel_type = 3', "model_type: expected a valid string, found 3"),
        ('name = "a"\nmodel_type = "gtp2"', "model_type: expected a model type that transformers knows, such as gpt2"),
        ('name = "a"\nmodel_type = "vit"', "model_type: expected a model type with a causal or masked language model"),
        ('name = "a"\nmodel_type = "funnel"', "model_type: expected a model type whose configuration says num_hidden"),
        (
            'name = "a"\nmodel_type = "gpt2"\nobjective = "both"',
            "objective: expected 'masked' or 'causal', found 'both'",
        ),
        ('name = "a"\nmodel_type = "gpt2"\nconstraints = "n_head > 1"', "constraints: expected a valid list"),
        ('name = "a"\nmodel_type = "gpt2"\nconstraints = [1]', "constraints.0: expected a valid string, found 1"),
        ('name = "a"\nmodel_type = "gpt2"\nchoices = 3', "choices: expected a valid dictionary, found 3"),
        ('name = "a"\nname = "b"', "expected TOML, found Cannot overwrite a value"),
        ("name", "expected TOML, found "),
        ("a = " + "[" * 2000, "expected TOML, found "),
        (HEAD + FIXED + "[choices]", "choices: expected two architectures at least, found one"),
        (HEAD + FIXED + "[choices]\nn_head = []", "choices.n_head: expected a list of 1 to 4096 values, found []"),
        (HEAD + FIXED + "[choices]\nn_head = 3", "choices.n_head: expected a valid list, found 3"),
        (HEAD + FIXED + "[choices]\nn_head = [2, 2]", "choices.n_head: expected each value once, found [2, 2]"),
        (HEAD + FIXED + "[choices]\nn_head = [1, true]", "choices.n_head: expected each value once"),
        (HEAD + FIXED + "[choices]\nn_head = [1, [2]]", "choices.n_head: expected finite numbers, text, true or false"),
        (HEAD + FIXED + "[choices]\nn_head = [1, nan]", "choices.n_head: expected finite numbers, text, true or false"),
        (HEAD + FIXED + "[choices]\nn_head = [1, 2000-01-01]", "choices.n_head: expected finite numbers"),
        (HEAD + FIXED + f"[choices]\nn_head = {list(range(5000))}", "choices.n_head: expected a list of 1 to 4096"),
        (HEAD + "[fixed]\nvocab_size = inf", "fixed.vocab_size: expected finite numbers"),
        (HEAD + "[fixed]\nvocab_size = [2000-01-01]", "fixed.vocab_size: expected finite numbers"),
        (
            HEAD + FIXED + "[choices]\nn_heads = [1, 2]",
            "choices.n_heads: gpt2 has no such field: expected one of n_head",
        ),
        (HEAD + FIXED + "[choices]\ndtype = ['a', 'b']", "choices.dtype: gpt2 has no such field"),
        (HEAD + FIXED + "n_heads = 1", "fixed.n_heads: gpt2 has no such field: expected one of n_head"),
        (
            HEAD + FIXED + "n_head = 2" + CHOICES,
            "choices.n_head: expected each field once, found it as fixed.n_head too",
        ),
        (
            HEAD + FIXED + CHOICES + "hidden_size = [8, 12]",
            "choices.hidden_size: expected each field once, found it as choices.n_embd too",
        ),
        (
            HEAD + "[choices]\nvocab_size = [13, 14]",
            "choices.vocab_size: expected one vocabulary for all models, under [fixed]",
        ),
        (HEAD + "[fixed]\nvocab_size = 'a'" + CHOICES, "fixed.vocab_size: expected a whole number from 2, found 'a'"),
        (HEAD + FIXED + "[choices]\nn_layer = [0, 1]", "choices.n_layer: expected 1 to 1024 layers, found 0"),
        (HEAD + FIXED + "[choices]\nn_layer = [1, 99999]", "choices.n_layer: expected 1 to 1024 layers, found 99999"),
        (
            HEAD + FIXED + "n_layer = 1.0\n[choices]\nn_head = [1, 2]",
            "fixed.n_layer: expected 1 to 1024 layers, found 1.0",
        ),
        (
            HEAD + FIXED + CHOICES + "[per_layer]\nn_inner = [8, 9]",
            "per_layer.n_inner: expected a field for which gpt2 has a list with an entry a layer, which are: none",
        ),
        (
            'name = "a"\nmodel_type = "qwen2"\n[per_layer]\nlayer_types = ["full_attention"]',
            "per_layer.layer_types: expected two values or more, found ['full_attention']",
        ),
        (
            'name = "a"\nmodel_type = "qwen2"\nconstraints = ["layer_types == 1"]\nper_layer.layer_types = [1, 2]',
            "constraints: 'layer_types == 1': expected a field of the whole model, found layer_types",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ("n_hed > 1", "gpt2 has no such field: expected one of n_head, n_embd"),
        ("print(n_head) == 0", "expected no call, found print(n_head)"),
        ("n_inner > 1", "expected a field with a number, a text, True or False, found n_inner, which is None"),
        ("n_embd % (n_head - 2) == 0", "expected no division by zero"),
    ],
)
def test_a_constraint_that_cannot_be_read_is_said_with_its_text(tmp_path: Path, constraint: str, said: str) -> None:
    text = HEAD.replace("n_embd % n_head == 0", constraint) + FIXED + CHOICES
    assert refusal(tmp_path, text).startswith(f"constraints: {constraint!r}: {said}")


def test_constraints_that_nothing_keeps_are_refused(tmp_path: Path) -> None:
    text = HEAD.replace(" == 0", " == 99") + FIXED + CHOICES
    assert refusal(tmp_path, text) == "constraints: expected an architecture that keeps them all, found none"
    text = HEAD + FIXED + CHOICES.replace("[8, 12]", "[8, 12, 9]")
    assert refusal(tmp_path, text) == (
        "choices.n_embd = 9: expected an architecture with it that keeps the constraints, found none"
    )


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (
            'activation_function = ["relu", "rleu"]',
            "choices.activation_function = 'rleu', tried with n_embd = 8, n_head = 2, n_layer = 1: gpt2 refuses",
        ),
        ('activation_function = ["rleu", "relu"]', "choices.activation_function = 'rleu': gpt2 refuses it: KeyError"),
        (
            'n_inner = [8, "a"]',
            "choices.n_inner = 'a', tried with n_embd = 8, n_head = 2, n_layer = 1: gpt2 refuses it: Field 'n_inner'",
        ),
        ("n_inner = [-8, 8]", "choices.n_inner = -8: gpt2 refuses it: Trying to create tensor with negative dimension"),
        ("n_inner = [8, 1000000000000000000]", "choices.n_inner = 1000000000000000000, tried with"),
    ],
)
def test_a_value_that_the_model_class_refuses_is_said_with_its_reason(tmp_path: Path, choices: str, said: str) -> None:
    assert refusal(tmp_path, HEAD + FIXED + CHOICES + choices).startswith(said)


def test_a_fixed_value_that_the_model_class_refuses_is_said_too(tmp_path: Path) -> None:
    said = "fixed.activation_function = 'rleu': gpt2 refuses it: KeyError 'rleu'"
    assert refusal(tmp_path, HEAD + FIXED + "activation_function = 'rleu'" + CHOICES) == said


def test_a_choice_that_only_running_the_model_refuses_is_said(tmp_path: Path) -> None:
    choices = "[choices]\nhidden_size = [8, 16]\nnum_attention_heads = [4, 2]\nnum_key_value_heads = [2, 3]"
    said = refusal(tmp_path, LLAMA + choices)
    assert said.startswith("choices.num_key_value_heads = 3, tried with num_hidden_layers = 1, hidden_size = 8, ")
    assert ": llama cannot be run: The size of tensor" in said
    constrained = 'constraints = ["num_attention_heads % num_key_value_heads == 0"]' + LLAMA + choices
    assert refusal(tmp_path, constrained).startswith(
        "choices.num_key_value_heads = 3: expected an architecture with it"
    )
    assert read(tmp_path, constrained.replace("[2, 3]", "[2, 1]")).size == 8


def test_a_default_that_follows_from_choices_cannot_stand_in_a_constraint(tmp_path: Path) -> None:
    choices = "num_key_value_heads = 2\n[choices]\nhidden_size = [8, 16]\nnum_attention_heads = [2, 4]"
    said = "constraints: head_dim follows from other fields, 128 by default and 4 here: expected it under [fixed] or"
    assert refusal(tmp_path, 'constraints = ["head_dim > 1"]' + LLAMA + choices).startswith(said)
    plain = read(tmp_path, 'constraints = ["hidden_size < vocab_size + 4", "rms_norm_eps < 1"]' + LLAMA + choices)
    assert plain.constants == (("rms_norm_eps", 1e-06), ("vocab_size", 13))
    assert plain.size == 4


def test_a_family_whose_layers_share_their_weights_has_them_all(tmp_path: Path) -> None:
    text = 'name = "a"\nmodel_type = "albert"\n[fixed]\nhidden_size = 64\n[choices]\nnum_hidden_layers = [2, 3]'
    space = read(tmp_path, text)
    architecture = space.sample(np.random.default_rng(0))
    assert space.blank(architecture).site_map().depth == architecture.depth


def test_every_value_of_a_long_list_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space_trial, "TRIED", 3)
    widths: list[float] = list(range(8, 208, 2))
    space = read(tmp_path, HEAD + FIXED + CHOICES + f"n_inner = {widths}")
    assert len(space.choices.whole[2].values) == 100
    widths[51] = 0.5
    said = refusal(tmp_path, HEAD + FIXED + CHOICES + f"n_inner = {widths}")
    assert said.startswith("choices.n_inner = 0.5, tried with")


def test_fixed_fields_may_be_tables(tmp_path: Path) -> None:
    table = '[fixed.rope_parameters]\nrope_theta = 500.0\nrope_type = "default"\n'
    space = read(tmp_path, LLAMA + table + "[choices]\nhidden_size = [32, 64]")
    assert space.config(space.sample(np.random.default_rng(0))).rope_parameters["rope_theta"] == 500.0


def test_the_longest_sequence_leaves_out_rows_that_only_padding_has(tmp_path: Path) -> None:
    text = """
    name = "tiny"
    model_type = "roberta"
    [fixed]
    vocab_size = 13
    hidden_size = 8
    num_attention_heads = 2
    num_hidden_layers = 1
    [choices]
    max_position_embeddings = [20, 18]
    intermediate_size = [8, 12]
    """
    space = read(tmp_path, text)
    assert space.max_tokens == 16
    rng = np.random.default_rng(0)
    architecture = next(a for a in (space.sample(rng) for _ in range(99)) if a["max_position_embeddings"] == 18)
    assert space.build(architecture, 0).logits(torch.full((1, 16), 5)).shape == (1, 16, 13)


def test_a_family_without_positions_has_a_stated_bound(tmp_path: Path) -> None:
    text = """
    name = "tiny"
    model_type = "bloom"
    [fixed]
    vocab_size = 13
    n_layer = 1
    bos_token_id = 0
    eos_token_id = 0
    pad_token_id = 0
    [choices]
    hidden_size = [16, 8]
    n_head = [2, 4]
    """
    assert read(tmp_path, text).max_tokens == 2048


def test_what_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "expected a readable file of UTF-8 text"),
    ):
        with pytest.raises(InputError, match=said):
            read_space(path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="expected a readable file of UTF-8 text"):
        read_space(tmp_path / "bytes.toml")
    (tmp_path / "large.toml").write_text("#" * (1 << 18) + "\n")
    with pytest.raises(InputError, match=r"large\.toml: expected at most 262144 bytes, found 262145"):
        read_space(tmp_path / "large.toml")
