"""The text of a constraint: parsed by Python, then read into our own tree, which knows these forms and no others.

| form | what it may hold |
|---|---|
| value | the name of a field, a whole number, a decimal, a text in quotes, True, False |
| arithmetic | ``+``, ``-``, ``*``, ``//``, ``%`` between numbers, a minus before one |
| comparison | ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, also chained; ``in`` and ``not in`` a list of constants |
| logic | ``and``, ``or``, ``not`` between comparisons, and fields that are True or False |
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from lpzero.errors import InputError
from lpzero.settings import one_line, shorten
from lpzero.spaces.architecture import Value
from lpzero.spaces.toml.constraint import (
    AMONG,
    LONGEST_SHOWN,
    Arithmetic,
    Constant,
    Constraint,
    FaultError,
    Listed,
    Logic,
    Name,
    Node,
    Relation,
    number,
)

LONGEST = 500
DEEPEST = 32

_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%"}
_COMPARISONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_REFUSED = {
    ast.Call: "no call",
    ast.Attribute: "no attribute",
    ast.Subscript: "nothing in square brackets",
    ast.JoinedStr: "a plain text",
}


def parse_constraint(text: str, resolve: Callable[[str], str] = str) -> Constraint:
    """Read a constraint.

    Args:
        text: At most 500 characters, nested at most 32 levels deep.
        resolve: Gives a field the name that it has among the values; raises InputError where there is none.

    Raises:
        InputError: It is too long or nested too deeply, or a part is none of the forms of the language.

    >>> c = parse_constraint("width % heads == 0 and activation in ('relu', 'gelu')")
    >>> [c.holds({"width": 64, "heads": heads, "activation": "relu"}) for heads in (4, 5)]
    [True, False]
    >>> parse_constraint("open('file')")
    Traceback (most recent call last):
    ...
    lpzero.errors.InputError: constraints: "open('file')": expected no call, found open('file')
    """
    quoted = shorten(text if len(text) <= LONGEST else f"{text[:40]}...", LONGEST_SHOWN)
    try:
        if len(text) > LONGEST:
            raise FaultError(f"expected at most {LONGEST} characters, found {len(text)}")
        root = _Reader(resolve).condition(_parsed(text), DEEPEST)
    except (FaultError, InputError) as err:
        raise InputError(f"constraints: {quoted}: {one_line(str(err))}") from None
    except RecursionError:
        raise InputError(f"constraints: {quoted}: expected at most {DEEPEST} levels, found more") from None
    return Constraint(text, root)


def _parsed(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # what Python only warns of, such as 1if, is no part of the language
            warnings.simplefilter("error")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, Warning, ValueError) as err:
        raise FaultError(f"expected a condition, found {getattr(err, 'msg', None) or err}") from None
    except (RecursionError, MemoryError):
        raise FaultError(f"expected at most {DEEPEST} levels, found more") from None


@dataclass(frozen=True)
class _Reader:
    """Reads Python's tree into ours, and lets nothing else through.

    Attributes:
        resolve: Gives a field the name that it has among the values.
    """

    resolve: Callable[[str], str]

    def condition(self, tree: ast.expr, levels: int) -> Node:
        """A part that is true or false."""
        node = self.node(tree, levels)
        if isinstance(node, Arithmetic) or (isinstance(node, Constant) and not isinstance(node.value, bool)):
            raise FaultError(f"expected a comparison, such as one with == 0, found {ast.unparse(tree)}")
        return node

    def node(self, tree: ast.expr, levels: int) -> Node:
        """Any part, of at most so many levels."""
        if levels < 1:
            raise FaultError(f"expected at most {DEEPEST} levels, found more")
        match tree:
            case ast.Name(id=name):
                return Name(self.resolve(name))
            case ast.Constant():
                return Constant(_constant(tree))
            case ast.UnaryOp(op=ast.Not()):
                return Logic("not", (self.condition(tree.operand, levels - 1),))
            case ast.UnaryOp(op=ast.USub()):
                return Arithmetic("-", Constant(0), self.node(tree.operand, levels - 1))
            case ast.BinOp() if type(tree.op) in _ARITHMETIC:
                left, right = self.node(tree.left, levels - 1), self.node(tree.right, levels - 1)
                return Arithmetic(_ARITHMETIC[type(tree.op)], left, right)
            case ast.BoolOp():
                parts = tuple(self.condition(part, levels - 1) for part in tree.values)
                return Logic("and" if isinstance(tree.op, ast.And) else "or", parts)
            case ast.Compare():
                return self._comparison(tree, levels - 1)
        expected = _REFUSED.get(type(tree), "+, -, *, //, %, a comparison, and, or, not")
        raise FaultError(f"expected {expected}, found {ast.unparse(tree)}")

    def _comparison(self, tree: ast.Compare, levels: int) -> Relation:
        rest: list[tuple[str, Node | Listed]] = []
        for operation, part in zip(tree.ops, tree.comparators, strict=True):
            symbol = _COMPARISONS.get(type(operation))
            if symbol is None:
                raise FaultError(f"expected == or !=, found {ast.unparse(tree)}")
            if symbol in AMONG and len(tree.ops) > 1:
                raise FaultError(f"expected {symbol} in a comparison of its own, found {ast.unparse(tree)}")
            rest.append((symbol, _listed(part) if symbol in AMONG else self.node(part, levels)))
        return Relation(self.node(tree.left, levels), tuple(rest))


def _constant(tree: ast.Constant) -> Value:
    value = tree.value
    if not isinstance(value, (int, float, str)):
        raise FaultError(f"expected a number, a text, True or False, found {ast.unparse(tree)}")
    return value if isinstance(value, (bool, str)) else number(value)


def _listed(tree: ast.expr) -> Listed:
    if not isinstance(tree, (ast.Tuple, ast.List)) or not tree.elts:
        raise FaultError(f"expected constants in parentheses behind in, found {ast.unparse(tree)}")
    return Listed(tuple(_element(part) for part in tree.elts))


def _element(tree: ast.expr) -> Value:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub) and isinstance(tree.operand, ast.Constant):
        return -number(_constant(tree.operand))
    if not isinstance(tree, ast.Constant):
        raise FaultError(f"expected constants alone behind in, found {ast.unparse(tree)}")
    return _constant(tree)
