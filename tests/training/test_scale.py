"""The recipe of a table that is begun: what may be set, and what follows from that and the corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.own import MAX_TOKENS
from lpzero.tables.load import load_trained
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.scale import SCALES, Scale, recipe

GIVEN: dict[str, Any] = {"steps": 10, "batch": 2, "length": 8, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A short text of bytes."""
    path = tmp_path_factory.mktemp("corpus") / "text.txt"
    path.write_text("the cat sat on the mat. " * 60)
    return read_corpus(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"steps": 9},
            "^expected at least 10 steps, a batch of at least 1, 2 to 64 tokens and a seed >= 0, found 9, 2, 8",
        ),
        ({"batch": 0}, "found 10, 0, 8, 0$"),
        ({"length": 1}, "found 10, 2, 1, 0$"),
        ({"length": MAX_TOKENS + 1}, "found 10, 2, 65, 0$"),
        ({"seed": -1}, "found 10, 2, 8, -1$"),
        ({"device": "tpu"}, "^expected the device cpu or cuda, found 'tpu'$"),
        ({"learning_rate": 0.0}, "^expected a learning rate above 0 and below 1, found 0.0$"),
        ({"learning_rate": 1.0}, "^expected a learning rate above 0 and below 1, found 1.0$"),
        ({"learning_rate": float("nan")}, "^expected a learning rate above 0 and below 1, found nan$"),
    ],
)
def test_a_value_out_of_its_range_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Scale(**{**GIVEN, **changes})


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(
    steps=st.integers(10, 5000),
    length=st.integers(2, MAX_TOKENS),
    objective=st.sampled_from(["masked", "causal"]),
)
def test_what_follows_from_a_scale_holds_together(corpus: Corpus, steps: int, length: int, objective: Any) -> None:
    made = recipe("gpt2", objective, corpus, Scale(steps=steps, batch=1, length=length, learning_rate=1e-3))
    assert list(made.points) == sorted(set(made.points))
    assert made.points[0] >= 1
    assert made.points[-1] == made.steps == steps
    assert 1 <= made.warm_up <= min(100, steps / 5)
    assert made.validation_sequences >= 1
    # as many tokens as fit into whole sequences
    tokens = made.validation_sequences * length
    assert tokens <= {"masked": 32768, "causal": 16384}[objective] < tokens + length
    assert (made.mask_share is None) == (objective == "causal")


def test_a_recipe_says_what_was_set_and_what_the_corpus_is(corpus: Corpus) -> None:
    scale = Scale(steps=40, batch=3, length=16, learning_rate=5e-4, seed=7, device="cuda")
    made = recipe("gpt2", "causal", corpus, scale)
    assert (made.steps, made.batch, made.length, made.learning_rate, made.seed, made.device) == (
        *(40, 3, 16, 5e-4),
        *(7, "cuda"),
    )
    assert made.points == (4, 10, 20, 30, 40)
    assert (made.protocol, made.vocabulary, made.tokens) == ("own", 257, "bytes")
    assert (made.train_sha256, made.validation_sha256) == (corpus.train_sha256, corpus.validation_sha256)
    counts = np.unique(corpus.train, return_counts=True)[1]
    assert made.unigram_entropy == pytest.approx(stats.entropy(counts))
    assert made.digest != recipe("gpt2", "causal", corpus, Scale(40, 3, 16, 5e-4, seed=8, device="cuda")).digest


def test_the_protocol_is_the_name_that_was_given_with_the_vocabulary(corpus: Corpus) -> None:
    scale = Scale(steps=10, batch=1, length=8, learning_rate=1e-3)
    assert recipe("llama", "causal", corpus, scale, "scratch").protocol == "scratch"
    pairs = replace(corpus, vocabulary=300)
    assert recipe("llama", "causal", pairs, scale, "scratch").protocol == "scratch-300"
    assert recipe("gpt2", "causal", pairs, scale).protocol == "own-300"


def test_the_bundled_tables_were_trained_by_the_defaults() -> None:
    spaces = {"flexibert-own": "flexibert", "gpt2-own": "gpt2", "llama-scratch-own": "llama", "rnn-own": "rnn"}
    for name, space in spaces.items():
        kept = load_trained(name)[2]
        assert kept is not None
        scale = SCALES[get_space(space, "own").objective]
        assert (kept.steps, kept.batch, kept.length, kept.learning_rate) == (
            *(scale.steps, scale.batch),
            *(scale.length, scale.learning_rate),
        )


def test_a_text_that_is_too_short_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("a" * 100)
    short = read_corpus(tmp_path / "text.txt")
    assert (len(short.train), len(short.validation)) == (90, 10)
    recipe("gpt2", "causal", short, Scale(steps=10, batch=11, length=8, learning_rate=1e-3))
    with pytest.raises(
        InputError, match=r"^the training text is too short: expected more than 90 tokens \(bytes\), found 90$"
    ):
        recipe("gpt2", "causal", short, Scale(steps=10, batch=10, length=9, learning_rate=1e-3))
    with pytest.raises(
        InputError, match=r"^the validation text is too short: expected more than 10 tokens \(bytes\), found 10$"
    ):
        recipe("gpt2", "causal", short, Scale(steps=10, batch=1, length=9, learning_rate=1e-3))
