"""The adaptive embedding and softmax, against an embedding and a softmax written out in full."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from lpzero.spaces.gpt2 import model as gpt2_model
from lpzero.spaces.gpt2 import plan as gpt2_plan
from lpzero.spaces.transfo_xl import model as transfo_xl_model
from lpzero.spaces.transfo_xl import plan as transfo_xl_plan

BUILDERS = {
    "gpt2": (gpt2_model.build, gpt2_plan.Gpt2Plan),
    "transfo-xl": (transfo_xl_model.build, transfo_xl_plan.TransfoXlPlan),
}
CUTOFFS = {"gpt2": (0, 19997, 39997, 50264), "transfo-xl": (0, 19997, 39997, 199997, 267736)}
SHAPES = [(16, 16, 1), (16, 24, 1), (16, 16, 2), (24, 64, 4)]
CASES = [(space, shape) for space in BUILDERS for shape in SHAPES]
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
Case = tuple[str, tuple[int, int, int]]


def model(case: Case) -> Any:
    build, plan = BUILDERS[case[0]]
    built = build(plan(*case[1], (8,), (2,)), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.output.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return built


def edges(case: Case) -> Tensor:
    """Two rows of ids: the first and the last of each cluster, and the same the other way round."""
    cutoffs = CUTOFFS[case[0]]
    row = sorted({*cutoffs[:-1], *(cutoff - 1 for cutoff in cutoffs[1:])})
    return torch.tensor([row, row[::-1]])


def cluster(case: Case, target: int) -> int:
    return sum(target >= cutoff for cutoff in CUTOFFS[case[0]][1:-1])


def embed(case: Case, built: Any, token: int) -> Tensor:
    tables, projections = built.embedding.tables, built.embedding.projections
    i = cluster(case, token) if len(tables) > 1 else 0
    row = tables[i].weight[token - (CUTOFFS[case[0]][i] if len(tables) > 1 else 0)]
    return (projections[i].weight @ row if len(projections) else row) * math.sqrt(built.embedding.width)


def log_probability(case: Case, built: Any, x: Tensor, target: int) -> Tensor:
    """Of one target, by whole tables: the first cluster's softmax, then that of the target's own."""
    cutoffs = CUTOFFS[case[0]]
    tables, projections, output = built.embedding.tables, built.embedding.projections, built.output
    full = [t.weight for t in tables]
    if len(tables) == 1:
        full = [full[0][cutoffs[i] : cutoffs[i + 1]] for i in range(len(cutoffs) - 1)]
    head = output.projection.weight @ x if output.projection is not None else x
    scores = torch.cat([full[0] @ head + output.biases[0], output.cluster(head)]).log_softmax(0)
    i = cluster(case, target)
    if i == 0:
        return scores[target]
    tail = x
    if len(projections):
        tail = projections[i if len(tables) > 1 else 0].weight.T @ x
    within = (full[i] @ tail + output.biases[i]).log_softmax(0)
    return scores[cutoffs[1] + i - 1] + within[target - cutoffs[i]]


@EACH
def test_every_token_is_embedded_by_its_own_table(case: Case) -> None:
    built, ids = model(case), edges(case)
    expected = torch.stack([torch.stack([embed(case, built, int(token)) for token in row]) for row in ids])
    torch.testing.assert_close(built.embedding(ids), expected)


@EACH
def test_the_loss_is_that_of_the_full_softmax(case: Case) -> None:
    built, targets = model(case), edges(case).flatten()
    x = torch.randn(len(targets), case[1][0], generator=torch.Generator().manual_seed(2))
    terms = [log_probability(case, built, x[i], int(target)) for i, target in enumerate(targets)]
    torch.testing.assert_close(built.output(x, targets, built.embedding), -torch.stack(terms).mean())


@EACH
def test_a_batch_within_one_cluster_reaches_every_parameter(case: Case) -> None:
    built = model(case)
    for token in CUTOFFS[case[0]][:-1]:
        built.zero_grad()
        ids = torch.full((1, 5), token + 3)
        loss = built(ids, ids).loss
        loss.backward()
        assert math.isfinite(loss.item())
        assert all(p.grad is not None and p.grad.isfinite().all() for p in built.parameters())


@EACH
def test_an_id_outside_the_vocabulary_is_refused(case: Case) -> None:
    with pytest.raises(IndexError):
        model(case).embedding(torch.tensor([[CUTOFFS[case[0]][-1]]]))


@pytest.mark.parametrize("space", BUILDERS)
def test_the_loss_starts_near_the_entropy_of_the_clusters(space: str) -> None:
    build, plan = BUILDERS[space]
    built = build(plan(64, 128, 2, (512,), (2,)), seed=0)
    cutoffs = CUTOFFS[space]
    drawn = torch.rand(2, 20, generator=torch.Generator().manual_seed(1))
    for i, (start, stop) in enumerate(pairwise(cutoffs)):
        ids = start + (drawn * (stop - start)).long()
        # the first softmax decides between the first cluster's ids and the other clusters
        expected = math.log(cutoffs[1] + len(cutoffs) - 2) + (math.log(stop - start) if i else 0)
        assert abs(built(ids, ids).loss.item() - expected) < 0.3
