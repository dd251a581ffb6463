"""Assignments against the product of all values."""

from __future__ import annotations

from itertools import product

import pytest

from lpzero.errors import InputError
from lpzero.spaces.architecture import Value
from lpzero.spaces.choices import Cell, Choice, Choices
from lpzero.spaces.toml import assignments as module
from lpzero.spaces.toml.assignments import assignments, counted
from lpzero.spaces.toml.constraint_text import parse_constraint

CONSTRAINTS = [parse_constraint(text) for text in ("a % b == 0", "c >= 2 * a or depth == limit")]
CHOICES = Choices(
    space="some",
    depths=(1, 3),
    whole=(Choice.of("a", 4, 6, 9), Choice.of("b", 2, 3), Choice.of("c", 8, 12, 18), Choice.of("free", "x", "y")),
    layer=(Choice.of("kind", 1, 2),),
)
LIMIT: dict[str, Value] = {"limit": 3}
FIELDS = {"depth": (1, 3), "a": (4, 6, 9), "b": (2, 3), "c": (8, 12, 18)}


def wanted() -> list[dict[str, int]]:
    every = [dict(zip(FIELDS, values, strict=True)) for values in product(*FIELDS.values())]
    return [v for v in every if v["a"] % v["b"] == 0 and (v["c"] >= 2 * v["a"] or v["depth"] == 3)]


def test_every_way_that_keeps_the_constraints_is_found_in_order() -> None:
    assert list(assignments(FIELDS, CONSTRAINTS, LIMIT, 1000)) == wanted()


def test_a_constraint_on_known_values_alone_is_looked_at_too() -> None:
    never = parse_constraint("limit == 4")
    assert list(assignments(FIELDS, [never], LIMIT, 1000)) == []
    assert list(assignments({}, [], {}, 0)) == [{}]


def test_no_more_values_are_set_than_allowed() -> None:
    assert list(assignments(FIELDS, CONSTRAINTS, LIMIT, 4)) == wanted()[:1]


def test_the_count_is_exact_and_empty_cells_are_left_out() -> None:
    size, cells = counted(CHOICES, "depth", CONSTRAINTS, LIMIT)
    assert size == sum(2 * 2 ** v["depth"] for v in wanted())
    assert set(cells) == {Cell(v["depth"], FIELDS["a"].index(v["a"])) for v in wanted()}
    by_a = [parse_constraint("a == 6")]
    assert counted(CHOICES, "depth", by_a, {}) == (2 * 3 * 2 * (2 + 8), (Cell(1, 1), Cell(3, 1)))
    by_depth = [parse_constraint("depth > 1")]
    assert counted(CHOICES, "depth", by_depth, {}) == (3 * 2 * 3 * 2 * 8, (Cell(3, 0), Cell(3, 1), Cell(3, 2)))
    by_other = [parse_constraint("b == 2")]
    assert counted(CHOICES, "depth", by_other, {}) == (CHOICES.size // 2, CHOICES.cells)
    assert counted(CHOICES, "depth", [parse_constraint("limit == 4")], LIMIT) == (0, ())
    assert counted(CHOICES, "depth", [], {}) == (CHOICES.size, CHOICES.cells)


def test_a_space_without_a_choice_of_the_whole_model_is_counted_as_well() -> None:
    layers = Choices(space="some", depths=(1, 2), whole=(), layer=(Choice.of("kind", 1, 2, 3),))
    assert counted(layers, "depth", [parse_constraint("depth == 2")], {}) == (9, (Cell(2, 0),))


def test_beyond_the_limit_the_count_is_the_one_without_constraints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COUNTED", 35)
    assert counted(CHOICES, "depth", CONSTRAINTS, LIMIT) == (CHOICES.size, CHOICES.cells)


def test_what_cannot_be_evaluated_is_refused() -> None:
    with pytest.raises(InputError, match="division by zero"):
        counted(CHOICES, "depth", [parse_constraint("a % (b - 2) == 0")], {})
