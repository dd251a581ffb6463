"""The importance that a user gives: a name, a formula of units, a file with one, or the run that found one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from lpzero.compression.choices.evolving import IMPORTANCE
from lpzero.compression.choices.result import ChoicesResult
from lpzero.compression.choices.shipped import SHIPPED, UnitFormulas, check_units
from lpzero.compression.choices.units import PartUnits, arrays_for, look
from lpzero.compression.choosing.importance import KINDS, LayerScores, get_importance, scores_of
from lpzero.compression.choosing.products import Products
from lpzero.compression.cutting.layout import Layout
from lpzero.compression.texts import Windows
from lpzero.errors import InputError
from lpzero.formula import Formula, apply, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.proxy import load_proxy
from lpzero.result import read_result
from lpzero.settings import read_document, shorten

ORDER = "wanda"
"""The order in which units stay, where a formula says what they cost."""


def importance_given(text: str) -> str | UnitFormulas:
    """What is meant by a name, a formula of units, a file with one, or the folder of a run.

    Returns:
        The name of an importance that has one, or a formula of which more means dearer.

    Raises:
        InputError: It is none of these.
    """
    if text in SHIPPED:
        return text
    path = Path(text)
    if (path / IMPORTANCE).is_file():
        found = _of_run(path)
    elif path.is_file():
        proxy = load_proxy(text)
        found = _upward(_formula(proxy.formula, text), higher=proxy.higher_is_better)
    else:
        found = _read(text)
    return UnitFormulas(found, found)


def check_nats(text: str) -> None:
    """Raise InputError where an importance is not in nats: measured divergences cannot stand among its costs."""
    path = Path(text) / IMPORTANCE
    if text != "taylor" and not (path.is_file() and _result_of(path).best.importance is not None):
        raise InputError(
            "`measure` puts divergences among estimates in nats: expected the importance taylor or the folder of an "
            f"evolution on choices, found {shorten(text)}"
        )


def _read(text: str) -> Formula:
    try:
        return check_units(parse(text))
    except InputError as err:
        named = ", ".join(SHIPPED)
        raise InputError(
            f"`importance`: expected {named}, a formula of units, a file with one, or the folder of an evolution on "
            f"choices, found {shorten(text)}: {err}"
        ) from None


def _of_run(path: Path) -> Formula:
    best = _result_of(path / IMPORTANCE).best
    # in nats, costs of parts add up
    text = best.formula if best.importance is None else best.importance
    return _upward(check_units(parse(text)), higher=best.importance is not None or best.direction == "higher")


def _result_of(place: Path) -> ChoicesResult:
    return read_result(ChoicesResult, read_document(place), place, of="an evolution on choices", remedy="run it again")


def _formula(formula: Formula | None, place: str) -> Formula:
    if formula is None:
        raise InputError(f"{place}: expected a formula of units, found a coded metric")
    return check_units(formula)


def _upward(formula: Formula, *, higher: bool) -> Formula:
    return formula if higher else apply("neg", formula)


@dataclass(frozen=True)
class FormulaCosts:
    """What a formula says that it costs that units of one part go; see :class:`.importance.Costs`.

    Attributes:
        units: What the units do.
        formula: The formula.
    """

    units: PartUnits
    formula: Formula

    def of(self, units: Sequence[int]) -> float:
        """What it costs that these go; raises alike."""
        return self.nested(list(units)[::-1], [0])[0]

    def nested(self, best: Sequence[int], stay: Sequence[int]) -> list[float]:
        """What it costs where so many of the best units stay; nothing where all do.

        Raises:
            InputError: A cost is not finite.
        """
        going = sorted({len(best) - number for number in stay} - {0})
        values = Evaluator(self.units.source(best[::-1], going)).scores(self.formula)
        known = {0: 0.0, **dict(zip(going, map(float, values), strict=True))}
        if not all(map(math.isfinite, known.values())):
            raise InputError(
                f"`importance`: expected finite costs, found others of layer {self.units.layer}: {self.formula}"
            )
        return [known[len(best) - number] for number in stay]


def formula_scores(
    formulas: UnitFormulas, model: nn.Module, layout: Layout, windows: Windows, products: Products, *, seed: int
) -> tuple[LayerScores, ...]:
    """The scores of both parts of every layer, by a formula.

    Args:
        formulas: The formula of each part.
        model: The checkpoint, in evaluation mode.
        layout: Its shape.
        windows: What it is looked at with.
        products: What its units do there, for the order in which they stay.
        seed: Of labels that are drawn.
    """
    parts = look(model, layout, windows, arrays=arrays_for(formulas.unit_operands), seed=seed)
    ordered = scores_of(get_importance(ORDER), model, layout, products)
    found = []
    for layer, one in enumerate(ordered):
        of_layer = parts[len(KINDS) * layer : len(KINDS) * (layer + 1)]
        found.append(
            LayerScores(one.order, {part.kind: FormulaCosts(part, formulas.by_kind[part.kind]) for part in of_layer})
        )
    return tuple(found)
