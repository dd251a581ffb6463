"""The reader: what it refuses, where it says so, and that nothing is ever run."""

from __future__ import annotations

import sys

import pytest

from lpzero.errors import InputError
from lpzero.formula import parse
from lpzero.formula.parse import MAX_TEXT


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "found nothing"),
        ("   ", 1, "found nothing"),
        ("weight", 1, "reduce tensors"),
        ("sum(l1(wieght))", 8, "unknown name 'wieght': expected one of weight"),
        ("sum(l2(weight))", 5, "unknown primitive 'l2': expected one of identity"),
        (
            "sum(l1(weight)) + '1'",
            19,
            "expected an operand, a primitive, or one of + - * /, found a constant that is no",
        ),
        (
            "sum(l1(weight)) * True",
            19,
            "expected an operand, a primitive, or one of + - * /, found a constant that is no",
        ),
        (
            "sum(l1(weight)) + 2j",
            19,
            "expected an operand, a primitive, or one of + - * /, found a constant that is no",
        ),
        ("sum(l1(weight)) - 1e999", 19, "expected a finite constant, found a larger one"),
        ("sum(l1(weight)) - 1" + "0" * 400, 19, "expected a finite constant, found a larger one"),
        ("sum(l1(0.5 * weight))", 8, "mul takes two values of one type, found scalar and tensor[parameter]"),
        ("sum(0.5)", 1, "sum takes tensor or layers, found scalar"),
        ("sum(depth)", 1, "sum takes tensor or layers, found scalar"),
        ("depth(2)", 1, "unknown primitive 'depth'"),
        ("__import__('os')", 1, "unknown primitive '__import__'"),
        ("sum(l1(weight)).real", 1, "an attribute"),
        ("(lambda: weight)()", 1, "no name"),
        ("lambda x: x", 1, "a lambda"),
        ("sum(l1(weight))[0]", 1, "an index"),
        ("sum(l1(weight)) if weight else grad", 1, "a condition"),
        ("sum(l1(*weight))", 5, "plain argument"),
        ("sum(l1(x=weight))", 5, "plain argument"),
        ("sum(l1())", 5, "plain argument"),
        ("sum(l1(weight, grad))", 5, "takes 1 argument"),
        ("sum(l1(weight)) ** sum(l1(grad))", 1, "another operator"),
        ("not sum(l1(weight))", 1, "another operator"),
        ("sum(l1(weight)", 4, "expected a formula"),
        ("sum(l1(weight)) = 3", 17, "expected a formula"),
        ("import os", 1, "expected a formula"),
        ("sum(l1(wéight))", 9, "expected ASCII"),
        ("sum(l1(weight))\x00", 16, "expected ASCII"),
        ("sum(log)", 5, "needs arguments"),
        ("  sum(l1(wieght))", 10, "unknown name"),
        ("sum(l1(weight * attention))", 8, "of one type"),
    ],
)
def test_refuses_with_the_column(text: str, column: int, words: str) -> None:
    with pytest.raises(InputError) as err:
        parse(text)
    assert words in str(err.value)
    assert f"column {column}:" in str(err.value)
    assert "\n" not in str(err.value)


def test_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(sys, "exit", called.append)
    for text in ("sys.exit(3)", "__import__('sys').exit(3)", "(lambda: exit())()", "f'{exit()}'", "exit()"):
        with pytest.raises(InputError):
            parse(text)
    assert called == []


@pytest.mark.parametrize(
    "text",
    [
        "sum(" + "neg(" * 30 + "l1(weight)" + ")" * 31,
        "-" * 3000 + "sum(l1(weight))",
        "(" * 2000 + "weight" + ")" * 2000,
        "sum(l1(" + "abs(" * 150 + "weight" + ")" * 152,
    ],
)
def test_refuses_depth_without_a_crash(text: str) -> None:
    with pytest.raises(InputError, match=r"column \d+: (too deep|expected a formula)"):
        parse(text)


def test_refuses_size_and_length() -> None:
    with pytest.raises(InputError, match="too long"):
        parse("sum(l1(weight))" + " " * MAX_TEXT)
    part = "l1(weight)"
    for _ in range(6):
        part = f"({part}) + ({part})"
    with pytest.raises(InputError, match="too large"):
        parse(f"sum({part} + {part})")


def test_a_minus_is_neg() -> None:
    assert str(parse("-sum(l1(weight))")) == "neg(sum(l1(weight)))"
