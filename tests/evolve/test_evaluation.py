"""The evaluation of one formula: the same for every way to write it, statuses, directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.evolve.evaluation import Evaluation, evaluation
from lpzero.fitness import Split, Status, judge
from lpzero.formula import canonical, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, grammar
from lpzero.formula.values import SketchSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.sketch import Sketch, sketch

QUALITY = np.array([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0, 5.5, 3.5, 8.0, 7.0])
PARTS = Split(tuple(range(6)), (6, 7, 8), (9, 10, 11))


@pytest.fixture
def sketches(tiny: Any, tokens: Batch) -> dict[int, Sketch]:
    """Nine architectures that differ in the scale of their weights."""
    found = {}
    for i in range(9):
        for parameter in tiny.parameters():
            parameter.data *= 1 + 0.1 * QUALITY[i] / 9
        found[i] = sketch(extract(tiny, tiny.site_map(), tokens), elements=64, seed=0)
    return found


@pytest.fixture
def evaluate(sketches: dict[int, Sketch]) -> Evaluation:
    """The evaluation of a small run."""
    return evaluation(sketches, QUALITY, PARTS, "cpu")


def test_every_way_to_write_a_formula_gives_one_result(evaluate: Evaluation) -> None:
    # else a long way to write it could keep the short one from being tried
    pairs = [("sum(l1(abs(weight)))", "sum(l1(weight))"), ("sum(l1(neg(neg(weight))))", "sum(l1(weight))")]
    for long, short in pairs:
        assert evaluate(parse(long)) == evaluate(parse(short))
        assert evaluate(parse(long)).status is Status.OK
    for name in ("typed", "lpzero"):
        rules, rng = grammar(name), np.random.default_rng(0)
        for _ in range(150):
            formula = draw(rules, rng)
            assert evaluate(formula) == evaluate(canonical(formula))


def test_the_direction_is_that_of_the_search_split(evaluate: Evaluation, sketches: dict[int, Sketch]) -> None:
    up, down = evaluate(parse("sum(l1(weight))")), evaluate(parse("neg(sum(l1(weight)) * sum(l1(hidden)))"))
    scores = Evaluator(SketchSource([sketches[i] for i in range(9)])).scores(up.formula)
    for part, kept in (("search", slice(0, 6)), ("validation", slice(6, 9)), ("both", slice(0, 9))):
        wanted = judge(scores[kept], QUALITY[:9][kept]).correlation
        assert wanted is not None
        assert getattr(up, part) == (wanted if up.higher_is_better else wanted.flipped())
    for known in (up, down):
        if known.search is not None:
            assert known.search.tau_a >= 0


@pytest.mark.parametrize(
    ("text", "status", "rule"),
    [
        ("sum(exp(numel(weight)))", Status.PRUNED, "overflow"),
        ("sum(exp(exp(exp(l1(weight)))))", Status.PRUNED, "inactive"),
        ("sum(numel(weight))", Status.PRUNED, "inactive"),
        ("sum(l1(weight))", Status.OK, None),
    ],
)
def test_statuses(evaluate: Evaluation, text: str, status: Status, rule: str | None) -> None:
    known = evaluate(parse(text))
    assert (known.status, known.rule) == (status, rule)
    assert known.ok == (status is Status.OK)


def test_running_out_of_memory_is_a_status(evaluate: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_formula: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(evaluate.everything, "scores", full)
    assert evaluate(parse("sum(l1(weight))")).status is Status.OUT_OF_MEMORY
