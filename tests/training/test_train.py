"""The training of one architecture: against a trainer written out, its batches, and what becomes of failures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces import Architecture, ModelOutput, SearchSpace, get_space
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.scale import Scale, recipe
from lpzero.training.train import (
    Training,
    TrainingStatus,
    initial_seed,
    rate_share,
    train,
    training_batch,
    validation_batches,
)

LAYER = {"operation": "DSC", "parameter": 9, "heads": 2, "feed_forward": 512, "feed_forward_layers": 1}
SMALL = {
    "flexibert": Architecture.of("flexibert", {"hidden_size": 128}, [LAYER, LAYER]),
    "gpt2": Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}] * 2),
}
OTHER = {
    "flexibert": Architecture.of(
        "flexibert", {"hidden_size": 256}, [LAYER | {"operation": "LT", "parameter": "DFT"}] * 2
    ),
    "gpt2": Architecture.of("gpt2", {"d_model": 96}, [{"d_inner": 128, "heads": 4}] * 3),
}
SPACES = pytest.mark.parametrize("name", ["flexibert", "gpt2"])


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Letters that follow each other, all equally often; other letters to validate on."""
    (tmp_path / "train.txt").write_text("abcdefgh" * 100)
    (tmp_path / "held.txt").write_text("stuvwxyz" * 50)
    return read_corpus(tmp_path / "train.txt", validation=tmp_path / "held.txt")


def written(name: str, corpus: Corpus, **changes: Any) -> Recipe:
    """A recipe of ten small steps."""
    scale = Scale(steps=10, batch=3, length=8, learning_rate=3e-3)
    small = recipe(name, get_space(name).objective, corpus, scale)
    return replace(small, **{"validation_sequences": 6, "points": (5, 10), **changes})


class Watched:
    """A space that keeps the models it builds, and what they are called with.

    Attributes:
        models: In the order that they were built in.
        calls: Of all models: whether it trained, the ids and the labels.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self.models: list[nn.Module] = []
        self.calls: list[tuple[bool, Tensor, Tensor]] = []

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """The space's own model, watched."""
        model = self._space.build(architecture, seed)
        model.register_forward_pre_hook(lambda m, given: self.calls.append((m.training, *given)))
        self.models.append(model)
        return model


class Scripted(nn.Module):
    """A model of one weight whose loss is its square, until the script tells otherwise.

    Args:
        script: Called with the number of training passes, from 1; gives a factor for the loss, or raises.
    """

    def __init__(self, script: Callable[[int], float]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.script, self.passes = script, 0

    def forward(self, ids: Tensor, labels: Tensor) -> ModelOutput:
        """The loss."""
        if not self.training:
            return ModelOutput((self.weight**2).sum(), None, None)
        self.passes += 1
        return ModelOutput((self.weight**2).sum() * self.script(self.passes), None, None)


class Stage:
    """A space whose every architecture is one scripted model."""

    def __init__(self, script: Callable[[int], float]) -> None:
        self._script = script

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """A fresh one."""
        return Scripted(self._script)


def staged(corpus: Corpus, script: Callable[[int], float], **changes: Any) -> Training:
    stage = cast(SearchSpace, Stage(script))
    return train(stage, SMALL["gpt2"], written("gpt2", corpus, **changes), corpus, seed=0)


def test_the_rate_rises_in_a_line_and_falls_as_half_a_cosine(corpus: Corpus) -> None:
    slow = written("gpt2", corpus, steps=1000, warm_up=100)
    assert rate_share(slow, 0) == pytest.approx(0.01)
    assert rate_share(slow, 49) == pytest.approx(0.5)
    assert rate_share(slow, 99) == rate_share(slow, 100) == 1
    # a quarter, half and all of the way down: (1 + cos(pi / 4)) / 2, 1/2 and 0
    assert rate_share(slow, 325) == pytest.approx((1 + math.sqrt(0.5)) / 2)
    assert rate_share(slow, 550) == pytest.approx(0.5)
    assert rate_share(slow, 1000) == pytest.approx(0, abs=1e-12)
    shares = [rate_share(slow, step) for step in range(1001)]
    assert shares[:100] == sorted(shares[:100])
    assert shares[100:] == sorted(shares[100:], reverse=True)
    assert 0 < shares[999] < 1e-4


def by_hand(space: SearchSpace, architecture: Architecture, recipe: Recipe, corpus: Corpus) -> float:
    """AdamW with clipping, written out: the final validation loss."""
    model = space.build(architecture, initial_seed(architecture, 0))
    parameters = list(model.parameters())
    first, second = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    (b1, b2), decay = recipe.betas, recipe.weight_decay
    for step in range(1, recipe.steps + 1):
        ids, labels = training_batch(recipe, corpus, step)
        gradients = torch.autograd.grad(model(ids, labels).loss, parameters, allow_unused=True)
        filled = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
        norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in filled))
        rate = recipe.learning_rate
        if step <= recipe.warm_up:
            rate *= step / recipe.warm_up
        else:
            rate *= (1 + math.cos(math.pi * (step - 1 - recipe.warm_up) / (recipe.steps - recipe.warm_up))) / 2
        with torch.no_grad():
            for p, g, m, v in zip(parameters, filled, first, second, strict=True):
                g = g * min(1.0, recipe.clip / norm)  # noqa: PLW2901
                m.mul_(b1).add_((1 - b1) * g)
                v.mul_(b2).add_((1 - b2) * g * g)
                p.mul_(1 - rate * decay)
                p.sub_(rate * (m / (1 - b1**step)) / ((v / (1 - b2**step)).sqrt() + 1e-8))
    (batch,) = validation_batches(recipe, corpus)
    with torch.no_grad():
        return float(model(*batch).loss)


@SPACES
def test_a_training_is_adamw_written_out(name: str, corpus: Corpus) -> None:
    space = get_space(name, "own")
    # the rate is high, so that each step matters, and the clip is one that cuts
    harsh = written(name, corpus, learning_rate=0.02, weight_decay=0.5, clip=0.3)
    trained = train(space, SMALL[name], harsh, corpus, seed=0)
    assert trained.loss is not None
    assert trained.loss == pytest.approx(by_hand(space, SMALL[name], harsh, corpus), rel=2e-4)
    gentle = train(space, SMALL[name], replace(harsh, weight_decay=0.0), corpus, seed=0)
    loose = train(space, SMALL[name], replace(harsh, clip=1e9), corpus, seed=0)
    assert len({round(found.loss or 0, 3) for found in (trained, gentle, loose)}) == 3


@SPACES
def test_every_architecture_and_seed_sees_the_same_batches_in_the_same_order(name: str, corpus: Corpus) -> None:
    small = written(name, corpus, validation_sequences=130)
    seen = []
    for architecture, seed in ((SMALL[name], 0), (OTHER[name], 0), (SMALL[name], 1)):
        watched = Watched(get_space(name, "own"))
        assert train(cast(SearchSpace, watched), architecture, small, corpus, seed=seed).status is TrainingStatus.OK
        seen.append(watched.calls)
    assert len(seen[0]) == len(seen[1]) == len(seen[2]) == 10 + 2 * 2
    for calls in zip(*seen, strict=True):
        for training, ids, labels in calls[1:]:
            assert training == calls[0][0]
            assert torch.equal(ids, calls[0][1])
            assert torch.equal(labels, calls[0][2])
    steps = [ids for training, ids, _ in seen[0] if training]
    assert len({tuple(ids.flatten().tolist()) for ids in steps}) == 10
    # validated behind the fifth step and behind the tenth, in batches of 128 and 2, the same ones
    assert [training for training, _, _ in seen[0]] == ([True] * 5 + [False] * 2) * 2
    held = [ids for training, ids, _ in seen[0] if not training]
    assert [len(ids) for ids in held] == [128, 2, 128, 2]
    assert torch.equal(held[0], held[2])
    assert torch.equal(held[1], held[3])


@SPACES
def test_the_loss_is_the_mean_over_all_predicted_tokens(name: str, corpus: Corpus) -> None:
    small = written(name, corpus, validation_sequences=131)
    watched = Watched(get_space(name, "own"))
    loss = train(cast(SearchSpace, watched), SMALL[name], small, corpus, seed=0).loss
    batches = validation_batches(small, corpus)
    ids, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert ids.shape == (131, 8)
    with torch.no_grad():
        assert loss == pytest.approx(float(watched.models[0](ids, labels).loss), rel=1e-5)


@SPACES
def test_rows_are_windows_of_the_text_that_they_are_drawn_from(name: str, corpus: Corpus) -> None:
    small = written(name, corpus, batch=200)
    ((held_ids, held_labels), *_) = validation_batches(replace(small, validation_sequences=100), corpus)
    for text, ids, labels in (
        (corpus.train, *training_batch(small, corpus, 1)),
        (corpus.validation, held_ids, held_labels),
    ):
        plain = torch.where(labels == -100, ids, labels)
        starts = {tuple(text[i : i + 8].tolist()) for i in range(len(text) - 7)}
        assert {tuple(row) for row in plain.tolist()} == starts
        assert ids.dtype == labels.dtype == torch.int64


def test_every_window_of_a_short_text_is_drawn_the_first_and_the_last_among_them(corpus: Corpus) -> None:
    short = replace(corpus, train=np.arange(1, 12))
    ids, _ = training_batch(written("gpt2", corpus, batch=200), short, 1)
    assert {row[0] for row in ids.tolist()} == {1, 2, 3, 4}


def test_a_causal_batch_hides_nothing(corpus: Corpus) -> None:
    ids, labels = training_batch(written("gpt2", corpus), corpus, 1)
    assert torch.equal(ids, labels)
    assert (ids > 0).all()


def test_a_masked_batch_hides_its_share_and_asks_for_that_alone(corpus: Corpus) -> None:
    wide = written("flexibert", corpus, batch=64)
    hidden = []
    for step in range(1, 21):
        ids, labels = training_batch(wide, corpus, step)
        assert torch.equal(ids == 0, labels != -100)
        assert (labels != 0).all()
        hidden.append((ids == 0).float())
    share = torch.stack(hidden)
    # 64 x 8 x 20 draws of probability .3 have a standard deviation of .0045
    assert share.mean().item() == pytest.approx(0.3, abs=0.02)
    # no place is spared: 64 x 20 draws each, a deviation of .013
    assert (share.mean((0, 1)) - 0.3).abs().max() < 0.06


def test_a_masked_batch_hides_one_token_at_least(corpus: Corpus) -> None:
    shy = written("flexibert", corpus, mask_share=1e-12)
    for step in range(1, 4):
        _, labels = training_batch(shy, corpus, step)
        assert int((labels != -100).sum()) == 1


def test_batches_follow_from_the_seed_of_the_recipe_and_the_step(corpus: Corpus) -> None:
    for name in ("flexibert", "gpt2"):
        small = written(name, corpus)
        again = replace(small, learning_rate=0.5, steps=99)
        other = replace(small, seed=1)
        assert torch.equal(training_batch(small, corpus, 3)[0], training_batch(again, corpus, 3)[0])
        assert not torch.equal(training_batch(small, corpus, 3)[0], training_batch(other, corpus, 3)[0])
        (held,), (same,), (different,) = (validation_batches(r, corpus) for r in (small, again, other))
        assert torch.equal(held[0], same[0])
        assert torch.equal(held[1], same[1])
        assert not torch.equal(held[0], different[0])


def test_the_seed_of_the_weights_is_stable_and_no_architecture_shares_it() -> None:
    assert initial_seed(SMALL["gpt2"], 0) == 5718150385852361371
    seeds = {initial_seed(a, seed) for a in (*SMALL.values(), *OTHER.values()) for seed in range(3)}
    assert len(seeds) == 12
    assert all(0 <= seed < 2**63 for seed in seeds)


@SPACES
def test_the_same_training_twice_gives_the_same_curve_and_another_seed_another(name: str, corpus: Corpus) -> None:
    space, small = get_space(name, "own"), written(name, corpus)
    torch.manual_seed(0)
    first = train(space, SMALL[name], small, corpus, seed=0)
    torch.manual_seed(1)
    second = train(space, SMALL[name], small, corpus, seed=0)
    assert first.curve == second.curve
    assert [step for step, _ in first.curve] == [5, 10]
    assert train(space, SMALL[name], small, corpus, seed=1).curve != first.curve
    assert (first.status, first.reason) == (TrainingStatus.OK, "")
    assert first.loss == first.curve[-1][1]
    assert first.seconds > 0


@SPACES
def test_sixty_steps_learn_what_follows_what(name: str, corpus: Corpus) -> None:
    regular = replace(corpus, validation=corpus.train)
    assert regular.unigram_entropy == pytest.approx(math.log(8))
    scale = Scale(steps=60, batch=8, length=16, learning_rate=1e-2)
    learning = recipe(name, get_space(name).objective, regular, scale)
    trained = train(get_space(name, "own"), SMALL[name], replace(learning, validation_sequences=16), regular, seed=0)
    losses = [loss for _, loss in trained.curve]
    assert losses[0] > math.log(8) - 0.3
    assert losses[-1] < math.log(8) - 1


@SPACES
def test_a_rate_that_is_too_high_diverges(name: str, corpus: Corpus) -> None:
    space = get_space(name, "own")
    found = train(space, SMALL[name], written(name, corpus, learning_rate=1e30), corpus, seed=0)
    assert found.status is TrainingStatus.DIVERGED
    assert found.loss is None
    assert found.curve == ()
    assert "in step 2" in found.reason


def test_a_validation_loss_that_is_no_number_is_never_recorded(corpus: Corpus) -> None:
    early = written("gpt2", corpus, learning_rate=1e30, points=(1, 10))
    found = train(get_space("gpt2", "own"), SMALL["gpt2"], early, corpus, seed=0)
    assert (found.status, found.loss, found.curve) == (TrainingStatus.DIVERGED, None, ())
    assert found.reason == "validation loss nan"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_lost_on_the_way_leaves_the_points_before_and_no_number(corpus: Corpus, value: float) -> None:
    found = staged(corpus, lambda number: value if number == 7 else 1.0)
    assert found.status is TrainingStatus.DIVERGED
    assert found.loss is None
    assert [step for step, _ in found.curve] == [5]
    assert "in step 7" in found.reason
    assert "\n" not in found.reason


def test_a_loss_that_is_lost_in_the_last_step_is_no_result(corpus: Corpus) -> None:
    found = staged(corpus, lambda number: math.nan if number == 10 else 1.0)
    assert (found.status, found.loss, len(found.curve)) == (TrainingStatus.DIVERGED, None, 1)


def raising(error: BaseException) -> Callable[[int], float]:
    def script(number: int) -> float:
        if number == 6:
            raise error
        return 1.0

    return script


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (LpzeroError("no such layer"), TrainingStatus.FAILED, "no such layer"),
        (RuntimeError("shapes differ\nat length"), TrainingStatus.FAILED, "shapes differ"),
        (ValueError(), TrainingStatus.FAILED, "ValueError"),
        (MemoryError(), TrainingStatus.OUT_OF_MEMORY, "MemoryError"),
        (torch.OutOfMemoryError("CUDA out of memory.\nTried"), TrainingStatus.OUT_OF_MEMORY, "CUDA out of memory."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_a_model_raises_is_a_status_with_its_reason_in_one_line(
    corpus: Corpus, error: BaseException, status: TrainingStatus, reason: str
) -> None:
    found = staged(corpus, raising(error))
    assert (found.status, found.reason, found.loss) == (status, reason, None)
    assert [step for step, _ in found.curve] == [5]


@pytest.mark.parametrize("error", [TypeError("no tensor"), IndexError("index out of range in self")], ids=repr)
def test_whatever_a_model_raises_is_a_status(corpus: Corpus, error: Exception) -> None:
    assert staged(corpus, raising(error)).status is TrainingStatus.FAILED


def test_a_model_too_large_for_the_cpu_is_out_of_memory(corpus: Corpus) -> None:
    assert staged(corpus, lambda _: float(torch.empty(10**15)[0])).status is TrainingStatus.OUT_OF_MEMORY


def test_an_interrupt_is_no_status(corpus: Corpus) -> None:
    with pytest.raises(KeyboardInterrupt):
        staged(corpus, raising(KeyboardInterrupt()))


def test_a_model_that_cannot_read_a_sequence_fails_with_its_reason(corpus: Corpus) -> None:
    long = written("gpt2", corpus, length=65)
    found = train(get_space("gpt2", "own"), SMALL["gpt2"], long, corpus, seed=0)
    assert found.status is TrainingStatus.FAILED
    assert found.reason == "input_ids: expected at most 64 tokens, found 65"
    assert found.curve == ()


def test_an_architecture_that_cannot_be_built_fails_with_its_reason(corpus: Corpus) -> None:
    found = train(get_space("gpt2", "own"), SMALL["flexibert"], written("gpt2", corpus), corpus, seed=0)
    assert found.status is TrainingStatus.FAILED
    assert found.reason == "space is 'flexibert': expected 'gpt2'"
