"""Primitives that other packages bring: a row each, as the table of the package has them, found by their names.

The table itself stays what it is, whatever is installed: what a seed draws and what an enumeration ranks does not
change. A grammar draws a primitive that is brought where its settings name it.
"""

from __future__ import annotations

import inspect
import keyword

from lpzero import plugins
from lpzero.errors import InputError
from lpzero.formula import functions
from lpzero.formula.primitive import Kind, Level, Primitive
from lpzero.formula.primitives import NAMES, ROWS
from lpzero.operands.operand import OPERANDS
from lpzero.operands.shape import SHAPE_OPERANDS
from lpzero.operands.units import UNIT_OPERANDS

_LEVELS: dict[Kind, tuple[tuple[Level, ...], ...]] = {
    "elementwise": (("tensor", "layers", "scalar"),),
    "normalise": (("tensor", "layers"), ("tensor",), ("layers",)),
    "reduction": (("tensor",),),
    "aggregation": (("layers",),),
    "axes": (("tensor",),),
}
"""The types that the arguments of each kind may have."""
EXPORTED = ("reduce_layers", "on_tensors", "normalise_tensors", "on_layers", "normalise_layers", "aggregate", "score")
"""Functions that every exported module has beside those of its primitives."""


def _checked(name: str, value: object) -> Primitive:
    """A primitive that a package brings.

    Raises:
        InputError: It is none, it contradicts itself, or it says what rows of the package alone can say.
    """
    if not isinstance(value, Primitive):
        raise InputError(f"expected a lpzero.formula.primitive.Primitive, found {type(value).__name__}")
    if value.name != name:
        raise InputError(f"expected a primitive of that name, found one called {str(value.name)[:80]!r}")
    if not name.isidentifier() or keyword.iskeyword(name) or name in (*OPERANDS, *SHAPE_OPERANDS, *UNIT_OPERANDS):
        raise InputError("expected a word that is no keyword of Python and no operand")
    if value.levels not in _LEVELS.get(value.kind, ()):
        raise InputError(f"expected a kind with its levels, found {value.kind!r} of {value.levels!r}")
    if value.arity not in ((1, 2) if value.kind in ("elementwise", "axes") else (1,)):
        raise InputError(f"expected another arity of the kind {value.kind}, found {value.arity!r}")
    if value.symbol or value.prefix or value.root or value.paper is not None or value.synonym:
        raise InputError("expected no symbol, prefix, root, paper or synonym: these are of the package alone")
    _check_facts(value)
    _check_function(value)
    return value


def _check_facts(row: Primitive) -> None:
    """Check what a row says of others, and what it is written as; raises InputError."""
    others = {"undoes": row.undoes, "blind": row.blind, "overflows_of": row.overflows_of}
    for fact, named in others.items():
        unknown = sorted(set(named) - {*NAMES, row.name})
        if unknown:
            raise InputError(f"{fact}: expected primitives of the package, found {unknown[0]!r}")
    plain = row.of_nonnegative
    if plain is not None and not all((plain, level) in ROWS for level in row.levels):
        raise InputError(f"of_nonnegative: expected a primitive of the package for {row.levels}, found {plain!r}")
    places = {key: f"<{key}>" for key in "xy"[: row.arity]}
    try:
        written = row.latex.format(**places)
    except (AttributeError, IndexError, KeyError, ValueError):
        written = ""
    if not all(place in written for place in places.values()):
        raise InputError(f"latex: expected a template with {{x}}{' and {y}' * (row.arity == 2)}, found {row.latex!r}")
    if isinstance(row.sympy, str) and not row.sympy.isidentifier():
        raise InputError(f"sympy: expected an expression or the name of a function, found {row.sympy!r}")


def _check_function(row: Primitive) -> None:
    """Check that a function can be copied into an export: a plain one with a name of its own; raises InputError."""
    function = row.function
    if not inspect.isfunction(function) or not function.__name__.isidentifier():
        raise InputError("function: expected a function that is defined by def at the top of a module")
    own = getattr(functions, function.__name__, None)
    if own is not function and (own is not None or function.__name__ in EXPORTED):
        raise InputError(f"function: expected another name than {function.__name__}, which an export has already")


BROUGHT = plugins.Kind("primitives", tuple(NAMES), _checked)
"""Primitives of installed packages."""


def rows_named(name: str) -> tuple[Primitive, ...]:
    """The rows of a name, those of the package first; none where there are none.

    Raises:
        InputError: A package brings one, but it cannot be used.
    """
    found = NAMES.get(name)
    if found is not None:
        return found
    row = plugins.find(BROUGHT, name)
    return () if row is None else (row,)


def row_at(name: str, level: Level) -> Primitive:
    """The row that a name picks by the type of the arguments; raises KeyError where there is none."""
    found = ROWS.get((name, level))
    if found is None:
        found = next((row for row in rows_named(name) if level in row.levels), None)
    if found is None:
        raise KeyError((name, level))
    return found


def primitive_names() -> tuple[str, ...]:
    """The names of all primitives, those of the package first; nothing is loaded."""
    return (*NAMES, *plugins.names(BROUGHT))


def brought_primitives() -> tuple[str, ...]:
    """The names of the primitives that packages bring for searches; of one that cannot be used the log says why."""
    return tuple(name for name, row in plugins.usable(BROUGHT).items() if row.search)
