"""What a page consists of."""

from __future__ import annotations

from lpzero.reporting.blocks import Facts, visible


def test_facts_without_a_value_are_left_out() -> None:
    assert Facts({"a": 0, "b": None, "c": "", "d": "x"}).given == {"a": "0", "d": "x"}


def test_what_cannot_be_printed_is_made_visible_and_nothing_else() -> None:
    assert visible("tau-a é ∑\nnext") == "tau-a é ∑\nnext"
    assert visible("\x00\x1b\u202e\u200b\r\t") == "\\x00\\x1b\\u202e\\u200b\\r\\t"
    assert visible("\ud800") == "\\ud800"
