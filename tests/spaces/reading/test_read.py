"""Models that do not name their sites: what is read off a pass, against what they were built of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch, random_batch
from lpzero.operands.extract import extract
from lpzero.operands.shape import parameter_counts
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.reading.read import read_model
from tests.spaces.reading.zoo import (
    ATTENTION,
    WIDTH,
    WORDS,
    Applied,
    Attributes,
    Block,
    ExpertBlock,
    InPlace,
    Model,
    Pairs,
    Parallel,
    PostNorm,
    Steps,
    Turns,
    TwoStacks,
    seeded,
)


def batch() -> Batch:
    return random_batch(WORDS, "causal", np.random.default_rng(0), batch=2, tokens=9)


def read(model: nn.Module) -> tuple[Answering, SiteMap]:
    answering = Answering(model, "causal")
    return answering, read_model(answering, batch().input_ids, batch().labels)


def of(block: Callable[[], nn.Module], number: int = 3) -> Callable[[], nn.Module]:
    return lambda: Model(*(block() for _ in range(number)))


BUILDS: dict[str, tuple[Callable[[], nn.Module], int, int]] = {
    "one after the other": (of(Block), 3, 3),
    "a single block": (of(Block, 1), 1, 1),
    "two stacks": (TwoStacks, 5, 5),
    "attributes": (Attributes, 2, 2),
    "in a Sequential": (lambda: Model(nn.Sequential(*(Block() for _ in range(3)), nn.LayerNorm(WIDTH))), 3, 3),
    "lists in a list": (Pairs, 3, 3),
    "lists that take turns": (Turns, 3, 3),
    "one block again and again": (lambda: Applied(Block()), 5, 1),
    "one block in a list again and again": (lambda: Model(*[Block()] * 4), 4, 1),
    "both parts at once": (of(Parallel), 3, 3),
    "sums in place": (of(InPlace), 3, 3),
    "norms behind": (of(PostNorm), 3, 3),
    "experts": (of(ExpertBlock), 3, 3),
    "a block of experts": (of(ExpertBlock, 1), 1, 1),
}


@pytest.mark.parametrize("build", BUILDS)
def test_depth_width_and_parts_are_those_that_it_was_built_of(build: str) -> None:
    make, depth, attentions = BUILDS[build]
    answering, sites = read(seeded(make))
    assert sites.depth == depth
    assert sites.reading is not None
    assert sites.reading.width == WIDTH
    assert not sites.reading.refused
    counts = parameter_counts(answering, sites)
    assert counts["operation"] == attentions * ATTENTION
    assert counts["embedding"] == WORDS * WIDTH
    assert counts["output"] == WORDS * WIDTH + WORDS
    weights = [name for name, p in answering.named_parameters() if p.ndim >= 2]
    assert sorted(site.parameter for site in sites.parameters) == sorted(weights)


@pytest.mark.parametrize("build", BUILDS)
def test_snip_is_that_of_plain_torch(build: str) -> None:
    model = seeded(BUILDS[build][0])
    answering, sites = read(model)
    operands = extract(answering, sites, batch())
    found = sum(
        float((w * g).abs().sum()) for w, g in zip(operands.tensors["weight"], operands.tensors["grad"], strict=True)
    )
    logits = model(batch().input_ids)
    nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), batch().labels[:, 1:].flatten()).backward()
    wanted = sum(
        float((p.detach() * p.grad).abs().sum()) for p in model.parameters() if p.ndim >= 2 and p.grad is not None
    )
    assert found == pytest.approx(wanted, rel=1e-5)


def test_several_stacks_are_noted_with_their_depths() -> None:
    _, sites = read(seeded(TwoStacks))
    assert sites.reading is not None
    assert sites.reading.stacks == (3, 2)
    assert sites.reading.notes == (
        "the blocks are of 2 stacks, counted together: 3 (model.blocks.#), 2 (model.upper.#)",
    )


def test_a_tied_head_that_is_registered_first_is_not_the_embedding() -> None:
    class Tied(Model):
        def __init__(self) -> None:
            super().__init__(Block(), Block())
            self._modules = {"head": self.head, "emb": self.emb, "blocks": self.blocks}  # type: ignore[assignment]
            self.emb.weight = self.head.weight

    answering, sites = read(seeded(Tied))
    assert sites.embedding == "model.emb"
    first = next(site for site in sites.parameters if site.parameter == "model.head.weight")
    assert (first.layer, first.group) == (0, "embedding")
    assert parameter_counts(answering, sites)["output"] == 0


def test_a_tower_that_the_pass_does_not_reach_is_no_part_of_the_blocks() -> None:
    class Towers(Model):
        def __init__(self) -> None:
            super().__init__(Block(), Block())
            self.vision = nn.ModuleList(Block() for _ in range(4))

    answering, sites = read(seeded(Towers))
    assert sites.depth == 2
    counts = parameter_counts(answering, sites)
    assert counts["unreached"] == sum(p.numel() for n, p in answering.named_parameters() if ".vision." in n)
    assert sites.reading is not None
    assert sites.reading.notes[0].startswith("the pass does not reach model.vision")


def test_stacks_that_stand_side_by_side_leave_the_depth_open() -> None:
    class Beside(Model):
        def __init__(self) -> None:
            super().__init__(*(Block() for _ in range(3)))
            self.other = nn.ModuleList(Block() for _ in range(2))

        def body(self, x: Tensor) -> Tensor:
            y = x
            for block in self.other:
                y = block(y)
            return super().body(x) + y

    _, sites = read(seeded(Beside))
    assert sites.reading is not None
    assert "stand side by side" in sites.reading.refused["depth"]


def test_cells_that_are_called_step_by_step_are_no_blocks() -> None:
    _, sites = read(seeded(Steps))
    assert sites.depth == 1
    assert {site.group for site in sites.parameters if site.layer == 1} == {"operation"}


def test_a_pass_that_writes_to_a_weight_is_refused_and_the_weight_stays() -> None:
    class Writes(Model):
        def body(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                self.head.weight.mul_(0.5)
            return super().body(x)

    model = seeded(lambda: Writes(Block()))
    before = model.head.weight.clone()  # type: ignore[operator, union-attr]
    with pytest.raises(LpzeroError, match=r"writes to the weight model\.head\.weight"):
        read(model)
    assert torch.equal(before, model.head.weight)  # type: ignore[arg-type]


def test_of_a_square_batch_the_axes_are_told_apart() -> None:
    square = random_batch(WORDS, "causal", np.random.default_rng(0), batch=6, tokens=6)
    answering = Answering(seeded(of(Block)), "causal")
    sites = read_model(answering, square.input_ids, square.labels)
    assert sites.reading is not None
    assert sites.reading.axes == "batch first"


class Halves(TwoStacks):
    """The upper blocks begin with words of their own table, and with positions."""

    def __init__(self, *, tied: bool) -> None:
        super().__init__()
        self.target, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(50, WIDTH)
        if tied:
            self.target.weight = self.emb.weight

    def forward(self, ids: Tensor) -> Tensor:
        """Logits."""
        x = self.emb(ids)
        for block in self.blocks:
            x = block(x)
        x = x + self.target(ids) + self.places(torch.arange(ids.shape[1]).expand_as(ids))
        for block in self.upper:
            x = block(x)
        return self.head(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("tied", [True, False])
def test_words_that_are_looked_up_for_a_later_stack_are_embeddings_too(tied: bool) -> None:
    answering, sites = read(seeded(lambda: Halves(tied=tied)))
    assert sites.embeddings == ("model.emb", "model.target")
    (jacobian,) = extract(answering, sites, batch()).tensors["jacobian"]
    assert jacobian.shape == (4, 9, WIDTH)
    assert read(seeded(TwoStacks))[1].embeddings == ("model.emb",)
