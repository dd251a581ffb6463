"""Coded metrics of models that people write, against a direct computation in plain PyTorch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import SiteMap

WIDTH, TOKENS = 8, 6
KINDS = (
    "plain",
    "fused attention",
    "reentrant checkpoint",
    "checkpoint",
    "one block three times",
    "tied and frozen",
    "sparse gradients",
    "experts",
    "chunks",
    "tokens first",
)


class Direct:
    """A pass of a copy in double precision, by hand."""

    def __init__(self, model: Any, batch: Batch) -> None:
        plain = model.written_out()
        self.activations: list[Tensor] = []
        embedded: list[Tensor] = []
        acts = {id(block.act): block.act for block in plain.blocks}
        for act in acts.values():
            act.register_forward_hook(lambda _m, _a, output: self.activations.append(output))
        plain.words.register_forward_hook(lambda _m, _a, output: embedded.append(output))
        torch.set_default_dtype(torch.float64)
        try:
            logits = plain(batch.input_ids)[:, :-1]
        finally:
            torch.set_default_dtype(torch.float32)
        self.loss = functional.cross_entropy(logits.flatten(0, 1), batch.labels[:, 1:].flatten())
        self.embedded, self.model = embedded[0], plain
        blocks = list({id(block): block for block in plain.blocks}.values())
        self.matrices = [p for block in blocks for p in block.parameters() if p.ndim == 2]
        self.operations = [m.weight for block in blocks for m in (block.query, block.key, block.value)]

    def grads(self, by: list[Tensor], **how: Any) -> list[Tensor]:
        """Gradients of the loss."""
        found = torch.autograd.grad(self.loss, by, retain_graph=True, allow_unused=True, **how)
        return [torch.zeros_like(b) if f is None else f for b, f in zip(by, found, strict=True)]


Written = Callable[[str], tuple[Any, SiteMap]]


def scored(metric: str, given: tuple[Any, SiteMap], batch: Batch) -> float:
    # the loss of a foreign model is computed in single precision
    return get_metric(metric).score_pass(Answering(given[0], "causal"), given[1], batch)


@pytest.mark.parametrize("name", KINDS)
def test_the_jacobian(name: str, words: Batch, written: Written) -> None:
    model, site_map = written(name)
    direct = Direct(model, words)
    (gradient,) = direct.grads([direct.embedded])
    columns = gradient.reshape(-1, WIDTH).numpy()
    cosines = columns.T @ columns / np.outer(*[np.linalg.norm(columns, axis=0)] * 2)
    between = np.abs(cosines[~np.eye(WIDTH, dtype=bool)]) ** (1 / 20)
    assert scored("jacobian_cosine", (model, site_map), words) == pytest.approx(
        1 - between.sum() / 2 / (WIDTH**2 - WIDTH), rel=1e-4
    )
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(columns.T))
    terms = np.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5)
    assert scored("jacobian_score", (model, site_map), words) == pytest.approx(-terms.sum(), rel=1e-3)


@pytest.mark.parametrize("name", KINDS)
def test_grasp(name: str, words: Batch, written: Written) -> None:
    model, site_map = written(name)
    direct = Direct(model, words)
    by = [direct.model.words.weight, *direct.matrices]
    grads = direct.grads(by, create_graph=True)
    aligned = sum((g.detach() * g).sum() for g in grads)
    products = torch.autograd.grad(aligned, by, allow_unused=True)
    wanted = -sum(float((w * p).sum().detach()) for w, p in zip(by, products, strict=True) if p is not None)
    assert scored("grasp", (model, site_map), words) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("name", KINDS)
def test_synaptic_diversity(name: str, words: Batch, written: Written) -> None:
    model, site_map = written(name)
    direct = Direct(model, words)
    grads = direct.grads(direct.operations)
    pairs = zip((weight.detach() for weight in direct.operations), grads, strict=True)
    wanted = sum(float(torch.linalg.matrix_norm(w, "nuc") * torch.linalg.matrix_norm(g, "nuc")) for w, g in pairs)
    assert scored("synaptic_diversity", (model, site_map), words) == pytest.approx(wanted, rel=1e-4)


def rows(name: str, direct: Direct, tensors: list[Tensor], chosen: list[Tensor]) -> list[list[Tensor]]:
    """Each activation's rows, (tokens, width), sequence by sequence."""
    if name == "experts":
        # a call for every expert that has tokens: which, the router says
        apart, left = [], list(tensors)
        for choice in chosen:
            order = [torch.nonzero(choice == e).squeeze(1) for e in range(3) if (choice == e).any()]
            joined = torch.cat([left.pop(0) for _ in order])
            sequence = torch.cat(order) // TOKENS
            apart.append([joined[sequence == s] for s in range(2)])
        return apart
    if name == "chunks":
        return [list(torch.cat(tensors[i : i + 2], dim=1)) for i in range(0, len(tensors), 2)]
    if name == "tokens first":
        return [list(tensor.transpose(0, 1)) for tensor in tensors]
    return [list(tensor) for tensor in tensors]


@pytest.mark.parametrize("name", KINDS)
def test_fisher_and_activation_distance(name: str, words: Batch, written: Written) -> None:
    model, site_map = written(name)
    chosen: list[Tensor] = []
    if name == "experts":
        copied = copy.deepcopy(model)
        for block in copied.blocks:
            block.router.register_forward_hook(lambda _m, _a, output: chosen.append(output.argmax(-1)))
        copied(words.input_ids)
    direct = Direct(model, words)
    grads = direct.grads(direct.activations)
    products = [a.detach() * g for a, g in zip(direct.activations, grads, strict=True)]
    fisher = 0.0
    for activation in rows(name, direct, products, chosen):
        sums = torch.stack([sequence.sum(0) for sequence in activation])
        fisher += float(sums.square().mean(0).sum()) / 2
    assert scored("fisher", (model, site_map), words) == pytest.approx(fisher, rel=1e-4)
    distance = 0.0
    for activation in rows(name, direct, direct.activations, chosen):
        active = (activation[0] > 0).double()
        distance += float((active @ active.T + (1 - active) @ (1 - active).T).sum())
    assert scored("activation_distance", (model, site_map), words) == distance


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_model_scores_as_the_one_that_was_compiled(words: Batch, written: Written) -> None:
    model, site_map = written("plain")
    compiled = torch.compile(model)
    wanted = [scored(metric, (model, site_map), words) for metric in ("fisher", "jacobian_cosine", "grasp")]
    assert [
        get_metric(metric).score_pass(Answering(compiled, "causal"), _behind(site_map), words)
        for metric in ("fisher", "jacobian_cosine", "grasp")
    ] == wanted


def _behind(site_map: SiteMap) -> SiteMap:
    """The same sites within what compiles the model."""

    def moved(name: str) -> str:
        return name.replace("model.", "model._orig_mod.", 1)

    return SiteMap(
        site_map.depth,
        tuple(replace(site, parameter=moved(site.parameter)) for site in site_map.parameters),
        tuple(replace(site, module=moved(site.module)) for site in site_map.outputs),
        moved(site_map.embedding),
    )
