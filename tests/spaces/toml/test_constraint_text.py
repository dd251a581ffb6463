"""The text of a constraint: what it means is what Python means, and nothing that Python would carry out is let in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.spaces.toml.constraint_text import DEEPEST, LONGEST, parse_constraint

VALUES: dict[str, Any] = {"a": 12, "b": 5, "c": -3, "flag": True, "off": False, "kind": "relu"}


@st.composite
def numbers(draw: st.DrawFn, depth: int = 3) -> tuple[str, int]:
    """A number as text, and its value by Python's own operators."""
    if depth == 0 or draw(st.booleans()):
        name = draw(st.sampled_from(["a", "b", "c", "7", "2"]))
        return name, VALUES[name] if name in VALUES else int(name)
    (left, x), (right, y) = draw(numbers(depth - 1)), draw(numbers(depth - 1))
    symbol = draw(st.sampled_from(["+", "-", "*", *(["//", "%"] if y else [])]))
    value = {
        "+": lambda: x + y,
        "-": lambda: x - y,
        "*": lambda: x * y,
        "//": lambda: x // y,
        "%": lambda: x % y,
    }[symbol]()
    return f"({left} {symbol} {right})", value


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> tuple[str, bool]:
    """A condition as text, and whether it holds."""
    if depth == 0 or draw(st.booleans()):
        (left, x), (middle, y), (right, z) = (draw(numbers(2)) for _ in range(3))
        first, second = (draw(st.sampled_from(["<", "<=", "==", "!=", ">", ">="])) for _ in range(2))
        tests = {
            "<": lambda p, q: p < q,
            "<=": lambda p, q: p <= q,
            "==": lambda p, q: p == q,
            "!=": lambda p, q: p != q,
            ">": lambda p, q: p > q,
            ">=": lambda p, q: p >= q,
        }
        return f"{left} {first} {middle} {second} {right}", tests[first](x, y) and tests[second](y, z)
    (left_text, p), (right_text, q) = draw(conditions(depth - 1)), draw(conditions(depth - 1))
    kind = draw(st.sampled_from(["and", "or", "not"]))
    if kind == "not":
        return f"not ({left_text})", not p
    return f"({left_text}) {kind} ({right_text})", (p and q) if kind == "and" else (p or q)


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(conditions())
def test_a_condition_holds_where_python_says_so(drawn: tuple[str, bool]) -> None:
    text, wanted = drawn
    if len(text) <= LONGEST:
        assert parse_constraint(text).holds(VALUES) is wanted


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("kind in ('relu', 'gelu')", True),
        ("kind not in ['relu']", False),
        ("c in (-3, 4)", True),
        ("a in (12.0,)", True),
        ("flag and not off", True),
        ("flag == True", True),
        ("-c == 3", True),
        ("- - a == a", True),
        ("  a == 12\n", True),
        ("a % b == 2", True),
        ("c // 2 == -2", True),
        ("1_2 == a", True),
        ("'a' 'b' == 'ab'", True),
        ("True", True),
        ("off", False),
    ],
)
def test_forms(text: str, holds: bool) -> None:
    assert parse_constraint(text).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os')", "expected no call"),
        ("a.real == 1", "expected no attribute"),
        ("kind[0] == 'r'", "expected nothing in square brackets"),
        ("f'{a}' == '12'", "expected a plain text"),
        ("(lambda: 1) == 1", "expected +, -, *, //, %"),
        ("[x for x in a] == 1", "expected +, -, *, //, %"),
        ("(a := 3) == 3", "expected +, -, *, //, %"),
        ("a ** b == 1", "expected +, -, *, //, %"),
        ("a / b == 1", "expected +, -, *, //, %"),
        ("a if flag else b", "expected +, -, *, //, %"),
        ("~a == 1", "expected +, -, *, //, %"),
        ("a is b", "expected == or !="),
        ("a in b", "expected constants in parentheses behind in"),
        ("a in ()", "expected constants in parentheses behind in"),
        ("a in (b, 1)", "expected constants alone behind in"),
        ("1 < a in (1, 2)", "expected in in a comparison of its own"),
        ("a + b", "expected a comparison, such as one with == 0"),
        ("12", "expected a comparison, such as one with == 0"),
        ("'relu'", "expected a comparison"),
        ("not a + b", "expected a comparison"),
        ("a == None", "expected a number, a text, True or False"),
        ("a == 1j", "expected a number, a text, True or False"),
        ("a == b'x'", "expected a number, a text, True or False"),
        ("a == ...", "expected a number, a text, True or False"),
        ("a == 10000000000000000000", "expected numbers up to 1e+18, found a larger one"),
        ("a == 1e999", "expected numbers up to 1e+18"),
        ("a in (-True,)", "expected a number, found True"),
        ("a = 1", "expected a condition, found"),
        ("a == 1; b", "expected a condition, found"),
        ("1if a == 1 else b", "expected a condition, found"),
        ("", "expected a condition, found"),
        ("a ==\x00 1", "expected a condition, found"),
    ],
)
def test_other_forms_are_refused_in_one_line_with_the_text(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_constraint(text)
    message = str(raised.value)
    assert message.startswith(f"constraints: {text!r}: ")
    assert said in message
    assert len(message.splitlines()) == 1


def test_length_and_depth_are_bounded() -> None:
    assert parse_constraint("a == 12" + " " * (LONGEST - 7)).holds(VALUES)
    with pytest.raises(InputError, match=f"expected at most {LONGEST} characters, found {LONGEST + 1}"):
        parse_constraint("a == 12" + " " * (LONGEST - 6))
    # a comparison, so many minus signs, and the number: the deepest
    deepest = "-" * (DEEPEST - 2)
    assert parse_constraint(f"{deepest}a == {12 if len(deepest) % 2 == 0 else -12}").holds(VALUES)
    for text in (f"{deepest}-a == 12", "not " * 100 + "flag", "-" * 490 + "a == 1"):
        with pytest.raises(InputError, match=f"expected at most {DEEPEST} levels, found more"):
            parse_constraint(text)


def test_a_field_is_resolved_once_a_mention_and_an_unknown_one_is_refused() -> None:
    def resolve(name: str) -> str:
        if name == "colour":
            raise InputError("gpt2 has no such field: expected one of a, b")
        return {"hidden_size": "a"}.get(name, name)

    assert parse_constraint("hidden_size == 12 and b < hidden_size", resolve).names == {"a", "b"}
    with pytest.raises(InputError, match=r"^constraints: 'colour == 1': gpt2 has no such field: expected one of a, b$"):
        parse_constraint("colour == 1", resolve)
