"""Sites that are found in models of transformers, and what is said where none can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch, random_batch
from lpzero.operands.extract import extract
from lpzero.spaces.reading.names import discover_sites, is_non_linearity
from lpzero.spaces.space import Objective

VOCABULARY = 100
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 32,
}
GROUPED: dict[str, Any] = {**SIZES, "num_key_value_heads": 2}
TOKENS: dict[str, Any] = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
CAUSAL: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 32, "loss_type": "ForCausalLM"},
    "gpt_neox": SIZES,
    "llama": GROUPED,
    "mistral": GROUPED,
    "qwen2": GROUPED,
    "opt": {**SIZES, "ffn_dim": 48, "word_embed_proj_dim": 16},
}
MASKED: dict[str, dict[str, Any]] = {
    "bert": SIZES,
    "roberta": SIZES,
    "electra": {**SIZES, "embedding_size": 16},
    "modernbert": {**SIZES, "cls_token_id": 1, "sep_token_id": 2},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 32},
}
KINDS = [*CAUSAL, *MASKED]


def build(kind: str, **changes: Any) -> Any:
    """A tiny untrained model of one kind."""
    sizes = {**(CAUSAL | MASKED)[kind], **TOKENS, **changes}
    config = AutoConfig.for_model(kind, vocab_size=VOCABULARY, **sizes)
    family = AutoModelForMaskedLM if kind in MASKED else AutoModelForCausalLM
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return family.from_config(config, attn_implementation="eager")


def tokens(kind: str) -> Batch:
    objective: Objective = "masked" if kind in MASKED else "causal"
    return random_batch(VOCABULARY, objective, np.random.default_rng(0), batch=2, tokens=8)


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_is_a_site_once_and_in_its_part(kind: str) -> None:
    model = build(kind)
    sites = discover_sites(model)
    assert sites.depth == 2
    weights = [name for name, parameter in model.named_parameters() if parameter.ndim >= 2]
    assert sorted(site.parameter for site in sites.parameters) == sorted(weights)
    places = [(site.layer, site.role) for site in sites.parameters]
    assert len(set(places)) == len(places)
    for layer in (1, 2):
        inside = [site for site in sites.parameters if site.layer == layer]
        assert {site.group for site in inside} == {"operation", "feed_forward"}
        for site in inside:
            attends = "attn" in site.parameter or "attention" in site.parameter
            assert (site.group == "operation") == attends, site
    assert {site.group for site in sites.parameters if site.layer == 0} == {"embedding"}
    assert {site.group for site in sites.parameters if site.layer == 3} <= {"output"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_sites_can_be_extracted(kind: str) -> None:
    model = build(kind)
    sites = discover_sites(model)
    operands = extract(model, sites, tokens(kind))
    assert operands.depth == 2
    assert all(operands.tensors.values())
    assert len(operands.tensors["hidden"]) == 3
    assert len(operands.tensors["activation"]) == 2
    assert len(operands.tensors["head"]) == 6
    assert operands.tensors["jacobian"][0].any()
    for tensors in operands.tensors.values():
        assert all(tensor.isfinite().all() for tensor in tensors)
    for probabilities in operands.tensors["attention"]:
        torch.testing.assert_close(probabilities.sum(-1), torch.ones(probabilities.shape[:-1]))


def test_a_fused_projection_is_read_in_thirds() -> None:
    model = build("gpt2")
    operands = extract(model, discover_sites(model), tokens("gpt2"))
    thirds = [t for s, t in zip(operands.sites["head"], operands.tensors["head"], strict=True) if s.layer == 1]
    roles = [site.role for site in operands.sites["head"] if site.layer == 1]
    assert roles == ["attn.c_attn.query", "attn.c_attn.key", "attn.c_attn.value"]
    block = model.transformer.h[0]
    fused = block.attn.c_attn(block.ln_1(operands.tensors["hidden"][0]))
    torch.testing.assert_close(torch.cat(thirds, dim=-1), fused)


def test_a_fused_projection_of_another_width_is_one_site() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv_proj = nn.Linear(8, 16)

    blocks = nn.ModuleList(nn.ModuleDict({"attention": Attention(), "mlp": nn.Linear(8, 8)}) for _ in range(2))
    sites = discover_sites(nn.ModuleDict({"words": nn.Embedding(5, 8), "blocks": blocks}))
    assert [(site.role, site.part) for site in sites.outputs] == [("attention.qkv_proj", None)] * 2


def test_projections_around_the_blocks_are_told_apart() -> None:
    # OPT registers both before its blocks, though the output runs through one of them.
    groups = {site.role: site.group for site in discover_sites(build("opt")).parameters}
    assert groups["model.decoder.project_in"] == "embedding"
    assert groups["model.decoder.project_out"] == "output"


def test_a_head_of_its_own_lies_behind_the_blocks() -> None:
    site = discover_sites(build("llama")).parameters[-1]
    assert (site.layer, site.group, site.parameter) == (3, "output", "lm_head.weight")


def test_without_an_activation_module_the_intermediate_one_is_read() -> None:
    model = build("bert")
    for layer in model.bert.encoder.layer:
        layer.intermediate.intermediate_act_fn = None
    modules = [site.module for site in discover_sites(model).outputs if site.family == "activation"]
    assert modules == [f"bert.encoder.layer.{i}.intermediate" for i in range(2)]


def test_experts_are_not_taken_for_blocks() -> None:
    def block() -> nn.ModuleDict:
        experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(5))
        return nn.ModuleDict({"attention": nn.Linear(4, 4), "experts": experts})

    blocks = nn.ModuleList(block() for _ in range(2))
    sites = discover_sites(nn.ModuleDict({"words": nn.Embedding(5, 4), "layers": blocks}))
    assert sites.depth == 2
    assert [site.group for site in sites.parameters if site.layer == 1] == ["operation"] + ["feed_forward"] * 5


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Linear(2, 2)), r"found no blocks in Sequential: looked for a torch.nn.ModuleList"),
        (nn.ModuleList([nn.ReLU(), nn.ReLU()]), "found no blocks in ModuleList"),
        (
            nn.ModuleDict({"blocks": nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])}),
            r"found no embedding in ModuleDict: looked for get_input_embeddings",
        ),
    ],
)
def test_what_was_looked_for_is_said(model: nn.Module, message: str) -> None:
    with pytest.raises(LpzeroError, match=message):
        discover_sites(model)


def test_a_shared_module_is_refused() -> None:
    activation = nn.ReLU()
    blocks = nn.ModuleList(nn.ModuleDict({"fc": nn.Linear(2, 2), "act": activation}) for _ in range(2))
    with pytest.raises(LpzeroError, match=r"a module of its own in every block, found blocks\.1\.act"):
        discover_sites(nn.ModuleDict({"words": nn.Embedding(3, 2), "blocks": blocks}))


def test_a_model_without_a_loss_is_refused_by_extract() -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(VOCABULARY, 4)
            self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))

        def forward(self, input_ids: Tensor, **_wanted: Any) -> Tensor:
            x = self.words(input_ids)
            for block in self.blocks:
                x = block(x)
            return x

    model = Bare()
    with pytest.raises(LpzeroError, match="the model returned no loss"):
        extract(model, discover_sites(model), tokens("llama"))


def test_a_non_linearity_may_be_written_again() -> None:
    def called(name: str, *parts: nn.Module) -> nn.Module:
        module: nn.Module = type(name, (nn.Module,), {})()
        for part in parts:
            module.add_module("part", part)
        return module

    for yes in (called("NewGELU"), called("FastSwish"), called("SquaredReLU"), nn.GELU()):
        assert is_non_linearity(yes)
    for no in (called("NewGELU", nn.GELU()), called("TanhNorm"), called("Contact"), nn.Softmax(-1), nn.LayerNorm(2)):
        assert not is_non_linearity(no)
