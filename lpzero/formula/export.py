"""Formulas in other languages: sympy, LaTeX and a PyTorch module that needs nothing of lpzero."""

from __future__ import annotations

import json
from typing import Any

from lpzero.errors import unknown_name
from lpzero.formula import functions
from lpzero.formula.copied import copied
from lpzero.formula.export_units import UNITS_BODY, UNITS_HEADER, call_on_units
from lpzero.formula.formula import Formula
from lpzero.operands.brought import known_operand
from lpzero.operands.shape import SHAPE_OPERANDS
from lpzero.operands.units import UNIT_OPERANDS
from lpzero.plugins import identities

FORMATS = ("text", "sympy", "latex", "python", "json")


def to_sympy(formula: Formula) -> Any:
    """The formula as a sympy expression.

    Operands are real symbols (an element of the tensor at a site), element-wise primitives are sympy's own
    expressions with their protection spelled out, and whatever looks at more than one element stays a named
    function: ``sum_elements``, ``l1``, ``softmax``, ..., ``sum_layers``, ``mean_layers``.

    >>> from lpzero.formula.parse import parse
    >>> to_sympy(parse("mean(log(l1(weight * grad)))"))
    mean_layers(log(Max(1.0e-12, l1(grad*weight))))
    """
    import sympy

    if formula.value is not None:
        return sympy.Float(formula.value)
    if formula.primitive is None:
        return sympy.Symbol(formula.name, real=True)
    parts = [to_sympy(argument) for argument in formula.arguments]
    if isinstance(formula.primitive.sympy, str):
        return sympy.Function(formula.primitive.sympy)(*parts)
    return formula.primitive.sympy(sympy, *parts)


def to_latex(formula: Formula) -> str:
    r"""The formula as LaTeX (amsmath), operands as capital letters.

    >>> from lpzero.formula.parse import parse
    >>> print(to_latex(parse("sum(l1(weight * grad))")))
    \sum_{\ell}\left[\left\lVert{W \odot G}\right\rVert_{1}\right]
    """
    if formula.value is not None:
        digits, _, exponent = formula.name.partition("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits
    if formula.primitive is None:
        known = SHAPE_OPERANDS.get(formula.name) or UNIT_OPERANDS.get(formula.name) or known_operand(formula.name)
        return known.latex
    binary = len(formula.arguments) == 2
    parts = [to_latex(argument) for argument in formula.arguments]
    wrapped = [
        rf"\left({part}\right)" if binary and _parted(argument) else part
        for part, argument in zip(parts, formula.arguments, strict=True)
    ]
    return formula.primitive.latex.format(**dict(zip("xy", wrapped, strict=False)))


def _parted(argument: Formula) -> bool:
    """Whether an argument of a binary primitive stands in parentheses."""
    return (argument.value is not None and argument.value < 0) or (
        argument.primitive is not None and argument.primitive.arity == 2
    )


_HEADER = '''"""A zero-cost proxy for language-model architectures, exported by lpzero.

    {formula}

score(operands) takes, for each operand, one list a layer with the layer's tensors in it (numbers, of a fan-in or
fan-out), or one number where it counts the whole model:
{meanings}
and returns one number. Layer 0 is the embedding, then come the blocks, then whatever follows them; a layer without
the operand has an empty list. {direction}
"""

import torch
from torch import Tensor

EPS = {eps!r}
'''

_BODY = '''
def reduce_layers(layers, function):
    """Reduce every tensor to one number and add those of a layer: {{layer: value}}."""
    flat = {{i: [function(t.detach().reshape(-1).float(), None) for t in layer] for i, layer in enumerate(layers)}}
    return {{i: torch.stack(values).double().sum() for i, values in flat.items() if values}}


def on_tensors(function, *operands):
    """Apply a function to corresponding tensors, layer by layer."""
    columns = zip(*operands, strict=True)
    return [[function(*tensors) for tensors in zip(*layer, strict=True)] for layer in columns]


def normalise_tensors(function, layers):
    """Apply a function that looks at all elements of a tensor."""
    return [[function(t.reshape(-1), None).reshape(t.shape) for t in layer] for layer in layers]


def on_layers(function, *values):
    """Apply a function to the values of the layers that all have one; a constant stands for every layer."""
    layers = [value for value in values if isinstance(value, dict)]
    shared = [i for i in layers[0] if all(i in other for other in layers[1:])]
    return {{i: function(*(value[i] if isinstance(value, dict) else value for value in values)) for i in shared}}


def normalise_layers(function, values):
    """Apply a function that looks at the values of all layers."""
    return dict(zip(values, function(torch.stack(list(values.values())), None))) if values else {{}}


def aggregate(function, values):
    """One number from the values of the layers."""
    stacked = torch.stack(list(values.values())) if values else torch.zeros(0, dtype=torch.float64)
    return function(stacked, None)


def score(operands):
    """The value of the proxy."""
{lines}
    return float({result})
'''


def to_python(formula: Formula, *, higher_is_better: bool | None = None) -> str:
    """The formula as the text of a Python module that imports torch alone.

    Args:
        formula: A formula of type scalar.
        higher_is_better: Direction of the proxy, stated in its docstring; None leaves it out.

    Raises:
        InputError: The function of a primitive that a package brings cannot be copied.
    """
    used = {n.primitive.function for n in formula.walk() if n.primitive is not None}
    sources = "\n\n\n".join(copied(sorted(used, key=lambda function: function.__name__)))
    lines, result = _statements(formula)
    direction = {None: "", True: "A higher score is better.", False: "A lower score is better."}
    named = {name: known_operand(name).meaning for name in formula.operands}
    named |= {name: SHAPE_OPERANDS[name].meaning for name in formula.shape_operands}
    for name in formula.unit_operands:
        row = UNIT_OPERANDS[name]
        named[name] = f"({', '.join(row.axes)}) {row.meaning}" if row.axes else row.meaning
    start, body = (UNITS_HEADER, UNITS_BODY) if formula.unit_operands else (_HEADER, _BODY)
    meanings = [f"    operands[{name!r}]: {meaning}" for name, meaning in sorted(named.items())]
    header = start.format(
        formula=formula,
        meanings="\n".join(meanings),
        direction=direction[higher_is_better],
        eps=functions.EPS,
    )
    body = body.format(lines="\n".join(f"    {line}" for line in lines), result=result)
    return f"{header}\n\n{sources}\n\n{body}"


def _statements(formula: Formula) -> tuple[list[str], str]:
    """Assignments, one a distinct part, and the name of the result."""
    names: dict[str, str] = {}
    lines: list[str] = []

    def visit(part: Formula) -> str:
        if part.text in names:
            return names[part.text]
        arguments = [visit(argument) for argument in part.arguments]
        names[part.text] = f"v{len(names)}"
        lines.append(f"{names[part.text]} = {_call(part, arguments)}  # {part.type.level}")
        return names[part.text]

    return lines, visit(formula)


def _read(part: Formula) -> str:
    """What reads an operand: tensors by layer, numbers by layer, or one number."""
    read = f"operands[{part.name!r}]"
    if part.type.level == "tensor":
        return read
    if part.type.level == "units":
        return f"{read}.float()"
    if part.type.level == "scalar":
        return f"torch.tensor({read}, dtype=torch.float64)"
    return f"{{i: torch.tensor(layer, dtype=torch.float64).sum() for i, layer in enumerate({read}) if layer}}"


def _call(part: Formula, arguments: list[str]) -> str:
    if part.value is not None:
        return f"torch.tensor({part.name}, dtype=torch.float64)"
    if part.primitive is None:
        return _read(part)
    function, values = part.primitive.function.__name__, ", ".join(arguments)
    level, kind = part.arguments[0].type.level, part.primitive.kind
    if level == "units":
        return call_on_units(part, arguments)
    if kind == "reduction":
        return f"reduce_layers({values}, {function})"
    if kind == "aggregation":
        return f"aggregate({function}, {values})"
    if kind == "normalise":
        return f"normalise_{level if level == 'layers' else 'tensors'}({function}, {values})"
    if level == "scalar":
        return f"{function}({values})"
    return f"on_{'layers' if level == 'layers' else 'tensors'}({function}, {values})"


def export_formula(formula: Formula, format_: str, *, name: str, higher_is_better: bool, paper: str = "") -> str:
    """A formula in one of :data:`FORMATS`.

    Args:
        formula: A formula of type scalar.
        format_: ``"text"``, ``"sympy"`` (as ``sympy.srepr`` prints it), ``"latex"``, ``"python"`` or ``"json"`` (a
            proxy file, which every command reads).
        name: Name of the proxy.
        higher_is_better: Its direction.
        paper: Where it comes from.

    Raises:
        InputError: Unknown format.
    """
    if format_ == "text":
        return str(formula)
    if format_ == "sympy":
        import sympy

        return str(sympy.srepr(to_sympy(formula)))
    if format_ == "latex":
        return to_latex(formula)
    if format_ == "python":
        return to_python(formula, higher_is_better=higher_is_better)
    if format_ != "json":
        raise unknown_name("format", format_, FORMATS)
    needed = identities(str(formula), ("operands", "primitives"))
    document = {
        "schema": 1,
        "name": name,
        **({"plugins": needed} if needed else {}),
        "formula": str(formula),
        "higher_is_better": higher_is_better,
        "paper": paper,
    }
    return json.dumps(document, indent=2)
