"""Models so small that a metric can be worked out by other means."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from lpzero.operands.batch import Batch, random_batch
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap

WORDS, WIDTH, INNER = 7, 3, 5
VOCABULARY, STREAM = 13, 8


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


class Attending(nn.Module):
    """Attention and a feed-forward, with the residual stream."""

    def __init__(self, fused: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(STREAM, STREAM) for _ in range(3))
        self.up, self.act, self.down = nn.Linear(STREAM, 12), nn.GELU(), nn.Linear(12, STREAM)
        self.norm, self.fused = nn.LayerNorm(STREAM), fused

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        q, k, v = self.query(x), self.key(x), self.value(x)
        if self.fused:
            x = x + functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mask = torch.full((x.shape[1], x.shape[1]), -torch.inf).triu(1)
            x = x + (q @ k.mT / STREAM**0.5 + mask).softmax(-1) @ v
        return x + self.down(self.act(self.up(self.norm(x))))


class Experts(Attending):
    """Each token goes to one of three experts, which have one non-linearity."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(STREAM, 3)
        self.experts = nn.ParameterList(nn.Parameter(torch.randn(STREAM, 12) / 3) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        rows = self.query(x).reshape(-1, STREAM)
        chosen = self.router(rows).argmax(-1)
        out = torch.zeros(len(rows), STREAM)
        for index, up in enumerate(self.experts):
            here = (chosen == index).nonzero().squeeze(1)
            if len(here):
                out = out.index_add(0, here, self.down(self.act(rows[here] @ up)))
        return x + out.reshape(x.shape)


class Chunked(Attending):
    """The feed-forward sees four tokens at a time, and writes its scale in place."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        x = x + self.query(x).cumsum(1)
        parts = [self.down(self.act(self.up(part)).mul_(2)) for part in x.split(4, dim=1)]
        return x + torch.cat(parts, dim=1)


class Flattened(Attending):
    """The feed-forward sees tokens first, then sequences."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        x = x + self.query(x).cumsum(1)
        return x + self.down(self.act(self.up(x.transpose(0, 1).contiguous()))).transpose(0, 1)


class Model(nn.Module):
    """Blocks between an embedding and an output."""

    def __init__(self, blocks: list[nn.Module], *, tied: bool = False, sparse: bool = False) -> None:
        super().__init__()
        self.words, self.blocks = nn.Embedding(VOCABULARY, STREAM, sparse=sparse), nn.ModuleList(blocks)
        self.out = nn.Linear(STREAM, VOCABULARY, bias=False)
        if tied:
            self.out.weight = self.words.weight

    def written_out(self) -> Model:
        """A copy without checkpoints, fused kernels, sparse gradients and frozen weights, in double precision."""
        plain = copy.deepcopy(self)
        plain.__class__ = Model
        plain.words.sparse = False
        for block in plain.blocks:
            block.fused = False
        return plain.double().eval().requires_grad_(True)

    def applied(self, block: nn.Module, x: Tensor) -> Tensor:
        """What a block makes of the stream."""
        return block(x)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits."""
        x = self.words(ids)
        for block in self.blocks:
            x = self.applied(block, x)
        return self.out(x)


class Recomputed(Model):
    """Blocks behind checkpoints."""

    reentrant = True

    def applied(self, block: nn.Module, x: Tensor) -> Tensor:
        """Within a checkpoint."""
        return checkpoint(block, x, use_reentrant=self.reentrant)


class RecomputedOtherwise(Recomputed):
    """Blocks behind checkpoints of the other kind."""

    reentrant = False


def shared() -> Model:
    return Model([Attending()] * 3)


def frozen() -> Model:
    model = Model([Attending(), Attending()], tied=True)
    for parameter in model.blocks[0].parameters():
        parameter.requires_grad_(False)
    return model


MODELS: dict[str, Callable[[], Model]] = {
    "plain": lambda: Model([Attending(), Attending()]),
    "fused attention": lambda: Model([Attending(fused=True), Attending(fused=True)]),
    "reentrant checkpoint": lambda: Recomputed([Attending(), Attending()]),
    "checkpoint": lambda: RecomputedOtherwise([Attending(), Attending()]),
    "one block three times": shared,
    "tied and frozen": frozen,
    "sparse gradients": lambda: Model([Attending(), Attending()], sparse=True),
    "experts": lambda: Model([Experts(), Experts()]),
    "chunks": lambda: Model([Chunked(), Chunked()]),
    "tokens first": lambda: Model([Flattened(), Flattened()]),
}


def sites(model: Model) -> SiteMap:
    """Matrices of the blocks, and the non-linearity of each."""
    blocks = {id(block): (i, block) for i, block in reversed(list(enumerate(model.blocks)))}.values()
    parameters = [ParameterSite(0, "words", "embedding", "model.words.weight")]
    for i, block in sorted(blocks, key=lambda pair: pair[0]):
        for name, parameter in block.named_parameters():
            if parameter.ndim == 2:
                group = "operation" if name.startswith(("query", "key", "value")) else "feed_forward"
                parameters.append(ParameterSite(i + 1, name, group, f"model.blocks.{i}.{name}"))
    outputs = tuple(
        OutputSite("activation", i + 1, "act", f"model.blocks.{i}.act")
        for i, _ in sorted(blocks, key=lambda pair: pair[0])
    )
    return SiteMap(len(model.blocks), tuple(parameters), outputs, "model.words")


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


@pytest.fixture
def written() -> Callable[[str], tuple[Model, SiteMap]]:
    """Makes a model that people write, by its kind, and its sites behind the calling convention of lpzero."""

    def make(kind: str) -> tuple[Model, SiteMap]:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            model = MODELS[kind]()
        return model, sites(model)

    return make


@pytest.fixture
def words() -> Batch:
    """Two sequences of six tokens, for models that people write."""
    return random_batch(VOCABULARY, "causal", np.random.default_rng(0), batch=2, tokens=6)
