"""The models of :mod:`tests.scoring.written_models`, with the operations that each takes by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import nn

from tests.scoring import written_feeds as feeds
from tests.scoring.written import (
    EXPERTS,
    HEADS,
    INNER,
    LAYERS,
    WIDTH,
    WORDS,
    Convolution,
    Fused,
    Grouped,
    Heads,
    InPlace,
    Kernel,
    Linearised,
    LowRank,
    MultiQuery,
    Parallel,
    Parameters,
    PostNorm,
    Recomputed,
    Rotary,
    Torch,
    Unnamed,
)
from tests.scoring.written_models import (
    ByForward,
    InSequence,
    Model,
    Narrow,
    OneNonLinearity,
    PositionsFirst,
    Recurrent,
    ScaledInPlace,
    Shared,
    Shown,
    Targets,
    Tied,
    TokensFirst,
    TwoHalves,
    TwoStacks,
)

TOKENS = 8
SQUARE, MEETING, UP = 2 * WIDTH * WIDTH, 4 * TOKENS * WIDTH, 2 * WIDTH * INNER
"""Operations a token: of a projection, of attention without its projections, of one half of a feed-forward."""
PLAIN = 4 * SQUARE + MEETING
LOGITS, ROUTING = 2 * WIDTH * WORDS, 2 * WIDTH * EXPERTS


@dataclass(frozen=True)
class Written:
    """A model, what it takes and what it does not show.

    Attributes:
        build: Makes it.
        flops: Operations a token of a block, by hand.
        beside: Those outside the blocks, without logits.
        lacks: Families of operands without a value, beside attention where the model returns none.
        shows: Whether it returns attentions.
        depth: Its number of blocks.
    """

    build: Callable[[], Model]
    flops: int
    beside: int = 0
    lacks: tuple[str, ...] = ()
    shows: bool = False
    depth: int = LAYERS

    @property
    def absent(self) -> set[str]:
        """The proxies without a value."""
        families = {*self.lacks, *(() if self.shows else ("attention",))}
        found = {f"sum(l1({family}))" for family in families}
        return found | {"sum(mean(max_heads(attention)))"} if "attention" in families else found


MODELS: Mapping[str, Written] = {
    "plain": Written(Model, PLAIN + 2 * UP),
    "unnamed": Written(lambda: Model(Unnamed), PLAIN + 2 * UP),
    "grouped": Written(lambda: Model(Grouped), 3 * SQUARE + MEETING + 2 * UP),
    "fused": Written(lambda: Model(Fused), PLAIN + 2 * UP),
    "multi-query": Written(lambda: Model(MultiQuery), 3 * SQUARE + MEETING + 2 * UP),
    "kernel": Written(lambda: Model(Kernel), PLAIN + 2 * UP),
    "queries in place": Written(lambda: Model(InPlace), PLAIN + 2 * UP),
    "rotary": Written(lambda: Model(Rotary), PLAIN + 2 * UP),
    "low rank": Written(lambda: Model(LowRank), PLAIN - SQUARE + 2 * 2 * WIDTH * 4 + 2 * UP),
    "linearised": Written(lambda: Model(Linearised), 4 * SQUARE + 4 * WIDTH * WIDTH // HEADS + 2 * UP),
    "a module a head": Written(lambda: Model(Heads), PLAIN + 2 * UP),
    "parameters": Written(lambda: Model(Parameters), PLAIN + 2 * UP, lacks=("head",)),
    "attention of torch": Written(lambda: Model(Torch), PLAIN + 2 * UP, lacks=("head",)),
    "convolution": Written(lambda: Model(Convolution), 2 * 3 * WIDTH + 2 * UP, lacks=("head",)),
    "post-norm": Written(lambda: Model(block=PostNorm), PLAIN + 2 * UP),
    "parallel": Written(lambda: Model(block=Parallel), PLAIN + 2 * UP),
    "recomputed": Written(lambda: Model(block=Recomputed), PLAIN + 2 * UP),
    "non-linearity of its own": Written(lambda: Model(feed=feeds.Own), PLAIN + 2 * UP),
    "function": Written(lambda: Model(feed=feeds.Function), PLAIN + 2 * UP, lacks=("activation",)),
    "gated": Written(lambda: Model(feed=feeds.Gated), PLAIN + 3 * UP),
    "fused gate": Written(lambda: Model(feed=feeds.FusedGate), PLAIN + 3 * UP),
    "chunks": Written(lambda: Model(feed=feeds.Chunks), PLAIN + 2 * UP),
    "written over": Written(lambda: Model(feed=feeds.Over), PLAIN + 2 * UP),
    "flat": Written(lambda: Model(feed=feeds.Flat), PLAIN + 2 * UP),
    "pointwise": Written(lambda: Model(feed=feeds.Pointwise), PLAIN + 2 * UP),
    "feed-forward twice": Written(lambda: Model(feed=feeds.Twice), PLAIN + 4 * UP),
    "experts": Written(lambda: Model(feed=feeds.Experts), PLAIN + ROUTING + 2 * UP),
    "two experts": Written(lambda: Model(Unnamed, feeds.TopTwo), PLAIN + ROUTING + 4 * UP),
    "stacked experts": Written(lambda: Model(feed=feeds.Stacked), PLAIN + ROUTING + 2 * EXPERTS * UP),
    "tied": Written(Tied, PLAIN + 2 * UP),
    "positions first": Written(PositionsFirst, PLAIN + 2 * UP),
    "shared block": Written(Shared, PLAIN + 2 * UP),
    "one non-linearity": Written(OneNonLinearity, PLAIN + 2 * UP),
    "in sequence": Written(InSequence, PLAIN + 2 * UP),
    "by forward": Written(ByForward, PLAIN + 2 * UP),
    "scaled in place": Written(ScaledInPlace, PLAIN + 2 * UP),
    "narrow": Written(Narrow, PLAIN + 2 * UP, beside=SQUARE // 2),
    "two stacks": Written(TwoStacks, PLAIN + 2 * UP),
    "two halves": Written(TwoHalves, PLAIN + 2 * UP),
    "tokens first": Written(TokensFirst, PLAIN + 2 * UP, lacks=("head",)),
    "shown": Written(Shown, PLAIN + 2 * UP, shows=True),
    "targets": Written(Targets, PLAIN + 2 * UP),
    "lstm": Written(lambda: Recurrent(nn.LSTM), 8 * SQUARE, depth=2, lacks=("head", "activation")),
    "gru": Written(lambda: Recurrent(nn.GRU), 6 * SQUARE, depth=2, lacks=("head", "activation")),
}
