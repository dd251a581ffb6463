"""Hand-written language models of many builds; every one takes (batch, tokens) ids and gives logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, WORDS = 12, 31
ATTENTION = 4 * (WIDTH * WIDTH + WIDTH)
"""Parameters of one attention."""


class Attention(nn.Module):
    """Two heads, with names that say nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        batch, tokens, _ = x.shape
        q, k, v = (f(x).view(batch, tokens, 2, -1).transpose(1, 2) for f in (self.a, self.b, self.c))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: Tensor = self.d(mixed.transpose(1, 2).reshape(x.shape))
        return out


class FeedForward(nn.Module):
    """Two layers, with names that say nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.p, self.f, self.r = nn.Linear(WIDTH, 20), nn.GELU(), nn.Linear(20, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        out: Tensor = self.r(self.f(self.p(x)))
        return out


class Block(nn.Module):
    """Pre-norm, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.u, self.w = Attention(), FeedForward()
        self.m, self.n = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        x = x + self.u(self.m(x))
        return x + self.w(self.n(x))


class Parallel(Block):
    """Both at once, added up before the stream is."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        y = self.m(x)
        return self.u(y) + self.w(y) + x


class InPlace(Block):
    """Sums that are written over one of their terms."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        y = self.u(self.m(x))
        y += x
        z = self.w(self.n(y))
        z += y
        return z


class PostNorm(Block):
    """Norms behind the sums."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        x = self.m(x + self.u(x))
        return self.n(x + self.w(x))


class Experts(nn.Module):
    """Four feed-forwards; each sees the tokens that a router gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.parts = nn.Linear(WIDTH, 4), nn.ModuleList(FeedForward() for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        rows = x.reshape(-1, WIDTH)
        weight, chosen = self.gate(rows).softmax(-1).max(-1)
        out = torch.zeros_like(rows)
        for number, part in enumerate(self.parts):
            (mine,) = torch.where(chosen == number)
            if len(mine):
                out = out.index_add(0, mine, part(rows[mine]) * weight[mine, None])
        return out.view_as(x)


class ExpertBlock(Block):
    """Experts in the place of the feed-forward."""

    def __init__(self) -> None:
        super().__init__()
        self.w = Experts()  # type: ignore[assignment]


class Normed(nn.Module):
    """A norm before something."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.norm, self.inner = nn.LayerNorm(WIDTH), inner

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        out: Tensor = self.inner(self.norm(x))
        return out


class Model(nn.Module):
    """An embedding, blocks, a way back to words."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.emb, self.head = nn.Embedding(WORDS, WIDTH), nn.Linear(WIDTH, WORDS)
        self.blocks = nn.ModuleList(blocks)

    def body(self, x: Tensor) -> Tensor:
        """The stream through all blocks."""
        for block in self.blocks:
            x = block(x)
        return x

    def forward(self, ids: Tensor) -> Tensor:
        """Logits."""
        out: Tensor = self.head(self.body(self.emb(ids)))
        return out


class TwoStacks(Model):
    """A list of three and a list of two, one behind the other."""

    def __init__(self) -> None:
        super().__init__(*(Block() for _ in range(3)))
        self.upper = nn.ModuleList(Block() for _ in range(2))

    def body(self, x: Tensor) -> Tensor:
        """The stream through both."""
        for block in (*self.blocks, *self.upper):
            x = block(x)
        return x


class Attributes(Model):
    """Blocks in attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Block(), Block()

    def body(self, x: Tensor) -> Tensor:
        """The stream through both."""
        out: Tensor = self.second(self.first(x))
        return out


class Pairs(Model):
    """Lists of an attention and a feed-forward in a list."""

    def __init__(self) -> None:
        pairs = [nn.ModuleList([Normed(Attention()), Normed(FeedForward())]) for _ in range(3)]
        super().__init__(*pairs)

    def body(self, x: Tensor) -> Tensor:
        """The stream through all of them."""
        for attention, feed_forward in self.blocks:  # type: ignore[misc]
            x = x + attention(x)
            x = x + feed_forward(x)
        return x


class Turns(Model):
    """A list of attentions and a list of feed-forwards that take turns."""

    def __init__(self) -> None:
        super().__init__(*(Attention() for _ in range(3)))
        self.rest = nn.ModuleList(FeedForward() for _ in range(3))

    def body(self, x: Tensor) -> Tensor:
        """The stream through all of them."""
        for attention, feed_forward in zip(self.blocks, self.rest, strict=True):
            x = x + attention(x)
            x = x + feed_forward(x)
        return x


class Applied(Model):
    """One block, five times."""

    def body(self, x: Tensor) -> Tensor:
        """The stream through it."""
        for _ in range(5):
            x = self.blocks[0](x)
        return x


class Steps(nn.Module):
    """A cell of torch, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.emb, self.cell, self.head = (
            nn.Embedding(WORDS, WIDTH),
            nn.GRUCell(WIDTH, WIDTH),
            nn.Linear(WIDTH, WORDS),
        )

    def forward(self, ids: Tensor) -> Tensor:
        """Logits."""
        states, state = [], torch.zeros(len(ids), WIDTH)
        for step in self.emb(ids).unbind(1):
            state = self.cell(step, state)
            states.append(state)
        out: Tensor = self.head(torch.stack(states, 1))
        return out


class TokensFirst(Model):
    """Layers of torch that take (tokens, batch, width)."""

    def __init__(self, *, batch_first: bool) -> None:
        layers = [nn.TransformerEncoderLayer(WIDTH, 2, 20, batch_first=batch_first) for _ in range(2)]
        for layer in layers:
            layer.activation = nn.GELU()
        super().__init__(*layers)
        self.turned = not batch_first

    def body(self, x: Tensor) -> Tensor:
        """The stream through all of them."""
        x = x.transpose(0, 1) if self.turned else x
        for block in self.blocks:
            x = block(x)
        return x.transpose(0, 1) if self.turned else x


def seeded(make: Any) -> nn.Module:
    """A model with weights of its own seed, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model: nn.Module = make()
        return model.eval()
