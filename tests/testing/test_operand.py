"""The laws of an operand that a package brings, each seen to fail."""

from __future__ import annotations

import pytest

from lpzero.testing import check_operand
from tests.conftest import Install

CODE = """
import torch
from lpzero.operands.operand import DerivedOperand

CALLS = []

def counting(hidden):
    CALLS.append(0)
    return hidden + len(CALLS)

def drawing(hidden):
    return hidden + 0 * torch.rand(1)

def writing(hidden):
    return hidden.mul_(2)

def halved(hidden):
    return hidden[..., :1]

def endless(hidden):
    return hidden / 0

def plain(hidden):
    return hidden * 1

def row(function, sign="any", name=None):
    return DerivedOperand(name or function.__name__, "hidden", ("hidden",), function, "X", "a test", sign)

COUNTING, DRAWING, WRITING, HALVED, ENDLESS, PLAIN = map(row, (counting, drawing, writing, halved, endless, plain))
SIGNED = row(plain, "nonnegative", "signed")
"""
NAMES = ("counting", "drawing", "writing", "halved", "endless", "plain", "signed")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("plain", ""),
        ("counting", "is the same again, bit for bit"),
        ("drawing", "leaves the global random state of torch as it was"),
        ("writing", "leaves what it is computed of as it was"),
        ("halved", "has the shape of what it is computed of"),
        ("endless", "is finite on a small decoder"),
        ("signed", "is nonnegative, as its row says"),
        ("absent", "is found by its name, not 'absent': install it"),
        ("weight", "is found by its name, not 'weight': install it"),
    ],
)
def test_an_operand_that_breaks_a_law_is_told_which(install: Install, name: str, sentence: str) -> None:
    install("lpzero_operand_laws", CODE, {"operands": {one: one.upper() for one in NAMES}})
    if not sentence:
        check_operand(name)
        return
    with pytest.raises(AssertionError, match=sentence):
        check_operand(name)
