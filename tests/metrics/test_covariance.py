"""Hidden covariance against NumPy on PyTorch's own modules, and what it does not depend on."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import InputError, LpzeroError
from lpzero.metrics import get_metric
from lpzero.metrics.covariance import hidden_covariance
from lpzero.metrics.precision import precisely
from lpzero.operands.batch import Batch, random_batch
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.reading.recurrent import read_recurrent
from lpzero.spaces.rnn.plan import GATES

WORDS, WIDTH, UNITS = 11, 4, 5
MODULES: dict[str, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "plain": nn.RNN}
EACH_MODULE = pytest.mark.parametrize("kind", MODULES)


class User(nn.Module):
    """A model as people write them."""

    def __init__(self, kind: str, layers: int = 1, *, batch_first: bool = True) -> None:
        super().__init__()
        self.batch_first = batch_first
        self.words = nn.Embedding(WORDS, WIDTH)
        self.cells = MODULES[kind](WIDTH, UNITS, num_layers=layers, batch_first=batch_first)
        self.out = nn.Linear(UNITS, WORDS)

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, tokens) to logits (batch, tokens, words)."""
        x = self.words(ids)
        states = self.cells(x if self.batch_first else x.transpose(0, 1))[0]
        out: Tensor = self.out(states if self.batch_first else states.transpose(0, 1))
        return out


def user(kind: str, layers: int = 1, *, batch_first: bool = True) -> User:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return User(kind, layers, batch_first=batch_first)


def batch_of(sequences: int = 3, tokens: int = 6, words: int = WORDS) -> Batch:
    return random_batch(words, "causal", np.random.default_rng(0), batch=sequences, tokens=tokens)


def scored(model: nn.Module, batch: Batch, **options: Any) -> float:
    read = read_recurrent(Answering(model, "causal"))
    assert read is not None
    return precisely(read[0], lambda: hidden_covariance(*read, batch, **options)).value


def directly(states: np.ndarray, axis: str = "units") -> float:
    """The score of the states behind each token, (batch, tokens, units), by the published steps."""
    before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
    stacked = before.transpose(2, 0, 1) if axis == "units" else before
    values = np.linalg.eigvals(np.corrcoef(stacked.reshape(len(stacked), -1))).real
    return float(-(np.log(values + 1e-5) + 1 / (values + 1e-5)).sum())


@EACH_MODULE
@pytest.mark.parametrize("axis", ["units", "batch"])
def test_it_is_the_published_score_of_pytorchs_modules(kind: str, axis: str) -> None:
    model, batch = user(kind), batch_of()
    with torch.no_grad():
        states = model.double().cells(model.words(batch.input_ids))[0].numpy()
    assert scored(model.float(), batch, axis=axis) == pytest.approx(directly(states, axis), rel=1e-6)


@EACH_MODULE
def test_the_first_layer_is_the_default_and_others_can_be_asked_for(kind: str) -> None:
    model, batch = user(kind, layers=2), batch_of()
    first = MODULES[kind](WIDTH, UNITS, batch_first=True).double()
    weights = {name: value.double() for name, value in model.cells.state_dict().items() if name.endswith("_l0")}
    first.load_state_dict(weights)
    with torch.no_grad():
        words = model.words.weight.double()[batch.input_ids]
        lower, upper = first(words)[0].numpy(), model.double().cells(words)[0].numpy()
    model.float()
    assert scored(model, batch) == pytest.approx(directly(lower), rel=1e-6)
    assert scored(model, batch, layer=2) == pytest.approx(directly(upper), rel=1e-6)
    assert scored(model, batch, layer=0) == pytest.approx(directly(words.numpy()), rel=1e-6)


def test_the_order_of_the_axes_is_the_modules_own() -> None:
    batch = batch_of()
    assert scored(user("lstm", batch_first=False), batch) == pytest.approx(scored(user("lstm"), batch), rel=1e-9)


def permuted(model: User, order: Tensor, gates: int) -> None:
    """Exchange the units of the only layer, in place."""
    rows = torch.cat([order + gate * UNITS for gate in range(gates)])
    with torch.no_grad():
        cells: Any = model.cells
        cells.weight_ih_l0.copy_(cells.weight_ih_l0[rows])
        cells.weight_hh_l0.copy_(cells.weight_hh_l0[rows][:, order])
        for bias in (cells.bias_ih_l0, cells.bias_hh_l0):
            bias.copy_(bias[rows])


@EACH_MODULE
@pytest.mark.parametrize("axis", ["units", "batch"])
def test_neither_the_order_of_units_nor_that_of_sequences_counts(kind: str, axis: str) -> None:
    model, batch = user(kind), batch_of(sequences=4)
    score = scored(model, batch, axis=axis)
    shuffled = torch.tensor([2, 0, 3, 1])
    again = Batch(batch.input_ids[shuffled], batch.labels[shuffled])
    assert scored(model, again, axis=axis) == pytest.approx(score, rel=1e-8)
    permuted(model, torch.tensor([3, 1, 4, 0, 2]), len(GATES[kind]))  # type: ignore[index]
    assert scored(model, batch, axis=axis) == pytest.approx(score, rel=1e-8)


@pytest.mark.parametrize("cell", GATES)
def test_on_the_space_it_is_the_score_of_the_states_that_the_model_returns(cell: str) -> None:
    whole = {"d_embed": 32, "cell": cell, "tied": True, "projection": True, "residual": True}
    architecture = Architecture.of("rnn", whole, [{"d_hidden": 32}, {"d_hidden": 48}])
    model, batch = get_space("rnn").build(architecture, 3), batch_of(4, 20, 257)
    assert not model.training
    site_map = model.site_map()  # type: ignore[operator]
    found = {layer: hidden_covariance(model, site_map, batch, layer=layer) for layer in (1, 2)}
    with torch.no_grad():
        hidden = model.double()(batch.input_ids, batch.labels, output_hidden_states=True).hidden_states
    for layer, score in found.items():
        assert score == pytest.approx(directly(hidden[layer].numpy()), rel=1e-6)


def test_a_unit_that_never_changes_is_correlated_with_no_other() -> None:
    model, batch = user("plain"), batch_of()
    cells: Any = model.cells
    with torch.no_grad():
        for weight in (cells.weight_ih_l0, cells.weight_hh_l0, cells.bias_ih_l0, cells.bias_hh_l0):
            weight[0] = 0
    with torch.no_grad():
        states = model.double().cells(model.words(batch.input_ids))[0].numpy()[..., 1:]
    alone = math.log(1 + 1e-5) + 1 / (1 + 1e-5)
    assert scored(model.float(), batch) == pytest.approx(directly(states) - alone, rel=1e-6)


def test_eigenvalues_of_zero_count() -> None:
    model, batch = user("gru"), batch_of(sequences=1, tokens=3)
    # three observations, the first of them zero, leave two eigenvalues for five units
    of_zero = math.log(1e-5) + 1e5
    score = scored(model, batch)
    assert score == pytest.approx(-3 * of_zero, rel=1e-4)
    assert score < -3 * of_zero


def test_a_transformer_shows_its_residual_stream() -> None:
    space = get_space("gpt2", "own")
    architecture = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}] * 2)
    model, batch = space.build(architecture, 0), batch_of(4, 32, 257)
    score = hidden_covariance(model, model.site_map(), batch)  # type: ignore[operator]
    with torch.no_grad():
        hidden = model.double()(batch.input_ids, batch.labels, output_hidden_states=True).hidden_states
    assert score == pytest.approx(directly(hidden[1].numpy()), rel=1e-5)


def test_options_are_told_in_the_name() -> None:
    model, batch = user("lstm", layers=2), batch_of()
    read = read_recurrent(Answering(model, "causal"))
    assert read is not None
    metric = get_metric("hidden_covariance[axis=batch,layer=2]")
    assert metric.score_pass(*read, batch) == scored(model, batch, axis="batch", layer=2)
    assert get_metric("hidden_covariance").score_pass(*read, batch) == scored(model, batch, axis="units", layer=1)


def test_what_cannot_be_computed_says_why() -> None:
    model = user("lstm", layers=2)
    with pytest.raises(InputError, match="hidden_covariance: layer is 3: expected 0 to 2, the layers of the model"):
        scored(model, batch_of(), layer=3)
    with pytest.raises(InputError, match="hidden_covariance: axis is 'time': expected one of units, batch"):
        scored(model, batch_of(), axis="time")
    with pytest.raises(LpzeroError, match=r"hidden_covariance\[axis=batch\]: expected two or more sequences in the ba"):
        scored(model, batch_of(sequences=1), axis="batch")


class Shows(nn.Module):
    """A model that returns whatever it was given as its hidden states."""

    def __init__(self, *hidden: Tensor) -> None:
        super().__init__()
        self.hidden = hidden

    def forward(self, input_ids: Tensor, labels: Tensor, **_asked: Any) -> SimpleNamespace:
        """No loss is needed."""
        del input_ids, labels
        return SimpleNamespace(hidden_states=self.hidden)


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        ((), "expected 2 of the model, found none"),
        ((torch.zeros(3, 6, 4),), "expected 2 of the model, found 1"),
        ((torch.zeros(3, 6, 4),) * 3, "expected 2 of the model, found 3"),
        # tokens first, and one row for all
        ((torch.zeros(3, 6, 4), torch.zeros(6, 3, 4)), r"\(3, 6, \.\.\.\), found \(6, 3, 4\)"),
        ((torch.zeros(3, 6, 4), torch.zeros(18, 4)), r"\(3, 6, \.\.\.\), found \(18, 4\)"),
    ],
)
def test_states_that_are_not_over_time_are_refused(hidden: tuple[Tensor, ...], message: str) -> None:
    with pytest.raises(LpzeroError, match=f"hidden_covariance looks at hidden states over time: .*{message}"):
        hidden_covariance(Shows(*hidden), SiteMap(1, (), (), ""), batch_of())
