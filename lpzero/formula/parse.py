"""The reader of formulas: text to :class:`Formula`, on Python's syntax tree with a whitelist.

Nothing is ever evaluated. Text is read as an expression of names, numbers, calls of primitives by name, ``+ - * /`` and
a leading minus; whatever else stands in it is refused with its column.
"""

from __future__ import annotations

import ast
import warnings

from lpzero.errors import InputError
from lpzero.formula.brought import primitive_names, rows_named
from lpzero.formula.formula import MAX_DEPTH, MAX_SIZE, Formula, apply, constant, operand
from lpzero.formula.primitives import PRIMITIVES
from lpzero.operands.brought import is_operand, operand_names
from lpzero.settings import shorten

MAX_TEXT = 8000

_SYMBOLS = " ".join(row.symbol for row in PRIMITIVES if row.symbol is not None)


def _operator(text: str) -> type[ast.operator] | type[ast.unaryop]:
    """What Python makes of a symbol, infix or before its argument: its syntax is the language's."""
    body = ast.parse(text, mode="eval").body
    assert isinstance(body, (ast.BinOp, ast.UnaryOp))
    return type(body.op)


_OPERATORS = {
    **{_operator(f"x {row.symbol} y"): row.name for row in PRIMITIVES if row.symbol is not None},
    **{_operator(f"{row.prefix}x"): row.name for row in PRIMITIVES if row.prefix is not None},
}
_WORDS: dict[type[ast.expr], str] = {
    ast.Attribute: "an attribute",
    ast.Lambda: "a lambda",
    ast.Constant: "a constant that is no number",
    ast.Subscript: "an index",
    ast.IfExp: "a condition",
    ast.Call: "a call of something that is no name",
    ast.BinOp: "another operator",
    ast.UnaryOp: "another operator",
}


def _fail(column: int, message: str) -> InputError:
    return InputError(f"formula, column {column}: {message}")


def parse(text: str) -> Formula:
    """Read a formula.

    Args:
        text: Such as ``sum(l1(weight * grad)) + mean(log(std(attention)))``.

    Returns:
        A formula of type scalar; ``parse(str(f)) == f`` for every such formula.

    Raises:
        InputError: The text is no expression of the language, has another type than scalar, or is deeper than
            24, larger than 200 nodes or longer than 8,000 characters. The message names the column.

    >>> str(parse("sum( l1( weight*grad ) )"))
    'sum(l1(weight * grad))'
    """
    formula = parse_part(text)
    if formula.type.level != "scalar":
        raise _fail(
            1,
            f"expected one value for the model, found {formula.type}: {_remedy(formula)}",
        )
    return formula


def _remedy(formula: Formula) -> str:
    if formula.type.level == "units":
        return "reduce every axis (sum_windows, mean_tokens, ...), as in sum_units(unit_weight_out)"
    return "reduce tensors (l1, mean, std, ...), then aggregate layers with sum or mean, as in sum(l1(weight * grad))"


def parse_part(text: str) -> Formula:
    """Read a formula or a part of one, of any type; raises as :func:`parse` does."""
    _check_text(text)
    try:
        with warnings.catch_warnings():
            # Python warns about odd literals before this reader can refuse them
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as err:
        column = len(text) - len(text.lstrip()) + (err.offset or 1)
        raise _fail(column, f"expected a formula, found {err.msg}") from None
    except (RecursionError, MemoryError, ValueError):
        raise _fail(1, f"too deep: expected a depth of at most {MAX_DEPTH}") from None
    return _Reader(text).read(tree.body, depth=1)


def _check_text(text: str) -> None:
    if not text.strip():
        raise _fail(1, "expected a formula, found nothing")
    if len(text) > MAX_TEXT:
        raise _fail(MAX_TEXT, f"too long: expected at most {MAX_TEXT} characters, found {len(text)}")
    for column, character in enumerate(text, start=1):
        if not character.isascii() or (not character.isprintable() and not character.isspace()):
            raise _fail(column, f"expected ASCII text, found {character!r}")


def _number(node: ast.expr) -> float | None:
    """The number that a node writes, its sign included; None where it writes none."""
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    written = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    value = written.value if isinstance(written, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return -value if negative else value


class _Reader:
    """One reading: counts nodes and keeps where the text began."""

    def __init__(self, text: str) -> None:
        self._indent = len(text) - len(text.lstrip())
        self._nodes = 0

    def _column(self, node: ast.expr) -> int:
        return self._indent + node.col_offset + 1

    def read(self, node: ast.expr, depth: int) -> Formula:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise _fail(self._column(node), f"too deep: expected a depth of at most {MAX_DEPTH}")
        if self._nodes > MAX_SIZE:
            raise _fail(self._column(node), f"too large: expected at most {MAX_SIZE} nodes")
        number = _number(node)
        if number is not None:
            return self._constant(node, number)
        name, arguments = self._head(node)
        parts = [self.read(argument, depth + 1) for argument in arguments]
        try:
            return apply(name, *parts) if parts else operand(name)
        except InputError as err:
            raise _fail(self._column(node), str(err)) from None

    def _constant(self, node: ast.expr, number: float) -> Formula:
        try:
            return constant(float(number))
        except (InputError, OverflowError):
            raise _fail(self._column(node), "expected a finite constant, found a larger one") from None

    def _head(self, node: ast.expr) -> tuple[str, list[ast.expr]]:
        """The name of an operand or primitive and its arguments."""
        if isinstance(node, ast.Name):
            if not is_operand(node.id):
                known = (
                    f"{node.id} is a primitive and needs arguments" if node.id in primitive_names() else "unknown name"
                )
                names = f"expected one of {', '.join(operand_names())}"
                raise _fail(self._column(node), f"{known} {shorten(node.id)}: {names}")
            return node.id, []
        if isinstance(node, (ast.BinOp, ast.UnaryOp)) and type(node.op) in _OPERATORS:
            sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]
            return _OPERATORS[type(node.op)], sides
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node, node.func.id)
        found = _WORDS.get(type(node), "something else")
        raise _fail(self._column(node), f"expected an operand, a primitive, or one of {_SYMBOLS}, found {found}")

    def _call(self, node: ast.Call, name: str) -> tuple[str, list[ast.expr]]:
        try:
            rows = rows_named(name)
        except InputError as err:
            raise _fail(self._column(node), str(err)) from None
        if not rows:
            known = ", ".join(primitive_names())
            raise _fail(self._column(node), f"unknown primitive {shorten(name)}: expected one of {known}")
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args) or not node.args:
            raise _fail(self._column(node), f"{name} takes {rows[0].arity} plain argument(s)")
        return name, list(node.args)
