"""Whole models of the parts of :mod:`tests.scoring.written`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.scoring import written_feeds as feeds
from tests.scoring.written import HEADS, INNER, LAYERS, WIDTH, WORDS, Attention, Block, NewGELU, Tape, linear


class Model(nn.Module):
    """An embedding, blocks, a norm and a way back to words."""

    def __init__(
        self,
        mix: Callable[[Tape], nn.Module] = Attention,
        feed: Callable[[Tape], nn.Module] = feeds.Feed,
        block: type[Block] = Block,
    ) -> None:
        super().__init__()
        self.tape = Tape()
        self.words, self.norm, self.head = nn.Embedding(WORDS, WIDTH), nn.LayerNorm(WIDTH), linear(WIDTH, WORDS)
        self.blocks = nn.ModuleList(block(self.tape, mix, feed) for _ in range(LAYERS))

    def embedded(self, ids: Tensor) -> Tensor:
        """The stream's beginning."""
        return self.tape.embedding(self.words(ids))

    def body(self, x: Tensor) -> Tensor:
        """The stream through all blocks."""
        for block in self.blocks:
            x = block(x)
        return x

    def forward(self, ids: Tensor) -> Any:
        """Logits."""
        return self.head(self.norm(self.body(self.embedded(ids))))


class Tied(Model):
    """A head that is the embedding, and stands before it."""

    def __init__(self) -> None:
        super().__init__()
        words, head = self.words, self.head
        del self.words, self.head
        self.head, self.words = head, words
        self.head.weight = self.words.weight


class PositionsFirst(Model):
    """A table of positions that is registered first."""

    def __init__(self) -> None:
        super().__init__()
        words = self.words
        del self.words
        self.positions = nn.Embedding(64, WIDTH)
        self.words = words

    def embedded(self, ids: Tensor) -> Tensor:
        """The stream's beginning."""
        return super().embedded(ids) + self.positions(torch.arange(ids.shape[1]))


class Shared(Model):
    """One block, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([self.blocks[0]] * LAYERS)


class OneNonLinearity(Model):
    """One object for all blocks."""

    def __init__(self) -> None:
        super().__init__()
        for block in self.blocks:
            block.feed.act = self.blocks[0].feed.act  # type: ignore[union-attr]


class InSequence(Model):
    """All in one ``Sequential``."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*self.blocks)  # type: ignore[assignment]

    def body(self, x: Tensor) -> Tensor:
        """The stream through all blocks."""
        return self.blocks(x)  # type: ignore[no-any-return]


class ByForward(Model):
    """Blocks that are not called, but whose ``forward`` is."""

    def body(self, x: Tensor) -> Tensor:
        """The stream through all blocks."""
        for block in self.blocks:
            x = block.forward(x)
        return x


class ScaledInPlace(Model):
    """An embedding that is scaled where it lies."""

    def embedded(self, ids: Tensor) -> Tensor:
        """The stream's beginning."""
        x = super().embedded(ids)
        x *= 4.0
        return x


class Narrow(Model):
    """An embedding of half the width, and the way up."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.wider = nn.Embedding(WORDS, WIDTH // 2), linear(WIDTH // 2, WIDTH)

    def embedded(self, ids: Tensor) -> Tensor:
        """The stream's beginning."""
        return self.wider(super().embedded(ids))  # type: ignore[no-any-return]


class TwoStacks(Model):
    """Two lists of blocks, one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self.upper = nn.ModuleList(list(self.blocks)[1:])
        self.blocks = self.blocks[:1]

    def body(self, x: Tensor) -> Tensor:
        """The stream through both."""
        for block in (*self.blocks, *self.upper):
            x = block(x)
        return x


class TwoHalves(TwoStacks):
    """Words that are looked up for the lower blocks and again for the upper ones."""

    def forward(self, ids: Tensor) -> Any:
        """Logits."""
        memory = self.embedded(ids)
        for block in self.blocks:
            memory = block(memory)
        x = self.embedded(ids) + memory.mean(1, keepdim=True)
        for block in self.upper:
            x = block(x)
        return self.head(self.norm(x))


class NotedGELU(NewGELU):
    """A non-linearity that notes what it gives."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape

    def forward(self, x: Tensor) -> Tensor:
        """Element by element."""
        return self.tape.note("activation", super().forward(x))


class TokensFirst(Model):
    """Layers of torch, which take (tokens, batch, width)."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, bias=False) for _ in range(LAYERS))
        for layer in self.blocks:
            layer.activation = NotedGELU(self.tape)

    def body(self, x: Tensor) -> Tensor:
        """The stream through all blocks."""
        for block in self.blocks:
            x = block(x.transpose(0, 1)).transpose(0, 1)
        return x


class Shown(Model):
    """Attentions and states beside the logits, in a dictionary."""

    def forward(self, ids: Tensor, output_attentions: bool = False, output_hidden_states: bool = False) -> Any:
        """All of it."""
        states = [self.embedded(ids)]
        for block in self.blocks:
            states.append(block(states[-1]))
        shown = [block.mix.probabilities for block in self.blocks]  # type: ignore[union-attr]
        logits = self.head(self.norm(states[-1]))
        return {"logits": logits, "attentions": tuple(shown), "hidden_states": tuple(states)}


class Targets(Model):
    """A loss of its own, by targets that are shifted already."""

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> Any:
        """Logits, and the loss where there are targets."""
        logits = super().forward(idx)
        if targets is None:
            return logits, None
        return logits, functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)


class Recurrent(Model):
    """A recurrent layer of torch."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.blocks = kind(WIDTH, WIDTH, 2, batch_first=True, bias=False)  # type: ignore[assignment, call-arg]

    def body(self, x: Tensor) -> Tensor:
        """Its states."""
        return self.blocks(x)[0]  # type: ignore[no-any-return]
