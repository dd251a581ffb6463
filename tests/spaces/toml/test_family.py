"""Families: what transformers says of a model type, by every name, and what it refuses, in one line."""

from __future__ import annotations

import pytest
from transformers import AutoConfig

from lpzero.errors import InputError
from lpzero.spaces.toml.family import configuration, family_of, reason


@pytest.mark.parametrize(
    ("model_type", "depth", "width", "positions"),
    [
        ("gpt2", "n_layer", "n_embd", "n_positions"),
        ("bert", "num_hidden_layers", "hidden_size", "max_position_embeddings"),
        ("llama", "num_hidden_layers", "hidden_size", "max_position_embeddings"),
        ("bloom", "n_layer", "hidden_size", None),
    ],
)
def test_fields_that_all_families_share_are_found(
    model_type: str, depth: str, width: str, positions: str | None
) -> None:
    family = family_of(model_type)
    assert (family.depth, family.width, family.positions, family.vocabulary) == (depth, width, positions, "vocab_size")
    config = AutoConfig.for_model(model_type)
    # every name leads to a value that the configuration has under its own
    for name, own in family.fields.items():
        assert family.own_name(name) == own
        assert family.defaults[own] == getattr(config, own, family.defaults[own])
        assert getattr(config, name, family.defaults[own]) == family.defaults[own]


def test_the_head_to_take_comes_first() -> None:
    assert family_of("bert").objectives == ("masked", "causal")
    assert family_of("gpt2").objectives == ("causal",)
    assert family_of("modernbert").objectives == ("masked",)


def test_only_what_is_of_the_model_is_a_field() -> None:
    for name in ("architectures", "transformers_version", "id2label", "dtype"):
        with pytest.raises(InputError, match=r"^gpt2 has no such field: expected one of "):
            family_of("gpt2").own_name(name)


def test_an_unknown_field_is_answered_with_those_that_are_near() -> None:
    with pytest.raises(InputError, match=r"^gpt2 has no such field: expected one of .*n_head"):
        family_of("gpt2").own_name("n_heads")
    with pytest.raises(InputError, match=r"^gpt2 has no such field: expected one of .*n_embd.*, vocab_size"):
        family_of("gpt2").own_name("QQQQ")


def test_a_list_with_an_entry_a_layer_is_told_by_its_length() -> None:
    family = family_of("qwen2")
    assert family.per_layer == ("layer_types",)
    assert len(family.defaults["layer_types"]) == family.defaults[family.depth]
    assert family_of("gpt2").per_layer == ()


@pytest.mark.parametrize(
    ("model_type", "message"),
    [
        ("gtp2", "^expected a model type that transformers knows, such as .*gpt2.*, found 'gtp2'$"),
        ("xqzw", "^expected a model type that transformers knows, found 'xqzw'$"),
        ("vit", "^expected a model type with a causal or masked language model, found 'vit'$"),
        ("funnel", "^expected a model type whose configuration says num_hidden_layers, found 'funnel'$"),
    ],
)
def test_a_type_that_is_none_is_refused(model_type: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        family_of(model_type)


def test_a_configuration_has_the_fields_that_are_given() -> None:
    found = configuration("gpt2", {"n_embd": 8, "n_layer": 3})
    assert (found.n_embd, found.hidden_size, found.num_hidden_layers) == (8, 8, 3)
    with pytest.raises(InputError, match=r"^bert refuses it: ") as raised:
        configuration("bert", {"num_labels": "many"})
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("err", "text"),
    [
        (ValueError("a\n  b"), "a b"),
        (KeyError("x"), "KeyError 'x'"),
        (ValueError(), "ValueError"),
        (ValueError("Validation error for field 'a':\n    TypeError: expected int"), "expected int"),
        (ValueError("Class validation error for validator 'v':\n    ValueError: 32 is not so"), "32 is not so"),
        (RuntimeError("y" * 400), "y" * 300 + "..."),
    ],
)
def test_a_reason_is_one_line_of_bounded_length(err: Exception, text: str) -> None:
    assert reason(err) == text
