"""Normalisations are told by what they do."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lpzero.metrics.norms import find_norms
from lpzero.operands.batch import Batch, random_batch
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.spaces import get_space


class RootMeanSquare(nn.Module):
    """Written by hand, with a gain that begins at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(8))

    def forward(self, x: Tensor) -> Tensor:
        """Of every vector."""
        return self.gain * x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt()


class Shifted(nn.LayerNorm):
    """A gain of one more than the weight."""

    def forward(self, x: Tensor) -> Tensor:
        """Of every vector."""
        return functional.layer_norm(x, (8,), self.weight + 1, self.bias)


class Gated(RootMeanSquare):
    """With a second argument, the first by name."""

    def forward(self, hidden: Tensor, gate: Tensor) -> Tensor:  # type: ignore[override]
        """Of every vector, gated before."""
        return super().forward(hidden * functional.silu(gate))


class Scaled(nn.Module):
    """A gain alone: no norm."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(8))

    def forward(self, x: Tensor) -> Tensor:
        """As many vectors."""
        return self.gain * x


class Positions(nn.Module):
    """Does not look at what it is given: no norm."""

    def forward(self, x: Tensor) -> Tensor:
        """The same for every input."""
        return torch.arange(x.numel(), dtype=x.dtype).reshape(x.shape)


class Model(nn.Module):
    """Every kind in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(11, 8)
        self.own, self.shifted, self.gated, self.torch = RootMeanSquare(), Shifted(8), Gated(), nn.RMSNorm(8)
        self.wrapped = nn.Sequential(nn.Dropout(0.5), RootMeanSquare(), nn.GELU())
        self.scaled, self.positions, self.tanh, self.softmax = Scaled(), Positions(), nn.Tanh(), nn.Softmax(-1)
        self.linear, self.batch, self.unused = nn.Linear(8, 8), nn.BatchNorm1d(8), nn.LayerNorm(8)

    def forward(self, input_ids: Tensor, labels: Tensor) -> SimpleNamespace:
        """No loss."""
        x = self.words(input_ids)
        for part in (self.own, self.shifted, self.torch, self.wrapped, self.scaled, self.tanh, self.softmax):
            x = part(x)
        x = self.gated(hidden=x, gate=x) + self.positions(x)
        return SimpleNamespace(loss=self.linear(self.batch(x.mT).mT).sum())


@pytest.fixture
def words() -> Batch:
    return random_batch(11, "causal", np.random.default_rng(0), batch=2, tokens=5)


def test_norms_of_every_make_are_found_and_nothing_else(words: Batch) -> None:
    model = Model()
    gain = model.own.gain.detach().clone()
    assert sorted(find_norms(model, words)) == ["batch", "gated", "own", "shifted", "torch", "wrapped.1"]
    assert torch.equal(model.own.gain, gain)


@pytest.mark.parametrize(("name", "protocol"), [("flexibert", "own"), ("gpt2", "own"), ("flexibert", "listed")])
def test_the_norms_of_a_built_in_model_are_those_of_torch(name: str, protocol: str) -> None:
    space, probe = get_space(name, protocol), Probe(batch=1, tokens=8)
    model, _ = untrained_model(space, space.sample(np.random.default_rng(0)), probe)
    wanted = [n for n, module in model.named_modules() if isinstance(module, (nn.LayerNorm, nn.RMSNorm))]
    assert sorted(find_norms(model, probe_batch(space, probe))) == sorted(wanted)
