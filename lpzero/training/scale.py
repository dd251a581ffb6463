"""The recipe of a table that is begun: what a user may set of it, and what follows from that and the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lpzero.errors import InputError
from lpzero.spaces.own import MAX_TOKENS, NAME, protocol_of
from lpzero.spaces.space import Objective
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus

POINTS = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of the steps behind which the validation loss is measured."""


@dataclass(frozen=True)
class Scale:
    """What a user may set of a recipe.

    Attributes:
        steps: Optimiser steps, at least 10.
        batch: Sequences of a step, at least 1.
        length: Tokens of a sequence, 2 to 64.
        learning_rate: Above 0 and below 1.
        seed: At least 0.
        device: ``"cpu"`` or ``"cuda"``.

    Raises:
        InputError: A value is out of its range.
    """

    steps: int
    batch: int
    length: int
    learning_rate: float
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.steps < 10 or self.batch < 1 or not 2 <= self.length <= MAX_TOKENS or self.seed < 0:
            raise InputError(
                f"expected at least 10 steps, a batch of at least 1, 2 to {MAX_TOKENS} tokens and a seed >= 0, "
                f"found {self.steps}, {self.batch}, {self.length}, {self.seed}"
            )
        if self.device not in ("cpu", "cuda"):
            raise InputError(f"expected the device cpu or cuda, found {self.device!r}")
        if not 0 < self.learning_rate < 1:
            raise InputError(f"expected a learning rate above 0 and below 1, found {self.learning_rate}")


# The bundled tables': the masked objective needs short sequences, since attention takes the longer to leave the
# plateau of the unigram entropy, the more positions it has to tell apart.
SCALES: Mapping[Objective, Scale] = MappingProxyType(
    {
        "masked": Scale(steps=1000, batch=80, length=12, learning_rate=2e-3),
        "causal": Scale(steps=400, batch=16, length=32, learning_rate=1e-3),
    }
)
VALIDATION_TOKENS: Mapping[Objective, int] = MappingProxyType({"masked": 32768, "causal": 16384})
MASK_SHARE = 0.3


def recipe(space: str, objective: Objective, corpus: Corpus, scale: Scale, protocol: str = NAME) -> Recipe:
    """Write the recipe of a table.

    A share of .3 is masked, twice BERT's .15, so that a step has twice as much to learn from.

    Args:
        space: Name of the space.
        objective: Of its models.
        corpus: What they read.
        scale: What the user set.
        protocol: ``"own"`` or ``"scratch"``, for models that read bytes; the recipe's has the vocabulary of the corpus.

    Raises:
        InputError: A part of the corpus is shorter than what is drawn from it.
    """
    for name, part, least in (
        ("training", corpus.train, scale.batch * scale.length),
        ("validation", corpus.validation, scale.length + 1),
    ):
        if len(part) <= least:
            raise InputError(
                f"the {name} text is too short: expected more than {least} tokens ({corpus.tokens}), found {len(part)}"
            )
    return Recipe(
        space=space,
        protocol=protocol_of(corpus.vocabulary, protocol),
        objective=objective,
        tokens=corpus.tokens,
        vocabulary=corpus.vocabulary,
        tokenizer_sha256=corpus.tokenizer_sha256,
        train_sha256=corpus.train_sha256,
        validation_sha256=corpus.validation_sha256,
        unigram_entropy=corpus.unigram_entropy,
        seed=scale.seed,
        steps=scale.steps,
        batch=scale.batch,
        length=scale.length,
        learning_rate=scale.learning_rate,
        warm_up=min(100, scale.steps // 5),
        betas=(0.9, 0.999),
        weight_decay=0.01,
        clip=1.0,
        mask_share=MASK_SHARE if objective == "masked" else None,
        points=tuple(dict.fromkeys(round(scale.steps * point) for point in POINTS)),
        validation_sequences=max(1, VALIDATION_TOKENS[objective] // scale.length),
        dtype="float32",
        device=scale.device,
    )
