"""Which operands a search may use."""

from __future__ import annotations

from lpzero.operands.available import operands_shown
from lpzero.operands.operand import OPERANDS, WHOLE_OPERANDS
from lpzero.spaces import SPACES


def test_spaces_that_attend_show_everything() -> None:
    others = [name for name in SPACES if name != "rnn"]
    assert operands_shown(OPERANDS, others) == tuple(OPERANDS)
    assert operands_shown(OPERANDS, []) == tuple(OPERANDS)


def test_what_one_of_several_spaces_lacks_is_not_shown() -> None:
    lacking = operands_shown(WHOLE_OPERANDS, ["gpt2", "rnn"])
    assert set(WHOLE_OPERANDS) - set(lacking) == {"attention", "head"}
    assert lacking == operands_shown(WHOLE_OPERANDS, ["rnn"])


def test_a_space_that_is_no_name_lacks_nothing() -> None:
    assert operands_shown(["attention"], ["./space.toml", "a/checkpoint"]) == ("attention",)
