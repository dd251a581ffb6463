"""Language models as people write them, of parts that can be swapped; each notes on a tape what it computes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

WIDTH, INNER, HEADS, WORDS, LAYERS, EXPERTS = 16, 24, 2, 31, 3, 3


class Tape:
    """What a pass computed, written down by the model itself, at the place where it is."""

    def __init__(self) -> None:
        self.runs = False
        self.sums = dict.fromkeys(("head", "activation", "attention", "maxima"), 0.0)
        self.embedded: list[Tensor] = []

    def note(self, which: str, tensor: Tensor) -> Tensor:
        """The same tensor."""
        if self.runs:
            self.sums[which] += float(tensor.detach().abs().sum())
            if which == "attention":
                self.sums["maxima"] += float(tensor.detach().amax(1).mean())
        return tensor

    def embedding(self, tensor: Tensor) -> Tensor:
        """The same numbers, of which the tape keeps those that nothing writes over."""
        if not self.runs:
            return tensor
        self.embedded.append(tensor)
        return tensor * 1


class NewGELU(nn.Module):
    """A non-linearity that somebody wrote again."""

    def forward(self, x: Tensor) -> Tensor:
        """Element by element."""
        return 0.5 * x * (1 + torch.tanh(0.8 * (x + 0.045 * x**3)))


class Part(nn.Module):
    """Something of a model, with the model's tape."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape


def linear(inner: int = WIDTH, outer: int = WIDTH) -> nn.Linear:
    """Half of those that people write have a bias."""
    return nn.Linear(inner, outer, bias=False)


class Attention(Part):
    """Scores of queries with keys, masked, and a mean of the values."""

    names = ("query", "key", "value", "out")
    groups = HEADS

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        size = WIDTH // HEADS * self.groups
        for name, outer in zip(self.names, (WIDTH, size, size, WIDTH), strict=True):
            setattr(self, name, linear(WIDTH, outer))
        self.probabilities: Tensor | None = None

    def three(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values, (batch, tokens, width)."""
        return [self.tape.note("head", getattr(self, name)(x)) for name in self.names[:3]]

    def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """The mean of values, (batch, heads, tokens, width of a head)."""
        hidden = torch.ones(q.shape[-2], q.shape[-2], dtype=torch.bool).triu(1)
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(hidden, -torch.inf)
        self.probabilities = self.tape.note("attention", scores.softmax(-1))
        return self.probabilities @ v

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        batch, tokens, _ = x.shape
        q, k, v = (t.unflatten(-1, (-1, WIDTH // HEADS)).transpose(1, 2) for t in self.three(x))
        k, v = (t.repeat_interleave(HEADS // t.shape[1], 1) for t in (k, v))
        out: Tensor = getattr(self, self.names[3])(self.mixed(q, k, v).transpose(1, 2).reshape(batch, tokens, WIDTH))
        return out


class Unnamed(Attention):
    """Names that say nothing."""

    names = ("a", "b", "c", "d")


class Grouped(Attention):
    """Fewer keys than queries."""

    names, groups = ("q_proj", "k_proj", "v_proj", "o_proj"), 1


class Fused(Attention):
    """One module for all three."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        del self.query, self.key, self.value
        self.qkv = linear(WIDTH, 3 * WIDTH)

    def three(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values."""
        return list(self.tape.note("head", self.qkv(x)).chunk(3, -1))


class MultiQuery(Fused):
    """One module for all queries, one key and one value."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.qkv = linear(WIDTH, WIDTH + 2 * WIDTH // HEADS)

    def three(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values."""
        return list(self.tape.note("head", self.qkv(x)).split((WIDTH, WIDTH // HEADS, WIDTH // HEADS), -1))


class Kernel(Attention):
    """Torch's own kernel."""

    names = ("wq", "wk", "wv", "wo")

    def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Without probabilities."""
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


class InPlace(Attention):
    """Queries that are scaled where they lie."""

    def three(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values."""
        q, k, v = super().three(x)
        q *= 3.0
        k += 1.0
        return [q, k, v]


class Rotary(Attention):
    """Queries and keys that are turned behind their projection."""

    def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """The mean of values."""
        angle = torch.arange(q.shape[-2])[:, None] / torch.arange(1, q.shape[-1] // 2 + 1)
        turned = []
        for t in (q, k):
            one, two = t.chunk(2, -1)
            turned.append(torch.cat((one * angle.cos() - two * angle.sin(), two * angle.cos() + one * angle.sin()), -1))
        return super().mixed(*turned, v)


class LowRank(Attention):
    """Queries through a bottleneck."""

    names = ("q_up", "key", "value", "out")

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.q_down, self.q_up = linear(WIDTH, 4), linear(4, WIDTH)

    def three(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values."""
        return [self.tape.note("head", t) for t in (self.q_up(self.q_down(x)), self.key(x), self.value(x))]


class Linearised(Attention):
    """Features in the place of a softmax."""

    def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Of all tokens, without a mask."""
        q, k = functional.elu(q) + 1, functional.elu(k) + 1
        return q @ (k.mT @ v) / (q * k.sum(-2, keepdim=True)).sum(-1, keepdim=True)


class Heads(Part):
    """A module for every head, in a list."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        size = WIDTH // HEADS
        self.heads = nn.ModuleList(
            nn.ModuleDict({name: linear(WIDTH, size) for name in ("query", "key", "value")}) for _ in range(HEADS)
        )
        self.proj = linear()

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        parts = []
        for head in self.heads:
            q, k, v = (self.tape.note("head", head[name](x)) for name in ("query", "key", "value"))  # type: ignore[index]
            parts.append((q @ k.mT).masked_fill(hidden, -torch.inf).softmax(-1) @ v)
        out: Tensor = self.proj(torch.cat(parts, -1))
        return out


class Parameters(Part):
    """Weights without modules."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.w = nn.ParameterList(nn.Parameter(torch.randn(WIDTH, WIDTH) / 4) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        q, k, v = (self.tape.note("head", x @ w) for w in self.w[:3])
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        return (q @ k.mT).masked_fill(hidden, -torch.inf).softmax(-1) @ v @ self.w[3]


class Torch(Part):
    """Torch's module, which has its projections in one parameter."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.mha = nn.MultiheadAttention(WIDTH, HEADS, bias=False, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        out: Tensor = self.mha(x, x, x, attn_mask=hidden, need_weights=False)[0]
        return out


class Convolution(Part):
    """A filter over the last three tokens in the place of attention."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.filter = nn.Conv1d(WIDTH, WIDTH, 3, groups=WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        out: Tensor = self.filter(functional.pad(x.mT, (2, 0))).mT
        return out


class Block(Part):
    """Attention and a feed-forward, each behind a norm."""

    def __init__(self, tape: Tape, mix: Callable[[Tape], nn.Module], feed: Callable[[Tape], nn.Module]) -> None:
        super().__init__(tape)
        self.mix, self.feed = mix(tape), feed(tape)
        self.one, self.two = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        x = x + self.mix(self.one(x))
        return x + self.feed(self.two(x))


class PostNorm(Block):
    """Norms behind the sums."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        x = self.one(x + self.mix(x))
        return self.two(x + self.feed(x))  # type: ignore[no-any-return]


class Parallel(Block):
    """Both of one stream."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        y = self.one(x)
        return x + self.mix(y) + self.feed(y)


class Recomputed(Block):
    """Computed again on the way back."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        if self.tape.runs:
            return super().forward(x)
        out: Tensor = checkpoint(super().forward, x, use_reentrant=True)
        return out
