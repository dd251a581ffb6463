"""A trial: every value goes into a configuration and most into a model, within bounds, before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.spaces.toml import trial
from lpzero.spaces.toml.document import parse_document
from lpzero.spaces.toml.family import family_of
from lpzero.spaces.toml.file import _Fields
from lpzero.spaces.toml.space import ConfigSpace
from lpzero.spaces.toml.trial import TRIED, _spaced, _spaced_depths, try_values

HEAD = 'name = "tiny"\nmodel_type = "gpt2"\n'
FIXED = "[fixed]\nvocab_size = 13\nn_positions = 16\nbos_token_id = 0\neos_token_id = 0\n"
WIDTHS = "[choices]\nn_layer = [1, 2]\nn_embd = [8, 12]\nn_head = [2, 4]\n"


def untried(text: str) -> ConfigSpace:
    """The space of a text, before its trial."""
    path = Path("space.toml")
    document = parse_document(path, text)
    return _Fields(path, document, family_of(document.model_type)).space(path.absolute())


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The architectures of which a model was made."""
    found: list[dict[str, Any]] = []
    model = trial._model

    def watched(space: ConfigSpace, config: Any, draft: Any) -> Any:
        found.append(dict(draft.whole))
        return model(space, config, draft)

    monkeypatch.setattr(trial, "_model", watched)
    return found


def test_every_value_goes_into_a_model_that_keeps_the_constraints(made: list[dict[str, Any]]) -> None:
    model = try_values(
        untried(HEAD + 'constraints = ["n_embd % n_head == 0", "n_head * n_layer < 8"]\n' + FIXED + WIDTHS)
    )
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    assert all(one["n_embd"] % one["n_head"] == 0 and one["n_head"] * one["n_layer"] < 8 for one in made)
    for name, values in {"n_layer": {1, 2}, "n_embd": {8, 12}, "n_head": {2, 4}}.items():
        assert {one[name] for one in made} == values
    # the first has the smallest depth, and each value is tried once
    assert made[0]["n_layer"] == 1
    assert len(made) == 1 + 3


def test_a_value_that_no_architecture_has_is_named() -> None:
    text = HEAD + 'constraints = ["n_head < n_layer * 3"]\n' + FIXED + "[choices]\nn_layer = [1]\nn_embd = [8, 12]\n"
    with pytest.raises(
        InputError,
        match=r"choices.n_head = 4: expected an architecture with it that keeps the constraints, found none$",
    ):
        try_values(untried(text + "n_head = [2, 4]\n"))
    with pytest.raises(InputError, match=r"constraints: expected an architecture that keeps them all, found none$"):
        try_values(untried(HEAD + 'constraints = ["n_head == 3"]\n' + FIXED + WIDTHS))


def test_a_value_that_the_model_refuses_is_named_with_what_it_was_tried_with() -> None:
    text = HEAD + FIXED + "[choices]\nn_layer = [1]\nn_embd = [8, 12]\nn_head = [2, 3]\n"
    with pytest.raises(
        InputError, match=r"choices.n_head = 3, tried with n_layer = 1, n_embd = 8: .*divisible"
    ) as raised:
        try_values(untried(text))
    assert len(str(raised.value).splitlines()) == 1


def test_where_the_first_model_is_refused_the_key_that_could_be_other_is_blamed() -> None:
    text = HEAD + FIXED + "[choices]\nn_layer = [1]\nn_embd = [9, 8]\nn_head = [2, 4]\n"
    with pytest.raises(InputError, match=r"choices.n_embd = 9: .*divisible"):
        try_values(untried(text))
    fixed = HEAD + FIXED + "activation_function = 'colour'\n" + WIDTHS
    with pytest.raises(InputError, match=r"fixed.activation_function = 'colour': "):
        try_values(untried(fixed))


def test_of_a_long_list_so_many_are_built_evenly_and_with_both_ends(made: list[dict[str, Any]]) -> None:
    widths = list(range(8, 8 + 4 * 40, 4))
    try_values(untried(HEAD + FIXED + f"n_head = 2\n[choices]\nn_layer = [1]\nn_embd = {widths}\n"))
    built = [one["n_embd"] for one in made]
    assert len(built) == len(set(built)) == TRIED
    assert {8, widths[-1]} <= set(built)
    gaps = {b - a for a, b in zip(sorted(built), sorted(built)[1:], strict=False)}
    assert gaps <= {4, 8}


def test_values_are_spaced_and_deep_models_are_few() -> None:
    assert list(_spaced([3, 1, 2])) == [3, 1, 2]
    spaced = _spaced(list(range(1000)))
    assert len(spaced) == TRIED
    assert (spaced[0], spaced[-1]) == (0, 999)
    depths = _spaced_depths(list(range(1, 1025)))
    assert depths[-1] == 1024
    assert sum(int(depth) for depth in depths[:-1]) <= trial.TRIED_LAYERS
    assert depths[0] == 1


def test_a_model_without_an_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_MODULES", 10)
    with pytest.raises(InputError, match="expected a model of at most 10 parts, found more"):
        try_values(untried(HEAD + FIXED + WIDTHS))
    monkeypatch.undo()
    # nothing of the count is left behind
    try_values(untried(HEAD + FIXED + WIDTHS))


def test_a_search_for_what_keeps_the_constraints_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SEARCHED", 5)
    with pytest.raises(InputError, match=r"space.toml: "):
        try_values(untried(HEAD + 'constraints = ["n_embd == n_head * 6"]\n' + FIXED + WIDTHS))


def test_a_default_that_follows_from_a_choice_is_refused_in_a_constraint() -> None:
    text = (
        'name = "tiny"\nmodel_type = "llama"\nconstraints = ["head_dim == 128"]\n[fixed]\nvocab_size = 13\n'
        "max_position_embeddings = 16\nnum_hidden_layers = 1\nintermediate_size = 8\n[choices]\n"
        "hidden_size = [8, 12]\nnum_attention_heads = [2]\n"
    )
    with pytest.raises(InputError, match=r"constraints: head_dim follows from other fields, 128 by default and 4 here"):
        try_values(untried(text))
