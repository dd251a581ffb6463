"""What a table of one's own may be called, and what its card may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.tables import TABLES
from lpzero.tables.naming import check_names, check_texts

OUT = Path("out")


def refusal(name: str) -> str:
    """What is said of a name; empty where it may be taken."""
    try:
        check_names(name, OUT)
    except InputError as err:
        return str(err)
    return ""


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=8) | st.text("ab1._-/\\ ", max_size=101))
def test_a_name_that_is_taken_is_a_file_name_and_no_path(name: str) -> None:
    said = refusal(name)
    if said:
        assert repr(name) in said
        assert said.endswith("give another `name`")
        return
    assert Path(name).name == name
    assert not name.startswith((".", "-", "_"))
    assert name.isascii()
    assert 1 <= len(name) <= 100


@pytest.mark.parametrize("name", ["a", "My-table.2_b", "0", "x" * 100])
def test_names(name: str) -> None:
    check_names(name, OUT)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-a", "a b", "x" * 101, "ä", "a\n"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InputError, match=r"^expected a name of letters, digits, dots, dashes and underscores, found "):
        check_names(name, OUT)


@pytest.mark.parametrize("name", list(TABLES))
def test_a_known_table_is_not_hidden(name: str) -> None:
    with pytest.raises(
        InputError, match=f"^expected a name that no known table has, found '{name}': give another `name`"
    ):
        check_names(name, OUT)
    with pytest.raises(
        InputError, match=f"^expected a folder that is no known table's name, found '{name}': give anot"
    ):
        check_names("mine", Path(name))
    # only as it would be asked for
    check_names("mine", Path("folder") / name)


def test_a_card_says_lines_of_text() -> None:
    check_texts([("source", "a paper, https://example.org"), ("note", "ä, ☃"), ("note", " x ")])
    check_texts([])
    for text in ("", "  ", "a\nb", "a\x1b[31m", "\u2028"):
        with pytest.raises(InputError) as raised:
            check_texts([("note", "fine"), ("licence", text)])
        assert str(raised.value) == f"`licence`: expected a line of text, found {text!r}"
