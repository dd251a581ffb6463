"""The recurrent model: the whole of it against PyTorch's modules, its weights, sites and operands."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.operands.operand import OPERANDS
from lpzero.spaces.rnn.model import RnnModel, build
from lpzero.spaces.rnn.plan import GATES, CellKind, RnnPlan, plan_layers

MODULES: dict[CellKind, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "plain": nn.RNN}
WIDTHS = (6, 4, 5)
IDS = torch.randint(257, (2, 9), generator=torch.Generator().manual_seed(0))
EACH_CELL = pytest.mark.parametrize("cell", GATES)
EACH_SHAPE = pytest.mark.parametrize(("tied", "projection", "residual"), list(product((False, True), repeat=3)))


def planned(cell: CellKind, *, tied: bool = True, projection: bool = True, residual: bool = True) -> RnnPlan:
    layers = plan_layers(6, WIDTHS, projection=projection, residual=residual)
    return RnnPlan(cell, vocabulary=257, embedding_width=6, layers=layers, tied=tied)


def stirred(plan: RnnPlan) -> RnnModel:
    """Every parameter is moved, biases too, so that each one matters."""
    model = build(plan, seed=0).double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 4)
    return model


def by_modules(model: RnnModel, ids: Tensor) -> tuple[list[Tensor], Tensor]:
    """The hidden states and the logits by PyTorch's own modules."""
    weights, plan = model.state_dict(), model.plan
    x = weights["embedding.weight"][ids]
    hidden = [x]
    for i, layer in enumerate(plan.layers):
        block = f"blocks.{i}."
        module = MODULES[plan.cell](layer.inputs, layer.width, batch_first=True).double()
        names = [
            f"{part}.{what}" for what in ("weight", "bias") for part in ("feed_forward.input", "operation.recurrent")
        ]
        with torch.no_grad():
            for parameter, name in zip(module.parameters(), names, strict=True):
                parameter.copy_(weights[block + name])
        states = module(x)[0].detach()
        hidden.append(states)
        out = states @ weights[block + "feed_forward.projection.weight"].T if layer.projected else states
        x = x + out if layer.residual else out
    if plan.tied:
        if "output_projection.weight" in weights:
            x = x @ weights["output_projection.weight"].T
        return hidden, x @ weights["embedding.weight"].T
    return hidden, x @ weights["output.weight"].T


@EACH_CELL
@EACH_SHAPE
def test_the_model_is_the_one_of_pytorchs_modules(cell: CellKind, tied: bool, projection: bool, residual: bool) -> None:
    model = stirred(planned(cell, tied=tied, projection=projection, residual=residual))
    hidden, logits = by_modules(model, IDS)
    expected = cross_entropy(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten())
    for training in (False, True):
        output = model.train(training)(IDS, IDS, output_hidden_states=True, output_attentions=True)
        assert output.attentions is None
        for one, other in zip(output.hidden_states, hidden, strict=True):
            torch.testing.assert_close(one, other)
        torch.testing.assert_close(model.logits(IDS), logits)
        torch.testing.assert_close(output.loss, expected)


def test_labels_that_are_left_out_do_not_count() -> None:
    model = stirred(planned("gru"))
    labels = IDS.clone()
    labels[:, 1::2] = -100
    targets = labels[:, 1:]
    logits = model.logits(IDS)[:, :-1]
    expected = cross_entropy(logits[targets != -100], targets[targets != -100])
    torch.testing.assert_close(model(IDS, labels).loss, expected)
    with pytest.raises(InputError, match="labels: expected one that is not -100 behind the first, found none"):
        model(IDS, torch.full_like(IDS, -100))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("projection", [False, True])
def test_weights_are_uniform_within_their_bounds_and_biases_are_zero(tied: bool, projection: bool) -> None:
    plan = RnnPlan("gru", 257, 64, plan_layers(64, (96, 160), projection=projection, residual=False), tied)
    # what reads states of a GRU is twice as large: projections, else the second layer and what lies behind it
    if projection:
        doubled = {f"blocks.{i}.feed_forward.projection.weight" for i in range(2)}
    else:
        doubled = {"blocks.1.feed_forward.input.weight", "output_projection.weight" if tied else "output.weight"}
    model = build(plan, seed=0)
    assert doubled <= set(dict(model.named_parameters()))
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            assert (parameter == 0).all(), name
            continue
        inputs = parameter.shape[1]
        if name == "embedding.weight":
            bound = 0.5 if tied else 1.0
        else:
            # a variance of 1 / inputs takes sqrt(3 / inputs)
            bound = math.sqrt(3 / inputs) if "feed_forward" in name else math.sqrt(1 / inputs)
        scaled = parameter.detach().flatten() / bound / (2 if name in doubled else 1)
        assert 0.99 < scaled.abs().max() <= 1, name
        assert scaled.mean().abs() < 4 / math.sqrt(3 * scaled.numel()), name
        assert scaled.std().item() == pytest.approx(3**-0.5, rel=0.02), name


@EACH_CELL
@pytest.mark.parametrize("projection", [False, True])
def test_signals_of_an_untrained_model_keep_their_size(cell: CellKind, projection: bool) -> None:
    layers = plan_layers(96, (96, 64, 128, 96), projection=projection, residual=False)
    model = build(RnnPlan(cell, 257, 96, layers, tied=False), seed=0)
    ids = torch.randint(257, (8, 32), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        _, *hidden = model(ids, ids, output_hidden_states=True).hidden_states
    sizes = [float(states.square().mean().sqrt()) for states in hidden]
    assert 0.8 < sizes[-1] / sizes[0] < 2.5


@EACH_CELL
def test_no_token_sees_a_later_one_and_every_token_those_before_it(cell: CellKind) -> None:
    model = stirred(planned(cell))

    def scores(ids: Tensor) -> Tensor:
        return model.logits(ids).detach()

    changed = IDS.clone()
    changed[:, 5:] = 7
    torch.testing.assert_close(scores(IDS)[:, :5], scores(changed)[:, :5])
    changed = IDS.clone()
    changed[:, 0] = 7
    assert ((scores(IDS) - scores(changed)).abs().amax(-1) > 1e-9).all()


def test_the_sites() -> None:
    sites = build(planned("lstm", tied=False), seed=0).site_map()

    def roles(layer: int) -> list[tuple[str, str]]:
        return [(site.group, site.role) for site in sites.parameters if site.layer == layer]

    block = [("operation", "recurrent"), ("feed_forward", "input"), ("feed_forward", "projection")]
    assert [roles(layer) for layer in range(5)] == [
        [("embedding", "word")],
        *[block] * 3,
        [("output", "word")],
    ]
    assert {site.family for site in sites.outputs} == {"activation"}
    assert [(s.layer, s.role) for s in sites.outputs] == [(i, gate) for i in (1, 2, 3) for gate in GATES["lstm"]]
    behind = build(planned("lstm", projection=False), seed=0).site_map()
    assert [(s.layer, s.role) for s in behind.parameters if s.group == "output"] == [(4, "projection")]


@EACH_CELL
def test_the_operands_are_there_and_what_is_not_says_why(cell: CellKind) -> None:
    model = build(planned(cell), seed=0)
    batch = random_batch(257, "causal", np.random.default_rng(0), batch=2, tokens=7)
    operands = extract(model, model.site_map(), batch)
    assert operands.absent == {"attention", "head"}
    for name in ("attention", "head"):
        with pytest.raises(LpzeroError, match=f"the model shows no {name}: its layers are recurrent and attend to not"):
            operands.select(OPERANDS[name])
    with pytest.raises(LpzeroError, match="the model shows no heads: its layers are recurrent"):
        operands.count("heads")
    assert all(tensor.isfinite().all() for tensors in operands.tensors.values() for tensor in tensors)
    assert all(tensor.abs().sum() > 0 for tensor in operands.tensors["grad"])
    assert [tensor.shape for tensor in operands.tensors["hidden"]] == [(2, 7, width) for width in (6, *WIDTHS)]
    shapes = [(2, 7, width) for width in WIDTHS for _ in GATES[cell]]
    assert [tensor.shape for tensor in operands.tensors["activation"]] == shapes
    if cell == "plain":
        for gate, states in zip(operands.tensors["activation"], operands.tensors["hidden"][1:], strict=True):
            torch.testing.assert_close(gate, states)


def test_too_many_tokens_are_refused() -> None:
    ids = torch.zeros((1, 65), dtype=torch.int64)
    with pytest.raises(InputError, match="input_ids: expected at most 64 tokens, found 65"):
        build(planned("plain"), seed=0)(ids, ids)
