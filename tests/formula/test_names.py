"""Names of primitives that stand outside of the table: each is one that the table has."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import lpzero.formula
from lpzero.formula.grammar import GRAMMARS, WEIGHTED
from lpzero.formula.primitive import Kind, Level, Primitive
from lpzero.formula.primitives import NAMES, PRIMITIVES, ROWS
from lpzero.operands.operand import Sign

FORMULA = Path(lpzero.formula.__file__).parent
FOLDERS = (FORMULA, FORMULA.parent / "evolution" / "enumeration")
TABLE = ("primitive.py", "primitives.py")
# the files that write names of primitives: for steps between several of them, which no row is
ALGORITHMS = ("branches.py", "grammar.py", "keys.py", "lanes.py", "terms.py", "unit_grammar.py", "weighted.py")
# what else stands in them as a word
KINDS_OF_FACTS = [get_type_hints(Primitive)[fact] for fact in ("monotone", "elements", "symmetry", "of_equals")]
FACTS = {word for kind in KINDS_OF_FACTS for part in get_args(kind) for word in get_args(part)}
LANGUAGE = {
    *get_args(Level),
    *get_args(Kind),
    *get_args(Sign),
    *FACTS,
    *GRAMMARS,
    WEIGHTED,
    "canonical_form",
    "grammar",
}


def words(path: Path) -> set[str]:
    """The strings of a module that are one word, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    skipped |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in skipped]
    return {node.value for node in constants if isinstance(node.value, str) and node.value.isidentifier()}


FILES = [path for folder in FOLDERS for path in sorted(folder.glob("*.py"))]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in FILES if path.name in ALGORITHMS])
def test_every_word_of_an_algorithm_is_a_name_of_the_table_or_of_the_language(path: Path) -> None:
    assert words(path) <= {*NAMES, *LANGUAGE}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in FILES])
def test_no_other_file_names_a_primitive(path: Path) -> None:
    if path.name not in (*ALGORITHMS, *TABLE):
        assert not words(path) & set(NAMES)


def test_the_words_are_found() -> None:
    found = set().union(*(words(path) for path in FILES if path.name in ALGORITHMS))
    assert {"neg", "abs", "add", "sub", "mul", "div", "reciprocal", "mean"} <= found & set(NAMES)


def test_partners_in_a_row_are_primitives_at_its_levels() -> None:
    for row in PRIMITIVES:
        assert {*row.undoes, *row.blind, *row.overflows_of} <= set(NAMES)
        for name in filter(None, (row.of_nonnegative, row.synonym)):
            assert {(name, level) for level in row.levels} <= set(ROWS)
    # the one value of the facts that is a primitive's name
    assert FACTS & set(NAMES) == {"square"}
