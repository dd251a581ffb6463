"""Models of transformers behind the calling convention of a space."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lpzero.errors import InputError
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.sites import LanguageModel
from lpzero.spaces.toml.family import configuration, family_of
from lpzero.spaces.toml.model import blank, build, flops, part_counts, runs_blank

SMALL: dict[str, Any] = {
    "vocab_size": 13,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 16,
}


def test_a_model_names_its_sites_and_its_embedding() -> None:
    model = build(configuration("bert", SMALL), "masked", 0)
    assert isinstance(model, LanguageModel)
    assert model.get_input_embeddings() is model.model.get_input_embeddings()
    sites = model.site_map()
    assert sites.depth == 2
    assert {site.parameter for site in sites.parameters} <= set(dict(model.named_parameters()))


def test_the_weights_follow_from_the_seed_and_no_random_state_moves() -> None:
    config = configuration("llama", SMALL)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, again, other = (build(config, "causal", seed) for seed in (2**63 - 1, 2**63 - 1, 5))
    blank(config, "causal")
    assert torch.equal(torch.get_rng_state(), before)
    weights, same, different = (dict(model.named_parameters()) for model in (first, again, other))
    assert all(torch.equal(weight, same[name]) for name, weight in weights.items())
    assert not any(torch.equal(w, different[name]) for name, w in weights.items() if w.ndim > 1)


def test_a_model_that_looks_at_its_numbers_is_counted_with_them() -> None:
    config = configuration("deberta", SMALL)
    assert not runs_blank(blank(config, "masked"), 5)
    ids = torch.arange(5).unsqueeze(0)
    assert flops(config, "masked", 5) == counted_flops(build(config, "masked", 1), ids) > 0


def test_a_model_that_cannot_be_run_is_said_in_one_line() -> None:
    config = configuration("llama", {**SMALL, "num_attention_heads": 4, "num_key_value_heads": 3})
    with pytest.raises(InputError, match="llama cannot be run: The size of tensor") as caught:
        flops(config, "causal", 4)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("kind", "tied"), [("llama", False), ("llama", True), ("opt", True)])
def test_every_parameter_is_counted_in_one_place(kind: str, tied: bool) -> None:
    names = {**SMALL, "tie_word_embeddings": tied}
    if kind == "opt":
        names |= {"ffn_dim": 12, "word_embed_proj_dim": 8}
        names.pop("intermediate_size")
    model = blank(configuration(kind, names), "causal")
    counts = part_counts(model, model.site_map())
    # the table and, where it is not tied, the projection back; opt has a row of positions for each token and two more
    outside = 13 * 8 * (1 if tied else 2) + (18 * 8 if kind == "opt" else 0)
    assert counts["total"] - counts["nonembedding"] == outside
    assert counts["embedding"] == (outside if tied else 13 * 8)
    norms = counts["nonembedding"] - counts["attention"] - counts["feed_forward"]
    assert norms == (5 * 8 if kind == "llama" else 2 * 5 * 8)


def test_a_family_knows_its_fields_by_all_their_names() -> None:
    family = family_of("gpt2")
    assert (family.depth, family.width, family.positions) == ("n_layer", "n_embd", "n_positions")
    assert family.own_name("hidden_size") == family.own_name("n_embd") == "n_embd"
    assert family.objectives == ("causal",)
    assert family.per_layer == ()
    assert family_of("modernbert").per_layer == ("layer_types",)
    with pytest.raises(InputError, match="gpt2 has no such field: expected one of n_embd"):
        family.own_name("n_emb")


def test_a_decoder_whose_class_names_no_loss_has_the_causal_one() -> None:
    names = {"vocab_size": 13, "n_embd": 8, "n_layer": 1, "n_head": 2, "bos_token_id": 0, "eos_token_id": 0}
    model = build(configuration("gpt2", names), "causal", 0)
    ids = torch.arange(6).unsqueeze(0)
    wanted = torch.nn.functional.cross_entropy(model.logits(ids)[0, :-1], ids[0, 1:])
    torch.testing.assert_close(model(ids, ids).loss, wanted)
    # otherwise transformers takes it with a warning
    assert model.model.loss_type == "ForCausalLM"
