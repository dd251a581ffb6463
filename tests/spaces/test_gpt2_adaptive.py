"""The adaptive embedding and softmax, against an embedding and a softmax written out in full."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from lpzero.spaces.gpt2_model import Gpt2Model, build
from lpzero.spaces.gpt2_plan import CUTOFFS, Plan

SHAPES = [(16, 16, 1), (16, 24, 1), (16, 16, 2), (24, 16, 4)]
EACH = pytest.mark.parametrize("shape", SHAPES)
EDGES = torch.tensor([[0, 19996, 19997, 39996, 39997, 50263], [50263, 5, 20000, 0, 40000, 19996]])


def model(shape: tuple[int, int, int]) -> Gpt2Model:
    width, embedding_width, shrink = shape
    built = build(Plan(width, embedding_width, shrink, (8,), (2,)), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.output.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return built


def cluster(target: int) -> int:
    return sum(target >= cutoff for cutoff in CUTOFFS[1:-1])


def embed(built: Gpt2Model, token: int) -> Tensor:
    tables, projections = built.embedding.tables, built.embedding.projections
    i = cluster(token) if len(tables) > 1 else 0
    row = tables[i].weight[token - (CUTOFFS[i] if len(tables) > 1 else 0)]
    return (projections[i].weight @ row if len(projections) else row) * math.sqrt(built.embedding.width)


def log_probability(built: Gpt2Model, x: Tensor, target: int) -> Tensor:
    """Of one target, by whole tables: the first cluster's softmax, then that of the target's own."""
    tables, projections, output = built.embedding.tables, built.embedding.projections, built.output
    full = (
        [t.weight for t in tables]
        if len(tables) > 1
        else list(tables[0].weight.split([CUTOFFS[i + 1] - CUTOFFS[i] for i in range(3)]))
    )
    head = output.projection.weight @ x if output.projection is not None else x
    scores = torch.cat([full[0] @ head + output.biases[0], output.cluster(head)]).log_softmax(0)
    i = cluster(target)
    if i == 0:
        return scores[target]
    tail = x
    if len(projections):
        tail = projections[i if len(tables) > 1 else 0].weight.T @ x
    within = (full[i] @ tail + output.biases[i]).log_softmax(0)
    return scores[CUTOFFS[1] + i - 1] + within[target - CUTOFFS[i]]


@EACH
def test_every_token_is_embedded_by_its_own_table(shape: tuple[int, int, int]) -> None:
    built = model(shape)
    expected = torch.stack([torch.stack([embed(built, int(token)) for token in row]) for row in EDGES])
    torch.testing.assert_close(built.embedding(EDGES), expected)


@EACH
def test_the_loss_is_that_of_the_full_softmax(shape: tuple[int, int, int]) -> None:
    built = model(shape)
    targets = EDGES.flatten()
    x = torch.randn(len(targets), shape[0], generator=torch.Generator().manual_seed(2))
    terms = [log_probability(built, x[i], int(target)) for i, target in enumerate(targets)]
    torch.testing.assert_close(built.output(x, targets, built.embedding), -torch.stack(terms).mean())


@EACH
@pytest.mark.parametrize("token", [3, 25000, 50000])
def test_a_batch_within_one_cluster_reaches_every_parameter(shape: tuple[int, int, int], token: int) -> None:
    built = model(shape)
    ids = torch.full((1, 5), token)
    loss = built(ids, ids).loss
    loss.backward()
    assert math.isfinite(loss.item())
    assert all(p.grad is not None and p.grad.isfinite().all() for p in built.parameters())


def test_an_id_outside_the_vocabulary_is_refused() -> None:
    for shape in SHAPES:
        with pytest.raises(IndexError):
            model(shape).embedding(torch.tensor([[50264]]))


def test_the_loss_starts_near_the_entropy_of_the_clusters() -> None:
    built = build(Plan(64, 128, 2, (512,), (2,)), seed=0)
    first = torch.randint(19997, (2, 20), generator=torch.Generator().manual_seed(1))
    second = first + 19997
    assert abs(built(first, first).loss.item() - math.log(19999)) < 0.3
    assert abs(built(second, second).loss.item() - math.log(19999) - math.log(20000)) < 0.3
