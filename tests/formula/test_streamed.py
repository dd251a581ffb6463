"""What looks at all elements, a piece at a time: the numbers of the whole tensor, in double precision."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lpzero.formula.primitive import Primitive
from lpzero.formula.primitives import PRIMITIVES
from lpzero.formula.streamed import Statistics

ROWS = [row for row in PRIMITIVES if row.streamed is not None]


def _joined(row: Primitive, x: Tensor, piece: int) -> Statistics:
    assert row.streamed is not None
    pieces = x.split(piece)
    partial = row.streamed.partial
    found = [] if partial is None else [partial(one) for one in pieces]
    columns = [torch.stack(column).double() for column in zip(*found, strict=True)]
    return row.streamed.joined(torch.tensor([len(one) for one in pieces], dtype=torch.float64), *columns)


def _in_pieces(row: Primitive, x: Tensor, piece: int) -> Tensor:
    assert row.streamed is not None
    statistics, applied = _joined(row, x, piece), row.streamed.applied
    return statistics[0] if applied is None else torch.cat([applied(one, *statistics) for one in x.split(piece)])


def test_every_primitive_that_looks_at_all_elements_can_be_streamed() -> None:
    assert [row.name for row in PRIMITIVES if row.kind in ("reduction", "normalise")] == [row.name for row in ROWS]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
@pytest.mark.parametrize("piece", [7, 64, 1000])
def test_pieces_give_the_whole(row: Primitive, piece: int) -> None:
    x = torch.randn(1000, generator=torch.Generator().manual_seed(0)) * 3 + 1
    torch.testing.assert_close(_in_pieces(row, x, piece), row.function(x.double(), None).float(), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_one_piece_is_the_whole_bit_for_bit(row: Primitive) -> None:
    x = torch.randn(1000, generator=torch.Generator().manual_seed(1))
    assert torch.equal(_in_pieces(row, x, 1000), row.function(x, None))


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
@pytest.mark.parametrize(
    "odd", [[torch.inf], [-torch.inf] * 4, [torch.nan], [3e38, 3e38, 3e38, 3e38]], ids=["inf", "-inf", "nan", "large"]
)
def test_numbers_that_are_not_finite_stay_so(row: Primitive, odd: list[float]) -> None:
    x = torch.cat([torch.tensor(odd), torch.arange(8.0)])
    pieces, whole = _in_pieces(row, x, 4), row.function(x, None)
    assert torch.equal(pieces.isfinite(), whole.isfinite())
    assert torch.equal(pieces.isnan(), whole.isnan())
