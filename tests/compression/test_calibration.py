"""Texts laid out for a checkpoint: what is looked at, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lpzero.compression import calibration
from lpzero.compression.calibration import calibrate, read_texts
from lpzero.errors import InputError
from tests.compression.tiny import tiny, word_tokenizer, written_text

NUMBERS = {"looking": 5, "fitting": 6, "proving": 3, "context": 8, "seed": 0}


def written(folder: Path, name: str, words: int) -> Path:
    path = folder / name
    path.write_text(written_text(words))
    return path


def test_what_losses_are_measured_on_is_not_looked_at(tmp_path: Path) -> None:
    texts = read_texts(written(tmp_path, "a.txt", 400), [written(tmp_path, "b.txt", 100)])
    shown = calibrate(tiny("llama"), word_tokenizer(), texts, **NUMBERS)
    words = [int(word[1:]) for word in (tmp_path / "a.txt").read_text().split()]
    assert shown.fitting.flatten().tolist() == words[:48]
    assert shown.choosing.inputs.flatten().tolist() == words[:40]
    assert shown.measuring.inputs.flatten().tolist() == words[:32]
    own, other = shown.questions
    assert (own.windows.name, other.windows.name) == ("a.txt", "b.txt")
    # the cut is by characters, and may fall within a word
    first = own.windows.inputs[0].tolist()
    assert first[1:] in [words[at : at + 7] for at in range(340, 380)]
    assert own.windows.inputs.shape == (3, 8)
    assert len({shown.sha256, own.sha256, other.sha256}) == 3


def test_a_short_end_is_left_out_where_there_is_another_text(tmp_path: Path) -> None:
    short, other = written(tmp_path, "a.txt", 60), written(tmp_path, "b.txt", 100)
    shown = calibrate(tiny("llama"), word_tokenizer(), read_texts(short, [other]), **NUMBERS)
    assert [one.windows.name for one in shown.questions] == ["b.txt"]
    assert any("the end of a.txt is too short" in note for note in shown.notes)
    with pytest.raises(
        InputError, match=r"a.txt: expected a last tenth of at least 16 tokens, to measure losses on, found"
    ):
        calibrate(tiny("llama"), word_tokenizer(), read_texts(short, []), **NUMBERS)


def test_texts_of_one_name_and_long_contexts_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", 400)
    with pytest.raises(InputError, match=r"`check`: expected files of different names, found a.txt, a.txt"):
        read_texts(path, [path])
    with pytest.raises(InputError, match="`context`: expected at most the model's 32 tokens, found 33"):
        calibrate(tiny("llama"), word_tokenizer(), read_texts(path, []), **{**NUMBERS, "context": 33})


def test_text_that_the_model_does_not_know_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = read_texts(written(tmp_path, "a.txt", 400), [])
    # words of about 4 bytes, guessed evenly: ln 40 / 4 and more
    assert (
        "does not seem to be text of a language that it knows"
        in calibrate(tiny("llama"), word_tokenizer(), texts, **NUMBERS).notes[0]
    )
    monkeypatch.setattr(calibration, "STRANGE", 10.0)
    assert calibrate(tiny("llama"), word_tokenizer(), texts, **NUMBERS).notes == ()


def test_an_encoder_is_asked_for_what_is_hidden(tmp_path: Path) -> None:
    texts = read_texts(written(tmp_path, "a.txt", 400), [])
    shown = calibrate(tiny("bert"), word_tokenizer(), texts, **NUMBERS)
    hidden = shown.choosing.labels != -100
    assert torch.equal(shown.choosing.inputs[hidden], torch.ones(int(hidden.sum()), dtype=torch.long))


def test_what_is_learned_from_does_not_depend_on_what_is_checked(tmp_path: Path) -> None:
    """The mask of an encoder is drawn by the name of the text: that of its own."""
    path, other = written(tmp_path, "a.txt", 400), written(tmp_path, "b.txt", 100)
    shown = [calibrate(tiny("bert"), word_tokenizer(), read_texts(path, more), **NUMBERS) for more in ([], [other])]
    assert shown[0].learning.name == shown[1].learning.name == "a.txt"
    assert torch.equal(shown[0].learning.inputs, shown[1].learning.inputs)
    assert torch.equal(shown[0].learning.labels, shown[1].learning.labels)


def test_the_text_that_is_looked_at_is_no_proof_under_another_name(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", 400)
    (tmp_path / "copy.txt").write_bytes(path.read_bytes())
    with pytest.raises(InputError, match=r"`check` copy.txt: expected another text than the one that is looked at"):
        read_texts(path, [tmp_path / "copy.txt"])


def test_tokens_and_positions_that_a_model_has_not_are_refused(tmp_path: Path) -> None:
    texts = read_texts(written(tmp_path, "a.txt", 400), [])
    with pytest.raises(InputError, match=r"a.txt: expected tokens below the model's 30, found 39"):
        calibrate(tiny("llama", vocab_size=30), word_tokenizer(), texts, **NUMBERS)
    # positions of RoBERTa begin behind that of the padding, 1
    assert calibrate(tiny("roberta"), word_tokenizer(), texts, **{**NUMBERS, "context": 16}).choosing.predicted
    with pytest.raises(InputError, match="`context`: expected at most the model's 30 tokens, found 31"):
        calibrate(tiny("roberta"), word_tokenizer(), texts, **{**NUMBERS, "context": 31})
