"""The recipe: its digest, its ranges, and what it derives from the scale and the corpus."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.scale import SCALES, VALIDATION_TOKENS, Scale, recipe

FIXED = Recipe(
    space="flexibert",
    protocol="own",
    objective="masked",
    tokens="bytes",
    vocabulary=257,
    tokenizer_sha256="a" * 64,
    train_sha256="b" * 64,
    validation_sha256="c" * 64,
    unigram_entropy=3.25,
    seed=0,
    steps=1000,
    batch=32,
    length=32,
    learning_rate=0.002,
    warm_up=100,
    betas=(0.9, 0.999),
    weight_decay=0.01,
    clip=1.0,
    mask_share=0.3,
    points=(100, 250, 500, 750, 1000),
    validation_sequences=1024,
    dtype="float32",
    device="cpu",
)

SPACES = pytest.mark.parametrize("name", ["flexibert", "gpt2"])


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """900 bytes to train on and 100 to validate on."""
    path = tmp_path / "text.txt"
    path.write_text("abcdefghij" * 100)
    return read_corpus(path)


def other(value: Any) -> Any:
    """The next value of the same kind."""
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return math.nextafter(value, math.inf)
    return (other(value[0]), *value[1:])


def test_the_digest_is_stable() -> None:
    assert FIXED.digest == "0ffc92325bd89188"
    # what is written and read again is the same recipe
    again = json.loads(json.dumps(asdict(FIXED)))
    assert replace(FIXED, **{name: again[name] for name in ("betas", "points")}).digest == FIXED.digest


@pytest.mark.parametrize("name", [field.name for field in fields(Recipe)])
def test_the_digest_changes_with_every_field(name: str) -> None:
    changed = replace(FIXED, **{name: other(getattr(FIXED, name))})
    assert changed.digest != FIXED.digest
    assert len(changed.digest) == 16
    assert replace(changed, **{name: getattr(FIXED, name)}).digest == FIXED.digest


def test_no_mask_is_another_recipe() -> None:
    assert replace(FIXED, mask_share=None).digest not in (FIXED.digest, replace(FIXED, mask_share=0.0).digest)


@SPACES
def test_a_recipe_holds_what_the_corpus_and_the_scale_say(corpus: Corpus, name: str) -> None:
    space = get_space(name, "own")
    scale = Scale(steps=40, batch=3, length=16, learning_rate=3e-3, seed=5, device="cpu")
    written = recipe(name, space.objective, corpus, scale)
    for field in ("tokens", "vocabulary", "tokenizer_sha256", "train_sha256", "validation_sha256", "unigram_entropy"):
        assert getattr(written, field) == getattr(corpus, field)
    for field in ("steps", "batch", "length", "learning_rate", "seed", "device"):
        assert getattr(written, field) == getattr(scale, field)
    assert (written.space, written.protocol, written.objective) == (name, "own", space.objective)
    assert (written.mask_share is None) == (space.objective == "causal")
    assert get_space(written.space, written.protocol).vocabulary == corpus.vocabulary


def test_the_protocol_follows_the_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat and looked at the other cat on the wall " * 40)
    pairs = read_corpus(path, tokens="bpe:270")
    written = recipe("gpt2", "causal", pairs, Scale(steps=10, batch=1, length=32, learning_rate=2e-3))
    assert written.protocol == "own-270"
    assert get_space("gpt2", written.protocol).vocabulary == 270


@pytest.mark.property
@given(steps=st.integers(10, 100_000))
def test_the_warm_up_and_the_points_lie_within_the_steps(steps: int) -> None:
    ids = read_corpus(Path(__file__)).train
    corpus = Corpus(ids, ids, "bytes", 257, "a", "b", "c")
    written = recipe("gpt2", "causal", corpus, Scale(steps=steps, batch=1, length=32, learning_rate=2e-3))
    assert 0 < written.warm_up < steps
    assert written.warm_up <= 100
    assert list(written.points) == sorted(set(written.points))
    assert written.points[0] >= 1
    assert written.points[-1] == steps
    assert len(written.points) == 5
    # one at half the steps, from which the ranking is read that the end is compared with
    assert min(abs(point - steps / 2) for point in written.points) <= 0.5


@pytest.mark.parametrize(
    ("part", "batch", "length", "message"),
    [
        ("training", 30, 30, "the training text is too short: expected more than 900 tokens (bytes), found 900"),
        ("training", 1000, 2, "the training text is too short: expected more than 2000 tokens (bytes), found 900"),
        ("validation", 1, 64, "the validation text is too short: expected more than 65 tokens (bytes), found 65"),
    ],
)
def test_a_corpus_too_short_is_refused(corpus: Corpus, part: str, batch: int, length: int, message: str) -> None:
    if part == "validation":
        corpus = replace(corpus, validation=corpus.validation[:65])
    with pytest.raises(InputError) as caught:
        recipe("gpt2", "causal", corpus, Scale(steps=10, batch=batch, length=length, learning_rate=2e-3))
    assert str(caught.value) == message


def test_a_corpus_just_long_enough_is_taken(corpus: Corpus) -> None:
    held = replace(corpus, validation=corpus.validation[:31])
    assert recipe("gpt2", "causal", held, Scale(steps=10, batch=31, length=29, learning_rate=2e-3)).batch == 31


@pytest.mark.parametrize("text", ["", "x", "xy"])
def test_a_corpus_of_nothing_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "short.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="text is too short"):
        recipe("gpt2", "causal", read_corpus(path), Scale(steps=10, batch=1, length=2, learning_rate=2e-3))


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 9},
        {"batch": 0},
        {"length": 1},
        {"length": 65},
        {"seed": -1},
        {"learning_rate": 0.0},
        {"learning_rate": -1e-3},
        {"learning_rate": 1.0},
        {"learning_rate": math.nan},
        {"learning_rate": math.inf},
    ],
    ids=str,
)
def test_a_scale_out_of_its_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        Scale(**{"steps": 10, "batch": 1, "length": 2, "learning_rate": 2e-3, **wrong})
    (value,) = wrong.values()
    assert str(value) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_edges_of_the_ranges_are_taken() -> None:
    small = Scale(steps=10, batch=1, length=2, learning_rate=1e-9, seed=0)
    large = Scale(steps=10, batch=1, length=64, learning_rate=0.999)
    assert (small.length, large.length) == (2, 64)


@SPACES
def test_the_bundled_tables_scale_makes_a_recipe(corpus: Corpus, name: str) -> None:
    objective = get_space(name).objective
    long = replace(corpus, train=np.tile(corpus.train, 10))
    written = recipe(name, objective, long, SCALES[objective])
    assert (written.steps, written.batch, written.length) == (
        SCALES[objective].steps,
        SCALES[objective].batch,
        SCALES[objective].length,
    )
    assert set(SCALES) == {"masked", "causal"}


@SPACES
@pytest.mark.parametrize("length", [2, 7, 16, 32, 64])
def test_the_validation_reads_as_many_tokens_whatever_their_length(corpus: Corpus, name: str, length: int) -> None:
    objective = get_space(name).objective
    written = recipe(name, objective, corpus, Scale(steps=10, batch=1, length=length, learning_rate=2e-3))
    assert 0 <= VALIDATION_TOKENS[objective] - written.validation_sequences * length < length
