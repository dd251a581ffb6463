"""The laws of an operand that a package brings."""

from __future__ import annotations

import torch

from lpzero.errors import LpzeroError
from lpzero.formula import parse
from lpzero.operands.brought import operand_named
from lpzero.operands.extract import extract
from lpzero.operands.operand import DerivedOperand
from lpzero.testing.example import example_model
from lpzero.testing.laws import law, random_states_kept


def check_operand(name: str) -> None:
    """Hold an operand to its laws, on what a small decoder shows.

    It is found by its name and read back from a formula, shaped as what it is computed of, finite, equal again, of the
    sign that its row says, and leaves what it is computed of as it was.

    Args:
        name: Its name in formulas.

    Raises:
        AssertionError: A law does not hold; the message is a sentence that says which.
    """
    try:
        row = operand_named(name)
    except LpzeroError as err:
        raise AssertionError(f"an operand is found by its name: {err}") from err
    law(isinstance(row, DerivedOperand), f"an operand of a package is found by its name, not {name!r}: install it")
    assert isinstance(row, DerivedOperand)
    formula = parse(f"sum(mean({name}))")
    law(parse(str(formula)) == formula and formula.operands == {name}, f"{name} is read back from a formula")
    # its own: what writes to them must not be seen by the next law
    operands = extract(*example_model())
    before = [tensor.clone() for family in row.reads for tensor in operands.tensors[family]]
    try:
        with random_states_kept(name):
            found, again = operands.derived(row), operands.derived(row)
    except LpzeroError as err:
        raise AssertionError(f"{name} has the shape of what it is computed of: {err}") from err
    after = [tensor for family in row.reads for tensor in operands.tensors[family]]
    law(all(map(torch.equal, before, after)), f"{name} leaves what it is computed of as it was")
    law(all(map(torch.equal, found, again)), f"{name} is the same again, bit for bit")
    law(all(tensor.isfinite().all() for tensor in found), f"{name} is finite on a small decoder")
    law(all(not tensor.requires_grad for tensor in found), f"{name} is detached")
    for sign, wrong in (("nonnegative", torch.lt), ("nonpositive", torch.gt)):
        signed = row.sign != sign or not any(wrong(tensor, 0).any() for tensor in found)
        law(signed, f"{name} is {row.sign}, as its row says")
