"""An evaluation gives the same bits in whatever batches formulas come to it, on the sketches of a bank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.evaluation import evaluation
from lpzero.formula.grammar import draw, get_grammar
from lpzero.operands.bank import fill_bank, read_sketch
from lpzero.operands.packed import Packed
from lpzero.operands.probe import Probe
from lpzero.operands.sketch import Sketch
from lpzero.spaces import get_space
from lpzero.training.draw import draw as draw_architectures

QUALITY = np.array([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0, 5.5])
SEARCHED = 6


@pytest.fixture(scope="module")
def banked(tmp_path_factory: pytest.TempPathFactory) -> list[Sketch]:
    """Sketches of nine models of different shapes, as a run reads them from its bank."""
    space = get_space("flexibert", "own")
    architectures = draw_architectures(space, 9, np.random.default_rng(0))
    probe, home = Probe(batch=2, tokens=8, elements=64), tmp_path_factory.mktemp("home")
    found = fill_bank(space, architectures, probe, home=home, engine=Serial(), progress=lambda *_: None)
    return [read_sketch(path) for path in found.paths]


def test_neither_scores_nor_outcomes_depend_on_the_batch_of_formulas(banked: list[Sketch]) -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(5)
    formulas = [draw(rules, rng) for _ in range(200)]

    def outcomes(order: Sequence[int], size: int) -> list[tuple[bytes, Candidate]]:
        """The bits of the scores and what is made of them, one of each a formula, in the order of the formulas."""
        evaluate = evaluation(Packed.of_sketches(banked), QUALITY, SEARCHED, "cpu", resamples=16)
        found: dict[int, Candidate] = {}
        for begin in range(0, len(order), size):
            part = order[begin : begin + size]
            found |= zip(part, evaluate([formulas[i] for i in part]), strict=True)
        # after the batches, with what they left in memory
        scores = {i: evaluate.evaluator.scores(formulas[i]).tobytes() for i in order}
        return [(scores[i], found[i]) for i in range(len(formulas))]

    plain = outcomes(range(200), 200)
    assert sum(known.ok for _, known in plain) > 60
    assert len({known.status for _, known in plain}) > 1
    for order in (range(200), rng.permutation(200).tolist()):
        for size in (1, 7, 200):
            assert outcomes(order, size) == plain, size
