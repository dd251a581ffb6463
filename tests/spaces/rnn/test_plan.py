"""The plan of a recurrent model: its stream, and parameters and operations by hand and as the built model has them."""

from __future__ import annotations

from functools import partial
from itertools import product

import pytest
import torch

from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.weights import build_blank, count_parameters
from lpzero.spaces.rnn.model import RnnModel
from lpzero.spaces.rnn.plan import GATES, CellKind, RnnPlan, flops, parameter_counts, plan_layers

EACH_CELL = pytest.mark.parametrize("cell", GATES)


def mixed(cell: CellKind, *, tied: bool, projection: bool, residual: bool = True) -> RnnPlan:
    """Layers of several widths, one of them as wide as the stream that enters it."""
    layers = plan_layers(6, (6, 4, 5), projection=projection, residual=residual)
    return RnnPlan(cell, vocabulary=257, embedding_width=6, layers=layers, tied=tied)


@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3), ("plain", 1)])
def test_a_model_counted_by_hand(cell: CellKind, gates: int) -> None:
    recurrent = gates * (6 * 6 + 6 + 4 * 4 + 4 + 5 * 5 + 5)
    entering = gates * (6 * 6 + 6 + 4 * 6 + 4 + 5 * 4 + 5)
    assert parameter_counts(mixed(cell, tied=False, projection=False)) == {
        "embedding": 257 * 6,
        "attention": recurrent,
        "feed_forward": entering,
        "nonembedding": recurrent + entering,
        "total": 257 * 6 + recurrent + entering + 257 * 5,
    }
    # with projections the stream is 6 wide everywhere, and the table is the output as it is
    entering = gates * (6 * 6 + 6 + 4 * 6 + 4 + 5 * 6 + 5) + 6 * 6 + 4 * 6 + 5 * 6
    assert parameter_counts(mixed(cell, tied=True, projection=True)) == {
        "embedding": 257 * 6,
        "attention": recurrent,
        "feed_forward": entering,
        "nonembedding": recurrent + entering,
        "total": 257 * 6 + recurrent + entering,
    }


def test_a_tied_output_behind_another_width_has_a_projection() -> None:
    tied = mixed("gru", tied=True, projection=False)
    assert tied.output_projected
    counts = parameter_counts(tied)
    assert counts["total"] == counts["embedding"] + counts["nonembedding"] + 5 * 6
    assert not mixed("gru", tied=True, projection=True).output_projected
    assert not mixed("gru", tied=False, projection=False).output_projected


@EACH_CELL
def test_the_closed_forms_are_those_of_the_model(cell: CellKind) -> None:
    for tied, projection in product((False, True), repeat=2):
        plan = mixed(cell, tied=tied, projection=projection)
        blank = build_blank(partial(RnnModel, plan))
        assert parameter_counts(plan) == count_parameters(blank)
        for tokens in (1, 13):
            ids = torch.zeros((1, tokens), dtype=torch.int64)
            assert flops(plan, tokens) == counted_flops(blank, ids.to("meta"))


@EACH_CELL
def test_the_cells_written_out_take_the_operations_of_the_closed_form(cell: CellKind) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    from lpzero.spaces.rnn.cells import Recurrence

    plan = mixed(cell, tied=False, projection=True)
    model = RnnModel(plan).eval()

    def written_out(self: Recurrence, x: torch.Tensor, entering: torch.nn.Linear) -> torch.Tensor:
        nothing = tuple(x.new_zeros(x.shape[0], x.shape[1], self.recurrent.in_features) for _ in GATES[cell])
        return self._written_out(entering(x), nothing)

    with pytest.MonkeyPatch.context() as patch, FlopCounterMode(display=False) as counter:
        patch.setattr(Recurrence, "forward", written_out)
        model.logits(torch.zeros((1, 7), dtype=torch.int64))
    assert counter.get_total_flops() == flops(plan, 7)


def test_a_residual_connection_takes_equal_widths() -> None:
    def residual(plan: RnnPlan) -> list[bool]:
        return [layer.residual for layer in plan.layers]

    assert residual(mixed("plain", tied=False, projection=False)) == [True, False, False]
    assert residual(mixed("plain", tied=False, projection=True)) == [True, True, True]
    assert residual(mixed("plain", tied=False, projection=True, residual=False)) == [False] * 3


def test_equal_plans_have_equal_digests() -> None:
    one, other = (mixed("lstm", tied=True, projection=True) for _ in range(2))
    assert one.digest == other.digest
    assert one.digest != mixed("gru", tied=True, projection=True).digest
