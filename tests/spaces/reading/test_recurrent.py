"""Recurrent models that are not ours: their sites, and their states against PyTorch's own of each layer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch, random_batch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.operand import OPERANDS
from lpzero.operands.shape import parameter_counts
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.reading.recurrent import read_recurrent, recurrent_modules, recurrent_sites

WORDS, WIDTH, UNITS, TOKENS = 13, 4, 5, 7
EACH = pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])


class Stack(nn.Module):
    """An embedding, whatever is given, and a head."""

    def __init__(self, *modules: nn.RNNBase, width: int = UNITS, between: nn.Module | None = None) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.first = modules[0]
        self.between = between
        self.rest = nn.ModuleList(modules[1:])
        self.head = nn.Linear(width, WORDS)

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, tokens) to logits."""
        x = self._run(self.first, self.words(ids))
        if self.between is not None:
            x = self.between(x)
        for module in self.rest:
            x = self._run(module, x)
        logits: Tensor = self.head(x)
        return logits

    @staticmethod
    def _run(module: Any, x: Tensor) -> Tensor:
        if module.batch_first:
            out: Tensor = module(x)[0]
            return out
        swapped: Tensor = module(input=x.transpose(0, 1))[0]
        return swapped.transpose(0, 1)


@pytest.fixture(autouse=True)
def _seeded() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def batch() -> Batch:
    return random_batch(WORDS, "causal", np.random.default_rng(0), batch=2, tokens=TOKENS)


def operands_of(model: nn.Module) -> Operands:
    read = read_recurrent(Answering(model, "causal"))
    assert read is not None
    return extract(*read, batch())


def single(module: nn.RNNBase, layer: int, inputs: int) -> nn.RNNBase:
    """A module of PyTorch that is one layer of another, the batch first."""
    options = {"proj_size": module.proj_size} if isinstance(module, nn.LSTM) else {}
    if isinstance(module, nn.RNN):
        options["nonlinearity"] = module.nonlinearity  # type: ignore[assignment]
    alone = type(module)(
        inputs, module.hidden_size, bias=module.bias, batch_first=True, bidirectional=module.bidirectional, **options
    )
    ending = f"_l{layer}"
    weights = {name.replace(ending, "_l0"): value for name, value in module.state_dict().items() if ending in name}
    alone.load_state_dict(weights)
    return alone


@EACH
@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 1},
        {"num_layers": 3, "dropout": 0.5, "batch_first": True},
        {"num_layers": 2, "bidirectional": True},
        {"num_layers": 2, "bias": False, "batch_first": True},
    ],
    ids=str,
)
def test_the_states_of_each_layer_are_those_of_pytorch(kind: type[nn.RNNBase], options: dict[str, Any]) -> None:
    module = kind(WIDTH, UNITS, **options)
    wide = UNITS * (2 if module.bidirectional else 1)
    model = Stack(module, width=wide).train()
    hidden = operands_of(model).select(OPERANDS["hidden"])[1]
    assert len(hidden) == module.num_layers + 1
    x = model.words(batch().input_ids).detach()
    torch.testing.assert_close(hidden[0], x)
    for layer, states in enumerate(hidden[1:]):
        x = single(module, layer, x.shape[-1])(x)[0].detach()
        torch.testing.assert_close(states, x)


@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")
def test_a_projected_lstm_and_a_plain_module_with_relu_are_layered_as_well() -> None:
    for module, wide in (
        (nn.LSTM(WIDTH, UNITS, num_layers=2, proj_size=3), 3),
        (nn.RNN(WIDTH, UNITS, num_layers=2, nonlinearity="relu"), UNITS),
    ):
        model = Stack(module, width=wide)
        x, hidden = model.words(batch().input_ids).detach(), operands_of(model).tensors["hidden"]
        for layer in range(2):
            x = single(module, layer, x.shape[-1])(x)[0].detach()
            torch.testing.assert_close(hidden[layer + 1], x)


class Started(nn.Module):
    """Layers that start from states of their own, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.cells = nn.LSTM(WIDTH, UNITS, num_layers=2, batch_first=True)
        self.start = nn.Parameter(torch.randn(2, 2, 1, UNITS))
        self.head = nn.Linear(UNITS, WORDS)

    def forward(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) to logits."""
        start = self.start.expand(-1, -1, len(input_ids), -1).contiguous()
        out: Tensor = self.head(self.cells(self.words(input_ids), hx=(start[0], start[1]))[0])
        return out


def test_states_that_a_module_is_given_to_start_from_count() -> None:
    model = Started()
    hidden = operands_of(model).tensors["hidden"]
    x = model.words(batch().input_ids)
    for layer in range(2):
        start = tuple(part[layer : layer + 1].expand(-1, 2, -1).contiguous() for part in model.start)
        x = single(model.cells, layer, x.shape[-1])(x, start)[0].detach()
        torch.testing.assert_close(hidden[layer + 1], x)


class Looped(nn.Module):
    """A cell that is called for each token."""

    def __init__(self, kind: type[nn.RNNCellBase]) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.cell = kind(WIDTH, UNITS)  # type: ignore[call-arg]
        self.head = nn.Linear(UNITS, WORDS)

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, tokens) to logits."""
        state: Any = None
        states = []
        for x in self.words(ids).unbind(1):
            state = self.cell(x, state)
            states.append(state[0] if isinstance(state, tuple) else state)
        logits: Tensor = self.head(torch.stack(states, 1))
        return logits


@pytest.mark.parametrize(("cell", "kind"), [(nn.LSTMCell, nn.LSTM), (nn.GRUCell, nn.GRU), (nn.RNNCell, nn.RNN)])
def test_the_calls_of_a_cell_are_joined_over_time(cell: type[nn.RNNCellBase], kind: type[nn.RNNBase]) -> None:
    model = Looped(cell)
    module = kind(WIDTH, UNITS, batch_first=True)
    module.load_state_dict({f"{name}_l0": value for name, value in model.cell.state_dict().items()})
    hidden = operands_of(model).tensors["hidden"]
    x = model.words(batch().input_ids).detach()
    torch.testing.assert_close(hidden[0], x)
    torch.testing.assert_close(hidden[1], module(x)[0].detach())


def test_the_sites_of_several_modules_follow_each_other() -> None:
    model = Stack(nn.LSTM(WIDTH, UNITS, 2), nn.LSTM(UNITS, UNITS), between=nn.Linear(UNITS, UNITS))
    sites = recurrent_sites(model)
    assert sites.depth == 3
    assert [(site.layer, site.group, site.parameter) for site in sites.parameters] == [
        (0, "embedding", "words.weight"),
        (1, "feed_forward", "first.weight_ih_l0"),
        (1, "operation", "first.weight_hh_l0"),
        (2, "feed_forward", "first.weight_ih_l1"),
        (2, "operation", "first.weight_hh_l1"),
        (2, "feed_forward", "between.weight"),
        (3, "feed_forward", "rest.0.weight_ih_l0"),
        (3, "operation", "rest.0.weight_hh_l0"),
        (4, "output", "head.weight"),
    ]
    counts = parameter_counts(model, sites)
    assert counts["operation"] == 3 * 4 * UNITS * (UNITS + 1)
    assert counts["feed_forward"] == 4 * UNITS * (WIDTH + 1) + 2 * 4 * UNITS * (UNITS + 1) + UNITS * (UNITS + 1)
    assert counts["total"] == sum(parameter.numel() for parameter in model.parameters())
    parts = ("embedding", "operation", "feed_forward", "output")
    assert counts["total"] == sum(counts[part] for part in parts)


def test_gradients_are_those_of_the_loss() -> None:
    model = Stack(nn.GRU(WIDTH, UNITS, batch_first=True))
    operands, shown = operands_of(model), batch()
    logits = model(shown.input_ids)[:, :-1]
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), shown.labels[:, 1:].flatten())
    by = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    for found, expected in zip(operands.tensors["grad"], torch.autograd.grad(loss, by), strict=True):
        torch.testing.assert_close(found, expected)
    assert operands.loss == pytest.approx(loss.item())


def test_what_a_recurrent_model_lacks_says_why() -> None:
    operands = operands_of(Stack(nn.LSTM(WIDTH, UNITS)))
    with pytest.raises(
        LpzeroError, match="the model shows no attention: its layers are recurrent and attend to nothin"
    ):
        operands.select(OPERANDS["attention"])
    with pytest.raises(
        LpzeroError, match="the model shows no activation: the gates of torch's recurrent modules are h"
    ):
        operands.select(OPERANDS["activation"])


class TimeFirst(nn.Module):
    """A module that takes the batch for time, since it was not told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.cells = nn.Embedding(WORDS, WIDTH), nn.GRU(WIDTH, UNITS)
        self.head = nn.Linear(UNITS, WORDS)

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, tokens) to logits."""
        logits: Tensor = self.head(self.cells(self.words(ids))[0])
        return logits


class Twice(Stack):
    """One module for two layers."""

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, tokens) to logits."""
        x = self._run(self.first, self.words(ids))
        logits: Tensor = self.head(self._run(self.first, x))
        return logits


@pytest.mark.parametrize("make", [TimeFirst, lambda: Twice(nn.GRU(WIDTH, WIDTH), width=WIDTH)])
def test_states_with_other_axes_or_of_several_calls_are_not_shown(make: Any) -> None:
    operands = operands_of(make())
    assert "hidden" in operands.absent
    with pytest.raises(LpzeroError, match="the model shows no hidden: expected it in `hidden_states`"):
        operands.select(OPERANDS["hidden"])


def test_the_model_is_left_as_it_was() -> None:
    model = Stack(nn.LSTM(WIDTH, UNITS, 2)).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    operands_of(model)
    assert model.training
    assert model.first.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_other_models_are_left_to_others() -> None:
    assert (
        read_recurrent(Answering(nn.Sequential(nn.Embedding(WORDS, WIDTH), nn.Linear(WIDTH, WORDS)), "causal")) is None
    )

    class Block(nn.Module):
        """Attention beside a recurrent module."""

        def __init__(self) -> None:
            super().__init__()
            self.q_proj, self.cells = nn.Linear(WIDTH, WIDTH), nn.GRU(WIDTH, WIDTH)

    class Hybrid(nn.Module):
        """Blocks of both."""

        def __init__(self) -> None:
            super().__init__()
            self.words, self.blocks = nn.Embedding(WORDS, WIDTH), nn.ModuleList(Block() for _ in range(2))

        def forward(self, ids: Tensor) -> Tensor:
            """(batch, tokens) to (batch, tokens, width)."""
            words: Tensor = self.words(ids)
            return words

    assert recurrent_modules(Hybrid()).keys() == {"blocks.0.cells", "blocks.1.cells"}
    assert read_recurrent(Answering(Hybrid(), "causal")) is None


def test_a_model_without_an_embedding_is_told() -> None:
    with pytest.raises(LpzeroError, match=r"found no torch\.nn\.Embedding in GRU: give the model a site_map method"):
        recurrent_sites(nn.GRU(WIDTH, UNITS))


@EACH
def test_coded_metrics_are_those_of_a_direct_computation(kind: type[nn.RNNBase]) -> None:
    model = Stack(kind(WIDTH, UNITS, num_layers=2, batch_first=True))
    shown = batch()
    read = read_recurrent(Answering(model, "causal"))
    assert read is not None
    found = {
        name: get_metric(name).score_pass(*read, shown) for name in ("grasp", "jacobian_cosine", "synaptic_diversity")
    }

    precise = deepcopy(model).double()
    words = precise.words(shown.input_ids)
    logits = precise.head(precise.first(words)[0])[:, :-1]
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), shown.labels[:, 1:].flatten())
    weights = {name: parameter for name, parameter in precise.named_parameters() if parameter.ndim >= 2}
    grads = torch.autograd.grad(loss, tuple(weights.values()), create_graph=True)
    aligned = torch.stack([(grad.detach() * grad).sum() for grad in grads]).sum()
    products = torch.autograd.grad(aligned, tuple(weights.values()), retain_graph=True)
    expected = -sum((w * p).sum().item() for w, p in zip(weights.values(), products, strict=True))
    assert found["grasp"] == pytest.approx(expected, rel=1e-6)

    jacobian = torch.autograd.grad(loss, words, retain_graph=True)[0].flatten(0, 1).numpy()
    columns = jacobian / np.linalg.norm(jacobian, axis=0)
    between = np.abs(columns.T @ columns - np.eye(WIDTH)) * (1 - np.eye(WIDTH))
    expected = 1 - float((between ** (1 / 20)).sum()) / (2 * (WIDTH**2 - WIDTH))
    assert found["jacobian_cosine"] == pytest.approx(expected, rel=1e-6)

    recurrent = [(w, g) for (name, w), g in zip(weights.items(), grads, strict=True) if "weight_hh" in name]
    norms = [(torch.linalg.svdvals(w).sum() * torch.linalg.svdvals(g).sum()).item() for w, g in recurrent]
    assert len(norms) == 2
    assert found["synaptic_diversity"] == pytest.approx(sum(norms), rel=1e-6)
