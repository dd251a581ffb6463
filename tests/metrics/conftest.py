"""Models so small that a metric can be worked out by other means."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap

WORDS, WIDTH, INNER = 7, 3, 5


class Block(nn.Module):
    """A linear mixing, a norm and a feed-forward."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.mix = nn.Linear(WIDTH, WIDTH, bias=False)
        self.norm = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, INNER, bias=False)
        self.act = activation
        self.down = nn.Linear(INNER, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) to the same shape."""
        out: Tensor = self.down(self.act(self.up(self.norm(self.mix(x)))))
        return out


class Tiny(nn.Module):
    """Blocks between an embedding and a linear output, without residual connections."""

    def __init__(self, blocks: int, activation: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        self.blocks = nn.ModuleList(Block(activation()) for _ in range(blocks))
        self.output = nn.Linear(WIDTH, WORDS, bias=False)

    def forward(self, input_ids: Tensor, labels: Tensor, **_wanted: Any) -> SimpleNamespace:
        """The loss is the mean cross entropy of every position."""
        states = [self.embedding(input_ids)]
        for block in self.blocks:
            states.append(block(states[-1]))
        logits = self.output(states[-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return SimpleNamespace(loss=loss, hidden_states=tuple(states), attentions=(None,) * len(self.blocks))

    def site_map(self) -> SiteMap:
        """One operation and one feed-forward a block."""
        parameters = [ParameterSite(0, "word", "embedding", "embedding.weight")]
        outputs = []
        for i in range(len(self.blocks)):
            parameters += [
                ParameterSite(i + 1, "mix", "operation", f"blocks.{i}.mix.weight"),
                ParameterSite(i + 1, "up", "feed_forward", f"blocks.{i}.up.weight"),
                ParameterSite(i + 1, "down", "feed_forward", f"blocks.{i}.down.weight"),
            ]
            outputs.append(OutputSite("activation", i + 1, "act", f"blocks.{i}.act"))
        parameters.append(ParameterSite(len(self.blocks) + 1, "output", "output", "output.weight"))
        return SiteMap(len(self.blocks), tuple(parameters), tuple(outputs), "embedding")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def tiny() -> Callable[..., Tiny]:
    """Makes tiny models: ``tiny(blocks=2, activation=nn.Tanh, seed=0)``, in double precision."""

    def make(blocks: int = 2, activation: Callable[[], nn.Module] = nn.Tanh, seed: int = 0) -> Tiny:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return Tiny(blocks, activation).double().eval()

    return make


@pytest.fixture
def batch() -> Batch:
    """Two sequences of four tokens, every position labelled."""
    generator = torch.Generator().manual_seed(0)
    ids, labels = (torch.randint(WORDS, (2, 4), generator=generator) for _ in range(2))
    return Batch(ids, labels)
