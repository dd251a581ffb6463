"""The exact operands of one model, of which a source keeps what reductions made of them, and no tensor.

A pass hands over the tensors of each site while it runs (:func:`lpzero.operands.extract.hand_over`), and all that some
formulas want of them is computed at once. So a model of any size takes the memory of its pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.formula.formula import Formula
from lpzero.formula.traversal.reductions import of_family, wanted
from lpzero.formula.traversal.sweep import reduced
from lpzero.formula.values import OperandSource, SiteRows
from lpzero.operands.batch import Batch
from lpzero.operands.brought import known_operand
from lpzero.operands.extract import Operands, Site, hand_over
from lpzero.operands.operand import SiteFamily
from lpzero.spaces.models.sites import SiteMap

Values = dict[tuple[SiteFamily, int], dict[str, Tensor | BaseException]]


class ReducedSource(OperandSource):
    """The reductions of some formulas on one model.

    Args:
        outline: What is known of the model beside its tensors.
        values: For each site, its family and number, the values of reductions by text, or why there is none.
        device: Where they lie.
    """

    exact = True
    models = 1

    def __init__(self, outline: Operands, values: Values, device: torch.device | str) -> None:
        self._outline, self._values, self._device = outline, values, device

    def tensor(self, name: str) -> Any:
        """Never called: formulas whose reductions are not here are not evaluated on it."""
        raise TypeError(f"the tensors of {name} were not kept")

    def reduced(self, formula: Formula) -> tuple[SiteRows, Tensor]:
        """See :class:`OperandSource`; raises what the sites of the operand, or the computation, are the reason for."""
        rows = [known_operand(name) for name in sorted(formula.operands)]
        for row in rows:
            found = self._outline.rows(row)
            if formula.needs_axes and (loose := self._outline.loose.get(row.site_family, "")):
                raise LpzeroError(f"{row.name}: {loose}")
        family, text = rows[0].site_family, of_family(formula).text
        values = []
        for index in found:
            value = self._values[family, index][text]
            if isinstance(value, BaseException):
                raise value
            values.append(value)
        stacked = torch.stack(values) if values else torch.zeros(0, device=self._device)
        return self._placed([self._outline.sites[family][index] for index in found]), stacked

    def count(self, name: str) -> Tensor:
        """See :class:`OperandSource`; raises LpzeroError where the model does not show it."""
        return self.filled(self._outline.count(name))

    def fans(self, name: str) -> tuple[SiteRows, Tensor]:
        """See :class:`OperandSource`."""
        counts = torch.tensor(self._outline.shape.fans[name], dtype=torch.float64, device=self._device)
        return self._placed(self._outline.sites["parameter"]), counts

    def filled(self, value: float) -> Tensor:
        """See :class:`OperandSource`."""
        return torch.full((1,), value, dtype=torch.float64, device=self._device)

    def _placed(self, sites: Iterable[Site]) -> SiteRows:
        cells = torch.tensor([site.layer for site in sites], dtype=torch.int64, device=self._device)
        return SiteRows(cells, 1, self._outline.depth + 2)


def reduced_source(model: nn.Module, site_map: SiteMap, batch: Batch, formulas: Iterable[Formula]) -> ReducedSource:
    """Make the passes that formulas need, once, and compute on the way all that they want of tensors.

    Args:
        model: As of :func:`lpzero.operands.extract.extract`.
        site_map: Likewise.
        batch: Likewise.
        formulas: Those that will be evaluated on the source.

    Raises:
        LpzeroError: As :func:`lpzero.operands.extract.extract` does.
    """
    wants, values = wanted(formulas), Values()

    def take(family: SiteFamily, index: int, site: Site, tensors: Mapping[str, Tensor]) -> None:
        values[family, index] = reduced(wants.at(family, site.group), tensors)

    outline = hand_over(model, site_map, batch, wants.families, take)
    return ReducedSource(outline, values, batch.input_ids.device)
