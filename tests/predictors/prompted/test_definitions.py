"""Spaces and architectures in words: every hyperparameter of every space, with its values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lpzero.predictors.prompted.definitions import BEHIND, DEPTH, MEANINGS, cost, definitions, described
from lpzero.spaces import get_space, space_names
from lpzero.spaces.architecture import Architecture


@pytest.mark.parametrize("name", space_names())
def test_every_hyperparameter_of_a_space_is_defined_and_said_of_an_architecture(name: str) -> None:
    space = get_space(name)
    one = space.sample(np.random.default_rng(0))
    every = (*space.choices.whole, *space.choices.front, *space.choices.layer)
    chosen = [n for choice in every for n in choice.names]
    defined, said = definitions(space), described(space, one)
    if len(space.choices.depths) > 1:
        depth = BEHIND if space.choices.front else DEPTH
        chosen = [depth, *chosen]
        assert f"\n{depth}: {one.depth - space.choices.front_depth}\n" in f"\n{said}\n"
    assert [line.partition(":")[0] for line in said.splitlines()] == chosen
    for names in (choice.names for choice in every):
        assert f"- {' and '.join(names)}: " in defined
    # a name of a built-in space has a meaning
    assert set(chosen) <= set(MEANINGS)


def test_values_are_listed_or_their_range_is_said() -> None:
    space = get_space("gpt2", "own")
    lines = definitions(space).splitlines()
    assert lines[0] == "- layers: number of layers, one behind the other; one of 2, 3, 4, 5, 6, 7, 8"
    assert lines[2] == "- d_inner: width of the feed-forward network, of each layer; from 64 to 512 in steps of 32"
    assert (
        definitions(get_space("llama", "160m"))
        .splitlines()[-1]
        .endswith("; one of 15, such as 3/1, 3/3, 6/1, 6/2, 6/3, 6/6, 9/1, 9/3, 9/9, 12/1, 12/2, 12/3")
    )
    assert "; one of no, yes" in definitions(get_space("rnn", "own"))
    one = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}, {"d_inner": 96, "heads": 8}])
    assert described(space, one) == "layers: 2\nd_model: 64\nd_inner: 64, 96\nheads: 2, 8"
    assert cost(space, one) == f"million parameters: {space.parameter_counts(one)['nonembedding'] / 1e6:.4g}"


def test_a_space_of_a_file_is_told_as_it_declares_itself(space_file: Path) -> None:
    space = get_space(str(space_file))
    one = space.sample(np.random.default_rng(0))
    assert "- n_embd: width of the residual stream; one of 8, 12" in definitions(space).splitlines()
    assert described(space, one).splitlines()[-1] == f"n_head: {one['n_head']}"


def test_what_has_no_meaning_here_is_told_by_its_values(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(
        'name = "x"\nmodel_type = "gpt2"\n[fixed]\nvocab_size = 13\nn_positions = 16\nbos_token_id = 0\n'
        "eos_token_id = 0\nn_layer = 1\nn_embd = 8\nn_head = 2\n[choices]\nlayer_norm_epsilon = [1e-5, 1e-6]\n"
    )
    space = get_space(str(path))
    assert definitions(space) == "- layer_norm_epsilon: one of 1e-05, 1e-06"
