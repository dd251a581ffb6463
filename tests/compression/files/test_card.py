"""The card: what was cut, what it costs beside the full checkpoint, how it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.files.card import Figure, Story, card_text
from lpzero.compression.files.saved import Saved
from tests.compression.files.cases import smaller

STORY = Story(
    "Tiny",
    "lpzero compress tiny --max-params 5k --out m",
    (Figure("this model", "novel.txt", 510, 256, 4.5, 3.25),),
    "More.",
)


def test_a_card_tells_all(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", choice="shallow")
    text = card_text(found, Saved(tmp_path, "plain", 5000, 20_000, 0), STORY, 9000)
    assert "Its files hold 5,000 parameters; those of the checkpoint 9,000." in text
    assert "\nlpzero compress tiny --max-params 5k --out m\n" in text
    assert "| this model | 4.500 | 3.250 | novel.txt | 510 | 256 |" in text
    assert "Layers of the checkpoint that are gone: 1." in text
    assert "| 2 | 2 of 2 | 10 of 10 |" in text
    assert text.endswith("\n\nMore.\n")
    assert "trust_remote_code" not in text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("own_code", "trust_remote_code=True"),
        ("block_configs", "Nemotron-NAS"),
        ("gguf", "llama-cli -m model.gguf"),
    ],
)
def test_each_form_says_how_it_is_loaded(form: str, said: str, tmp_path: Path) -> None:
    text = card_text(smaller(tmp_path / "m"), Saved(tmp_path, form, 5000, 20_000, 7), Story("Tiny"), 9000)
    assert said in text
    assert "7 of them for its readers alone" in text
    assert "Losses" not in text
