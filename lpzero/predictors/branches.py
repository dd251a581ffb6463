"""What is read of an untrained model for a regression: a fixed list of ordinary branches of the formula language.

Of every operand of the whole model, and of weight times gradient (SNIP), three sizes, added up over the layers: the sum
of its elements' sizes, their mean, and the Frobenius norm. They are evaluated on the sketches of the bank; their
logarithms are the features, since what architectures multiply (width, depth, length) then adds up. Of a dozen such
lists of three this one was taken for what a ridge makes of 32 labels of five tables; the others are .00 to .03 worse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from lpzero.engines import Engine
from lpzero.formula import Formula, parse
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.operands.bank import fill_bank, read_sketch
from lpzero.operands.operand import WHOLE_OPERANDS
from lpzero.operands.packed import Packed
from lpzero.operands.probe import Probe
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

OPERANDS = (*WHOLE_OPERANDS, "weight * grad")
FORMS = ("sum(l1({}))", "sum(mean_abs({}))", "sum(frobenius({}))")
BRANCHES = tuple(form.format(operand) for operand in OPERANDS for form in FORMS)
"""The list, as text."""
BATCH = 64
"""Sketches that are in memory at once."""


@cache
def branch_formulas() -> tuple[Formula, ...]:
    """``BRANCHES`` as formulas."""
    return tuple(map(parse, BRANCHES))


def branch_rows(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    probe: Probe,
    *,
    home: Path,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> list[dict[str, float] | str]:
    """Logarithms of the branches of untrained models.

    Args:
        space: What builds the models.
        architectures: In the order of the result.
        probe: What they are shown.
        home: The cache folder: what the bank holds already is not computed again.
        engine: Where models are built; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Returns:
        Of each architecture a number a branch, by its text; a branch that is 0 there, such as one of an operand that
        the model has not, or that is not finite is not among them. Where no pass could be made of the model, the
        reason instead.

    Raises:
        LpzeroError: The cache folder cannot be written.
    """
    banked = fill_bank(space, architectures, probe, home=home, engine=engine, progress=progress)
    kept = [i for i in range(len(architectures)) if i not in banked.faults]
    rows: list[dict[str, float] | str] = [""] * len(architectures)
    for index, fault in banked.faults.items():
        rows[index] = f"{fault.status.value}: {fault.reason}"
    paths = dict(zip(kept, banked.paths, strict=True))
    for begin in range(0, len(kept), BATCH):
        part = kept[begin : begin + BATCH]
        # the checksums were computed when the bank was filled
        packed = Packed.of_sketches([read_sketch(paths[i], verify=False) for i in part])
        values = ShardedEvaluator(packed).score_all(branch_formulas()).values.cpu().numpy()
        for place, index in enumerate(part):
            rows[index] = _logarithms(values[:, place])
    return rows


def _logarithms(values: np.ndarray) -> dict[str, float]:
    """By branch, where there is a logarithm."""
    good = np.isfinite(values) & (values > 0)
    return {branch: float(np.log(value)) for branch, value, ok in zip(BRANCHES, values, good, strict=True) if ok}
