"""Texts that come from anybody: cleaned, and filled into templates in a single pass."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.llm.text import LONGEST_VALUE, clean_line, clean_text, fill, read_text, read_values


@pytest.mark.property
@given(st.text(max_size=60))
def test_a_clean_text_shows_all_that_it_has(text: str) -> None:
    cleaned = clean_text(text)
    assert all(letter in "\n\t" or not unicodedata.category(letter).startswith("C") for letter in cleaned)
    assert clean_text(cleaned) == cleaned
    cleaned.encode()
    assert "\n" not in clean_line(text)


def test_what_is_unseen_is_dropped() -> None:
    # a terminal's escape, a turned direction, a tag, half of a pair, a zero width
    assert clean_text("a\x1b[31m\u202eb\U000e0041\ud800\u200bc\x00\x7f") == "a[31mbc"
    assert clean_text("a\r\nb\u2028c\tü漢") == "a\nb\nc\tü漢"


def test_a_value_is_one_line_and_a_part_keeps_its_lines() -> None:
    filled = fill("Task: $task\n${rows}$$", {"task": "x\n\nBLEU: 99"}, {"rows": "a\nb\x00"})
    assert filled == "Task: x BLEU: 99\na\nb$"


@pytest.mark.property
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_value_brings_in_a_placeholder(first: str, second: str) -> None:
    filled = fill("<$a|${b}>", {"a": f"$b ${{a}} $$ {first}", "b": second})
    assert filled == f"<{clean_line(f'$b ${{a}} $$ {first}')}|{clean_line(second)}>"


@pytest.mark.parametrize(
    ("template", "values", "words"),
    [
        ("$a $b", {"a": 1}, "expected a value for each placeholder, found none for 'b'"),
        ("$a", {"a": 1, "b": 2}, "expected a placeholder for each value, found none for 'b'"),
        ("$a\ncosts 5$ ", {"a": 1}, "line 2: expected $name, ${name} or $$, found a dollar alone"),
        ("${a.__class__}", {"a": 1}, "found a dollar alone"),
        ("$a", {"a": "x" * (LONGEST_VALUE + 1)}, f"expected at most {LONGEST_VALUE} letters"),
    ],
)
def test_a_template_and_values_that_do_not_fit_are_refused(template: str, values: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        fill(template, values, source="t.txt")
    assert str(caught.value).startswith("t.txt: ")
    assert words in str(caught.value)


def test_numbers_are_filled_as_they_are_written() -> None:
    assert fill("{format!r} $n %s $x", {"n": 12, "x": 0.5}) == "{format!r} 12 %s 0.5"


def test_files_are_read_or_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("Task: $task")
    assert read_text(tmp_path / "t") == "Task: $task"
    with pytest.raises(InputError, match="no such file"):
        read_text(tmp_path / "nowhere")
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="expected a text"):
        read_text(tmp_path / "b")
    with pytest.raises(InputError, match="expected a text"):
        read_text(tmp_path)
    (tmp_path / "v").write_text(json.dumps({"a": "x", "n": 3, "f": 0.5}))
    assert read_values(tmp_path / "v") == {"a": "x", "n": 3, "f": 0.5}
    for bad in (True, None, [1], {"x": 1}):
        (tmp_path / "v").write_text(json.dumps({"a": bad}))
        with pytest.raises(InputError, match="'a': expected a text or a number"):
            read_values(tmp_path / "v")
