"""A corpus: text as ids and back, the cut, the entropy, and files that are none."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import entropy
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel

from lpzero.errors import InputError
from lpzero.training import corpus as corpus_module
from lpzero.training.corpus import Corpus, read_corpus

SENTENCE = "The cat sat on the mat — and the dög sat on the cat.\r\n  日本語, \N{GRINNING FACE}!\n"
TEXT = SENTENCE * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of text in several alphabets."""
    file = tmp_path / "text.txt"
    file.write_bytes(TEXT.encode())
    return file


def text_of(ids: np.ndarray) -> str:
    """The text that byte ids stand for."""
    return bytes((ids - 1).astype(np.uint8)).decode()


def test_bytes_survive(path: Path) -> None:
    corpus = read_corpus(path)
    assert text_of(corpus.train) + text_of(corpus.validation) == TEXT
    assert corpus.train.dtype == corpus.validation.dtype == np.int64
    assert (corpus.tokens, corpus.vocabulary) == ("bytes", 257)


@pytest.mark.property
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_survives_and_is_cut_between_characters(tmp_path: Path, text: str) -> None:
    file = tmp_path / "any.txt"
    file.write_bytes(text.encode())
    corpus = read_corpus(file)
    train, held = text_of(corpus.train), text_of(corpus.validation)
    assert train + held == text
    # the last tenth, in characters, but one at least where there are two
    assert len(held) == (max(1, len(text) // 10) if len(text) > 1 else 0)
    assert corpus.train_sha256 == hashlib.sha256(train.encode()).hexdigest()
    assert corpus.validation_sha256 == hashlib.sha256(held.encode()).hexdigest()
    # the mask stands for no byte, and none is beyond the vocabulary
    assert all(0 < i < 257 for i in (*corpus.train, *corpus.validation))


def test_every_byte_of_utf8_has_its_id(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(b"\x00\x01A\x7f\xc3\xbf" * 10)
    assert read_corpus(file).train[:6].tolist() == [1, 2, 0x42, 0x80, 0xC4, 0xC0]


def test_the_validation_is_the_tail_of_the_text_or_a_file_of_its_own(path: Path, tmp_path: Path) -> None:
    alone = read_corpus(path)
    assert text_of(alone.validation) == TEXT[-(len(TEXT) // 10) :]
    other = tmp_path / "other.txt"
    other.write_text("something else")
    both = read_corpus(path, validation=other)
    assert text_of(both.train) == TEXT
    assert text_of(both.validation) == "something else"
    assert both.tokenizer_sha256 == alone.tokenizer_sha256
    assert both.train_sha256 != alone.train_sha256


def test_the_unigram_entropy_is_scipys(path: Path) -> None:
    for tokens in ("bytes", "bpe:290"):
        corpus = read_corpus(path, tokens=tokens)
        shares = np.bincount(corpus.train) / len(corpus.train)
        assert corpus.unigram_entropy == pytest.approx(entropy(shares), rel=1e-12)


def test_the_unigram_entropy_looks_at_the_training_text_alone(tmp_path: Path) -> None:
    for name, text in (("four", "abcd" * 8), ("one", "zzzz")):
        (tmp_path / name).write_text(text)
    assert read_corpus(tmp_path / "four", validation=tmp_path / "one").unigram_entropy == pytest.approx(np.log(4))
    assert read_corpus(tmp_path / "one", validation=tmp_path / "four").unigram_entropy == 0


def pairs_back(corpus: Corpus, size: int) -> tuple[str, str]:
    """The text that ids of byte pairs stand for, by the tokenizer of the training text."""
    tokenizer = corpus_module._train_pairs(TEXT[: len(TEXT) - len(TEXT) // 10], size)
    assert isinstance(tokenizer, Tokenizer)
    assert hashlib.sha256(tokenizer.to_str().encode()).hexdigest() == corpus.tokenizer_sha256
    names = [[tokenizer.id_to_token(int(i)) for i in part] for part in (corpus.train, corpus.validation)]
    return ByteLevel().decode(names[0]), ByteLevel().decode(names[1])


@pytest.mark.parametrize("size", [258, 270, 290])
def test_byte_pairs_decode_back(path: Path, size: int) -> None:
    corpus = read_corpus(path, tokens=f"bpe:{size}")
    train, held = pairs_back(corpus, size)
    assert train + held == TEXT
    assert corpus.vocabulary == size
    assert corpus.tokens == f"bpe:{size}"
    assert corpus.train.dtype == np.int64
    # id 0 is the mask
    assert 0 < corpus.train.min() <= corpus.train.max() < size
    json_of = json.loads(corpus_module._train_pairs(TEXT[: len(TEXT) - len(TEXT) // 10], size).to_str())
    assert json_of["model"]["vocab"]["[MASK]"] == 0
    assert len(corpus.train) < len(TEXT.encode()) * 0.9


def test_more_pairs_make_fewer_tokens(path: Path) -> None:
    lengths = [len(read_corpus(path, tokens=tokens).train) for tokens in ("bytes", "bpe:258", "bpe:290")]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) == 3


def test_a_text_with_too_few_pairs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "poor.txt"
    file.write_text("ab " * 50)
    # "ab", " a", " ab" and no more: the 257 that are always there, and a few
    with pytest.raises(InputError) as caught:
        read_corpus(file, tokens="bpe:5000")
    message = re.fullmatch(
        rf"corpus {re.escape(str(file))}: expected text for 5000 ids, found (\d+) in it: use `tokens` bpe:(\d+)",
        str(caught.value),
    )
    assert message
    assert 257 < int(message[1]) == int(message[2]) < 262
    assert read_corpus(file, tokens=f"bpe:{message[1]}").vocabulary == int(message[1])


def test_a_text_without_pairs_is_one_of_bytes(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("a\n" * 50)
    with pytest.raises(InputError, match=r"expected text for 300 ids, found 257 in it: use `tokens` bytes"):
        read_corpus(file, tokens="bpe:300")


def test_byte_pairs_are_learned_from_the_training_text_alone(path: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("xyzzy " * 300)
    two.write_text("plugh " * 300)
    hashes = {read_corpus(path, validation=held, tokens="bpe:260").tokenizer_sha256 for held in (one, two)}
    assert len(hashes) == 1
    assert read_corpus(one, validation=two, tokens="bpe:260").tokenizer_sha256 not in hashes


def test_another_process_learns_the_same_byte_pairs(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from lpzero.training.corpus import read_corpus\n"
        "corpus = read_corpus(Path(sys.argv[1]), tokens='bpe:290')\n"
        "print(corpus.tokenizer_sha256, corpus.train.sum())"
    )
    here = read_corpus(path, tokens="bpe:290")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == [here.tokenizer_sha256, str(here.train.sum())]


def test_the_name_of_the_mask_in_a_text_is_no_mask(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("a [MASK] is worn. " * 30)
    corpus = read_corpus(file, tokens="bpe:265")
    assert (corpus.train != 0).all()


@pytest.mark.parametrize(
    "tokens",
    ["bpe:0", "bpe:10", "bpe:257", "bpe:65537", "bpe:0300", "bpe:", "bpe:-300", "bpe:300.0", "words", "", "Bytes"],
)
def test_other_tokens_are_refused(path: Path, tokens: str) -> None:
    with pytest.raises(InputError) as caught:
        read_corpus(path, tokens=tokens)
    assert str(caught.value) == f"tokens: expected bytes, or bpe:N with N from 258 to 65536, found {tokens!r}"


@pytest.mark.parametrize("place", ["corpus", "validation"])
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "expected a file of UTF-8 text, found none"),
        ("latin", "expected UTF-8 text, found other bytes at 8"),
        ("half", "expected UTF-8 text, found other bytes at 3"),
        ("folder", "expected a readable file of UTF-8 text: Is a directory"),
    ],
)
def test_a_file_that_is_no_text_is_named_in_one_line(
    path: Path, tmp_path: Path, place: str, kind: str, message: str
) -> None:
    bad = tmp_path / kind
    if kind == "latin":
        bad.write_bytes("a text: \xe9t\xe9".encode("latin-1"))
    if kind == "half":
        bad.write_bytes("abc\u00e9".encode()[:-1])
    if kind == "folder":
        bad.mkdir()
    with pytest.raises(InputError) as caught:
        if place == "corpus":
            read_corpus(bad)
        else:
            read_corpus(path, validation=bad)
    assert str(caught.value) == f"corpus {bad}: {message}"


@pytest.mark.parametrize("text", ["", "x"])
def test_a_text_too_short_to_cut_is_left_whole(tmp_path: Path, text: str) -> None:
    file = tmp_path / "short.txt"
    file.write_text(text)
    corpus = read_corpus(file)
    assert text_of(corpus.train) == text
    assert len(corpus.validation) == 0
