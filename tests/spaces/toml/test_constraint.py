"""Constraints: what they say, and that they can say nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.spaces.architecture import Value
from lpzero.spaces.toml.constraint import LARGEST
from lpzero.spaces.toml.constraint_text import parse_constraint

VALUES: dict[str, Value] = {"width": 48, "heads": 4, "rate": 0.5, "act": "relu", "tied": True}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("width % heads == 0", {"width", "heads"}),
        ("width // heads >= 12 and heads - 4 == 0", {"width", "heads"}),
        ("2 * (heads + 1) == 10", {"heads"}),
        ("-heads < 0 <= rate <= 1", {"heads", "rate"}),
        ("act in ('relu', 'gelu') and heads not in [-4, 3]", {"act", "heads"}),
        ("act == 'relu' and act != 'gelu'", {"act"}),
        ("tied", {"tied"}),
        ("not (tied and width < 10) or False", {"tied", "width"}),
        ("  width ==\t48 ", {"width"}),
    ],
)
def test_what_holds_and_what_it_names(text: str, names: set[str]) -> None:
    constraint = parse_constraint(text)
    assert constraint.names == names
    assert constraint.holds(VALUES)
    assert not parse_constraint(f"not ({text})").holds(VALUES)
    assert constraint == parse_constraint(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("__import__('os').system('true') == 0", "no call"),
        ("abs(width) == 48", "no call"),
        ("width.real == 48", "no attribute"),
        ("width[0] == 4", "nothing in square brackets"),
        ("f'{width}' == '48'", "a plain text"),
        ("(lambda: 1) == 1", "found lambda"),
        ("width ** 2 == 4", r"found width \*\* 2"),
        ("width / heads == 12", "found width / heads"),
        ("width is 48", "expected == or !="),
        ("[width] == 48", r"found \[width\]"),
        ("(x := 3) == 3", "x := 3"),
        ("width if tied else heads", "found width if tied else heads"),
        ("[x for x in (1, 2)] == 1", "found .x for x"),
        ("act in heads", "constants in parentheses behind in"),
        ("act in ()", "constants in parentheses behind in"),
        ("act in (heads, 1)", "constants alone behind in"),
        ("act in (-'a', 1)", "expected a number"),
        ("1 < width in (48, 2)", "in a comparison of its own"),
        ("None == act", "a number, a text, True or False, found None"),
        ("act == b'relu'", "a number, a text, True or False"),
        ("width == 1j", "a number, a text, True or False"),
        ("...", "a number, a text, True or False"),
        ("width % heads", "a comparison, such as one with == 0, found width % heads"),
        ("tied and 3", "a comparison, such as one with == 0, found 3"),
        ("not 'a'", "a comparison"),
        ("width = 48", "a condition, found invalid syntax"),
        ("width == 48; tied", "a condition, found invalid syntax"),
        ("", "a condition, found invalid syntax"),
        ("1if tied else 0", "a condition, found invalid decimal|found 1 if tied else 0"),
        ("width ==\0 48", "a condition, found "),
        ("width == '\\d'", "a condition, found .*escape"),
        ("width == 1e400", "a larger one"),
        (f"width < {LARGEST}0", "a larger one"),
        ("-" * 40 + "width < 0", "at most 32 levels"),
        ("(" * 220 + "tied" + ")" * 220, "at most 32 levels|too many nested"),
        ("f(" * 166 + ")" * 166, "at most 32 levels|no call"),
        ("width == 48 and " * 40 + "tied", "at most 500 characters, found 644"),
    ],
)
def test_what_is_no_constraint_is_refused_in_one_line(text: str, found: str) -> None:
    with pytest.raises(InputError, match=found) as caught:
        parse_constraint(text)
    assert str(caught.value).startswith("constraints: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("width // (heads - 4) == 1", "no division by zero, found one where heads is 4, width is 48"),
        ("width % (heads - 4) == 1", "no division by zero"),
        ("act < 3", "expected a number, found 'relu'"),
        ("act * 2 == 'relurelu'", "expected a number, found 'relu'"),
        ("'%s' % act == 'relu'", "expected a number, found '%s'"),
        ("tied + 1 == 2", "expected a number, found True"),
        ("width and tied", "expected True or False, found width, which is 48"),
        ("width * 1000000000000 * 1000000000000 > 0", "a larger one"),
        ("rate // (rate - 0.4999999999999999) // 0.0000001 > 0", "a larger one"),
    ],
)
def test_values_that_a_place_does_not_take_are_refused(text: str, found: str) -> None:
    constraint = parse_constraint(text)
    with pytest.raises(InputError, match=found) as caught:
        constraint.holds(VALUES)
    assert repr(text) in str(caught.value)


def test_fields_are_resolved_when_it_is_read() -> None:
    def resolve(name: str) -> str:
        if name != "hidden_size":
            raise InputError(f"no field {name}")
        return "width"

    assert parse_constraint("hidden_size == 48", resolve).holds(VALUES)
    with pytest.raises(InputError, match="constraints: 'depth == 2': no field depth"):
        parse_constraint("depth == 2", resolve)


def joined(parts: tuple[tuple[str, int], str, tuple[str, int]]) -> tuple[str, int]:
    """A text with its value, worked out beside it."""
    (left, first), symbol, (right, second) = parts
    value = {"+": first + second, "-": first - second, "*": first * second}[symbol]
    return f"({left} {symbol} {right})", value


SUMS = st.recursive(
    st.integers(0, 99).map(lambda n: (str(n), n)) | st.sampled_from([("width", 48), ("heads", 4)]),
    lambda parts: st.tuples(parts, st.sampled_from("+-*"), parts).map(joined),
    max_leaves=6,
)


@pytest.mark.property
@settings(deadline=None)
@given(SUMS, SUMS)
def test_arithmetic_is_that_of_whole_numbers(one: tuple[str, int], other: tuple[str, int]) -> None:
    def holds(text: str) -> bool:
        return parse_constraint(text).holds(VALUES)

    assert holds(f"{one[0]} == {one[1]}")
    assert holds(f"{one[0]} < {other[0]}") == (one[1] < other[1])
    if other[1]:
        assert holds(f"{one[0]} % {other[0]} == {one[1] % other[1]}")
        assert holds(f"{one[0]} // {other[0]} == {one[1] // other[1]}")


@pytest.mark.property
@settings(deadline=None)
@given(st.text(alphabet="ab01 ()[]{}.,'+-*/%<>=!:_\n\\inotrdl", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    said = ""
    try:
        parse_constraint(text)
    except InputError as err:
        said = str(err)
    assert "\n" not in said
