"""Coded metrics and operations of families of transformers, against a direct computation in plain PyTorch."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lpzero.metrics import METRICS
from lpzero.operands.batch import Batch, random_batch
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.result import ModelScore
from lpzero.scoring.score import Request
from lpzero.seeds import derived_seed

SIZES = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 101,
    "num_hidden_layers": 2,
}
GROUPED = {**SIZES, "num_key_value_heads": 2}
FAMILIES: dict[str, dict[str, Any]] = {
    "bert": SIZES,
    "distilbert": {"dim": 32, "n_heads": 4, "hidden_dim": 64, "vocab_size": 101, "n_layers": 2},
    "roberta": SIZES,
    "gpt2": {"n_embd": 32, "n_head": 4, "n_layer": 2, "vocab_size": 101},
    "gpt_neox": SIZES,
    "opt": {**SIZES, "ffn_dim": 64, "word_embed_proj_dim": 32},
    "bloom": {"hidden_size": 32, "n_head": 4, "n_layer": 2, "vocab_size": 101},
    "phi": SIZES,
    "llama": GROUPED,
    "qwen2": GROUPED,
    "gemma": {**GROUPED, "head_dim": 8},
    "nemotron": GROUPED,
    "mixtral": {**GROUPED, "num_local_experts": 4},
    "olmoe": {**GROUPED, "num_experts": 4, "num_experts_per_tok": 2},
    "granitemoe": {**GROUPED, "num_local_experts": 4, "num_experts_per_tok": 2},
}
MASKED = ("bert", "distilbert", "roberta")
TOKENS = 8


def made(family: str, **more: Any) -> nn.Module:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

    ends = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": 64}
    config = AutoConfig.for_model(family, **{**FAMILIES[family], **ends, **more})
    auto: Any = AutoModelForMaskedLM if family in MASKED else AutoModelForCausalLM
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model: nn.Module = auto.from_config(config, attn_implementation="eager").train()
    return model


def shown(family: str) -> Batch:
    """The batch that a model is shown."""
    rng = np.random.default_rng(derived_seed(0, "batch"))
    return random_batch(101, "masked" if family in MASKED else "causal", rng, batch=2, tokens=TOKENS)


def scored(model: nn.Module, *metrics: str) -> ModelScore:
    return Request(metrics, 0, 2, TOKENS, "cpu", 0, None, 1).scorer().score_loaded("model", LoadedModel(model))


def direct(family: str, model: nn.Module, batch: Batch, module: nn.Module) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The loss, what the module gave out, and the weights of two axes or more; in evaluation mode."""
    seen: list[Tensor] = []
    handle = module.register_forward_hook(lambda _m, _a, output: seen.append(output))
    uncached = {"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}
    loss = model.eval()(input_ids=batch.input_ids, labels=batch.labels, **uncached).loss
    handle.remove()
    return loss, seen, [parameter for parameter in model.parameters() if parameter.ndim >= 2]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_jacobian_and_grasp_are_those_of_a_direct_computation(family: str) -> None:
    batch, model = shown(family), made(family)
    loss, (embedded,), weights = direct(family, model, batch, model.get_input_embeddings())
    (gradient,) = torch.autograd.grad(loss, [embedded], retain_graph=True)
    columns = gradient.reshape(-1, gradient.shape[-1]).double().numpy()
    cosines = columns.T @ columns / np.outer(*[np.linalg.norm(columns, axis=0)] * 2)
    n = len(cosines)
    wanted = 1 - (np.abs(cosines[~np.eye(n, dtype=bool)]) ** (1 / 20)).sum() / 2 / (n * n - n)
    found = scored(made(family), "jacobian_cosine", "grasp")
    assert found.notes == []
    assert found.scores[0].value == pytest.approx(wanted, rel=1e-3)
    if family in ("olmoe", "granitemoe", "mixtral"):
        return  # the fused operation of their experts is not differentiated twice
    grads = torch.autograd.grad(loss, weights, create_graph=True)
    aligned = sum((g.detach() * g).sum() for g in grads)
    assert isinstance(aligned, Tensor)
    products = torch.autograd.grad(aligned, weights, allow_unused=True)
    terms = [(w * p).sum().item() for w, p in zip(weights, products, strict=True) if p is not None]
    assert found.scores[1].value == pytest.approx(-sum(terms), rel=1e-3)


@pytest.mark.parametrize("family", ["mixtral", "olmoe", "nemotron"])
def test_every_metric_has_a_value_and_leaves_the_model_as_it_was(family: str) -> None:
    model = made(family)
    before = {name: (tensor.data_ptr(), tensor.dtype, tensor.clone()) for name, tensor in model.state_dict().items()}
    config = model.config.to_dict()
    found = scored(model, *(metric.name for metric in METRICS.values() if metric.needs == "pass"))
    assert found.notes == []
    for row in found.scores:
        assert row.status == "ok"
        assert row.value
    assert model.config.to_dict() == config
    assert model.training
    for name, tensor in model.state_dict().items():
        assert (tensor.data_ptr(), tensor.dtype) == before[name][:2]
        assert torch.equal(tensor, before[name][2])


def test_a_feed_forward_in_chunks_has_the_scores_of_one_in_one_piece() -> None:
    names = ("fisher", "activation_distance", "synaptic_diversity", "synflow")
    whole, chunked = (scored(made("bert", chunk_size_feed_forward=size), *names).scores for size in (0, 2))
    assert [row.value for row in chunked] == pytest.approx([row.value for row in whole], rel=1e-6)


def test_fisher_of_experts_sums_the_tokens_of_a_sequence_over_all_experts() -> None:
    batch, model = shown("mixtral"), made("mixtral")
    model.config._experts_implementation = "eager"
    found = scored(model, "fisher").scores[0].value
    wanted = 0.0
    for index in range(2):
        for layer in model.model.layers:
            alone = Batch(batch.input_ids[index : index + 1], batch.labels[index : index + 1])
            loss, calls, _ = direct("mixtral", model, alone, layer.mlp.experts.act_fn)
            # half the loss of two sequences, each of as many labels
            grads = torch.autograd.grad(loss / 2, calls)
            summed = sum((call.detach() * grad).sum(0) for call, grad in zip(calls, grads, strict=True))
            assert isinstance(summed, Tensor)
            wanted += float(summed.square().sum()) / 2 / 2
    assert found == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("family", ["llama", "mixtral", "olmoe"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_operations_are_those_of_the_products(family: str, attention: str) -> None:
    model = made(family)
    model.set_attn_implementation(attention)
    projections = 2 * (2 * 32 * 32 + 2 * 32 * 16)
    feed_forward = 2 * 3 * 32 * 64
    experts = 2 * feed_forward + 2 * 32 * 4
    layer = projections + 2 * 2 * TOKENS * 32 + (feed_forward if family == "llama" else experts)
    assert scored(model, "params").costs.flops == 2 * layer + 2 * 32 * 101
