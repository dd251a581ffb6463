"""The evaluation of a batch: the same for every way to write a formula and in any company, statuses, directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
import torch

import lpzero.evolution.evaluation as evaluation_module
from lpzero.errors import InputError
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.evaluation import Evaluation, evaluation
from lpzero.evolution.judging import Judge
from lpzero.fitness import Status, judge
from lpzero.formula import Formula, canonical, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.sharded import Scores
from lpzero.formula.values import SketchSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.sketch import Sketch, sketch

QUALITY = np.array([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0, 5.5, 3.5, 8.0, 7.0])
SEARCHED = 6


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
    return evaluation(list(sketches.values()), QUALITY[:9], SEARCHED, "cpu")


def one(evaluate: Evaluation, text: str) -> Candidate:
    """What is known of a formula."""
    return evaluate([parse(text)])[0]


def test_every_way_to_write_a_formula_gives_one_result(evaluate: Evaluation) -> None:
    # else a long way to write it could keep the short one from being tried
    pairs = [("sum(l1(abs(weight)))", "sum(l1(weight))"), ("sum(l1(neg(neg(weight))))", "sum(l1(weight))")]
    for long, short in pairs:
        assert one(evaluate, long) == one(evaluate, short)
        assert one(evaluate, long).status is Status.OK
    for name in ("typed", "lpzero"):
        rules, rng = get_grammar(name), np.random.default_rng(0)
        formulas = [draw(rules, rng) for _ in range(150)]
        assert evaluate(formulas) == evaluate([canonical(formula) for formula in formulas])


@pytest.mark.parametrize("resamples", [0, 16])
def test_a_formula_is_worth_the_same_in_any_company(sketches: dict[int, Sketch], resamples: int) -> None:
    evaluate = evaluation(list(sketches.values()), QUALITY[:9], SEARCHED, "cpu", resamples=resamples)
    rules, rng = get_grammar("typed"), np.random.default_rng(3)
    formulas = [draw(rules, rng) for _ in range(120)]
    together = evaluate(formulas)
    assert together == [evaluate([formula])[0] for formula in formulas]
    assert sum(known.ok for known in together) > 30


@pytest.mark.parametrize("resamples", [0, 16])
def test_formulas_with_the_same_ranks_share_a_signature(sketches: dict[int, Sketch], resamples: int) -> None:
    evaluate = evaluation(list(sketches.values()), QUALITY[:9], SEARCHED, "cpu", resamples=resamples)
    texts = ["sum(l1(weight))", "reciprocal(sum(l1(weight)))", "sum(std(jacobian))"]
    norm, turned, other = evaluate([parse(text) for text in texts])
    assert norm.higher_is_better != turned.higher_is_better
    assert norm.signature == turned.signature != other.signature
    assert norm.search == turned.search
    assert norm.objective == turned.objective


@pytest.mark.parametrize("text", ["sum(l1(weight))", "sum(std(jacobian))"])
def test_the_objective_is_tau_a_or_a_low_one_of_resamples(sketches: dict[int, Sketch], text: str) -> None:
    parts = list(sketches.values())
    plain = one(evaluation(parts, QUALITY[:9], SEARCHED, "cpu"), text)
    stable, lower = (
        one(evaluation(parts, QUALITY[:9], SEARCHED, "cpu", resamples=64, quantile=q), text) for q in (0.25, 0.05)
    )
    assert plain.search is not None
    assert plain.objective == plain.search.tau_a
    assert lower.objective is not None
    assert stable.objective is not None
    assert lower.objective <= stable.objective <= 1.0
    assert stable.search == plain.search


def test_the_joint_objective_is_tau_a_on_both_splits_in_the_direction_of_the_search(
    sketches: dict[int, Sketch],
) -> None:
    quality = QUALITY[:9].copy()
    quality[SEARCHED:] *= -3  # what ranks the one split well ranks the other badly
    joint = evaluation(list(sketches.values()), quality, SEARCHED, "cpu", joint=True)
    signs = set()
    for text in ("sum(l1(weight))", "sum(std(weight))", "sum(std(grad))", "sum(log(std(attention)))"):
        known = one(joint, text)
        assert known.both is not None
        assert known.search is not None
        assert known.objective == pytest.approx(known.both.tau_a)
        signs.add(known.objective < 0 < known.search.tau_a)
    assert True in signs


def test_the_direction_is_that_of_the_search_split(evaluate: Evaluation, sketches: dict[int, Sketch]) -> None:
    up, down = evaluate([parse("sum(l1(weight))"), parse("neg(sum(l1(weight)) * sum(l1(hidden)))")])
    scores = Evaluator(SketchSource([sketches[i] for i in range(9)])).scores(up.formula)
    for part, kept in (("search", slice(0, 6)), ("validation", slice(6, 9)), ("both", slice(0, 9))):
        wanted = judge(scores[kept], QUALITY[:9][kept]).correlation
        assert wanted is not None
        expected = wanted if up.higher_is_better else wanted.flipped()
        assert astuple(getattr(up, part)) == pytest.approx(astuple(expected), abs=1e-12)
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
    known = one(evaluate, text)
    assert (known.status, known.rule) == (status, rule)
    assert known.ok == (status is Status.OK)


class Planned:
    """An evaluator that gives every formula the same scores."""

    def __init__(self, scores: list[float]) -> None:
        self._scores = torch.tensor(scores, dtype=torch.float64)

    def score_all(self, formulas: Sequence[Formula]) -> Scores:
        """The planned scores."""
        return Scores(self._scores.repeat(len(formulas), 1), np.zeros(len(formulas), bool))


VARIED = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


@pytest.mark.parametrize(
    ("first", "other", "status"),
    [
        # beyond the handful of the activeness check
        ([*VARIED[:7], np.inf], None, Status.OVERFLOW),
        ([*VARIED[:6], np.nan, np.inf], None, Status.NONFINITE),
        (VARIED, VARIED, Status.OK),
        (VARIED, [*VARIED[:7], -np.inf], Status.OVERFLOW),
        ([*VARIED[:7], np.inf], VARIED, Status.OVERFLOW),
        ([*VARIED[:7], np.inf], [*VARIED[:7], np.nan], Status.NONFINITE),
        (VARIED, [1.0] * 8, Status.CONSTANT),
        (VARIED, [0.0] * 8, Status.UNDERFLOW),
    ],
)
def test_overflow_and_underflow_of_any_initialisation_have_their_status(
    first: list[float], other: list[float] | None, status: Status
) -> None:
    quality = torch.from_numpy(QUALITY[:8])
    drawn = [Planned(scores) for scores in (first, other) if scores is not None]
    evaluate = Evaluation(drawn[0], Judge(quality, SEARCHED), None, 0.25, True, others=tuple(drawn[1:]))  # type: ignore[arg-type]
    assert one(evaluate, "sum(l1(weight))").status is status


def test_running_out_of_memory_is_a_status(evaluate: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Any, _formula: Any) -> Any:
        raise MemoryError

    both = evaluate([parse("sum(l1(weight))"), parse("sum(exp(numel(weight)))")])
    assert [known.status for known in both] == [Status.OK, Status.PRUNED]
    monkeypatch.setattr(Evaluator, "score_tensor", full)
    assert one(evaluate, "sum(l1(weight))").status is Status.OUT_OF_MEMORY


def test_memory_that_runs_out_over_one_formula_leaves_the_others(
    evaluate: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    formulas = [parse(text) for text in ("sum(l1(weight))", "sum(std(grad))", "mean(max(head))")]
    wanted, score = evaluate(formulas), Evaluator.score_tensor

    def failing(self: Evaluator, formula: Formula) -> torch.Tensor:
        if formula.text == canonical(formulas[1]).text:
            raise MemoryError
        return score(self, formula)

    monkeypatch.setattr(Evaluator, "score_tensor", failing)
    found = evaluate(formulas)
    assert found[1].status is Status.OUT_OF_MEMORY
    assert [found[0], found[2]] == [wanted[0], wanted[2]]


def test_a_few_formulas_at_a_time_are_judged_as_all_of_them(
    evaluate: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    formulas = [draw(get_grammar("typed"), rng) for _ in range(40)]
    wanted, calls = evaluate(formulas), []
    judged = Evaluation.judged

    def watched(self: Evaluation, forms: list[Formula], drawn: list[torch.Tensor]) -> list[Candidate]:
        calls.append(len(forms))
        return judged(self, forms, drawn)

    monkeypatch.setattr(Evaluation, "judged", watched)
    for held, most in ((45, 5), (1, 1)):
        calls.clear()
        monkeypatch.setattr(evaluation_module, "HELD", held)
        assert evaluate(formulas) == wanted
        assert max(calls) == most


def test_rules_can_be_switched_off(sketches: dict[int, Sketch]) -> None:
    text = "exp(sum(l1(weight_operation * weight_operation)))"
    pruned, tried = (
        evaluation(list(sketches.values()), QUALITY[:9], SEARCHED, "cpu", rules=rules)([parse(text)])[0]
        for rules in (True, False)
    )
    assert (pruned.status, pruned.rule) == (Status.PRUNED, "monotone_root")
    assert tried.status is not Status.PRUNED


def test_several_initialisations_average_what_is_measured_on_both_parts(sketches: dict[int, Sketch]) -> None:
    first = list(sketches.values())
    # another draw: the same architectures with other numbers
    second = [first[i] for i in (3, 0, 1, 2, 5, 4, 7, 8, 6)]
    rules, rng = get_grammar("typed"), np.random.default_rng(4)
    formulas = [draw(rules, rng) for _ in range(60)]
    alone, other = (evaluation(one, QUALITY[:9], SEARCHED, "cpu", joint=True)(formulas) for one in (first, second))
    mixed = evaluation(first, QUALITY[:9], SEARCHED, "cpu", joint=True, others=[second])(formulas)

    compared = 0
    for a, b, both in zip(alone, other, mixed, strict=True):
        if a.both is None or b.both is None:
            continue
        assert both.both is not None
        assert both.both.tau_a == both.objective
        # the direction is that of the first draw
        turned = 1.0 if a.higher_is_better == b.higher_is_better else -1.0
        assert both.both.tau_a == pytest.approx((a.both.tau_a + turned * b.both.tau_a) / 2, abs=1e-6)
        assert (both.search, both.signature, both.higher_is_better) == (a.search, a.signature, a.higher_is_better)
        compared += 1
    assert compared > 15
    twice = evaluation(first, QUALITY[:9], SEARCHED, "cpu", joint=True, others=[first])(formulas)
    assert [known.both for known in twice] == [known.both for known in alone]


def test_one_quality_is_no_search_split(sketches: dict[int, Sketch]) -> None:
    with pytest.raises(InputError, match="expected different qualities in the search split"):
        evaluation(list(sketches.values()), np.ones(9), SEARCHED, "cpu")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and torch sees none here")
def test_a_gpu_evaluates_a_batch_as_a_cpu_does(sketches: dict[int, Sketch]) -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    formulas = [draw(rules, rng) for _ in range(100)]
    cpu, cuda = (
        evaluation(list(sketches.values()), QUALITY[:9], SEARCHED, device, resamples=16)(formulas)
        for device in ("cpu", "cuda")
    )
    # scores are rounded otherwise there, which turns a pair of nearly equal ones round now and then
    same = [one.status is other.status and one.search == other.search for one, other in zip(cpu, cuda, strict=True)]
    assert sum(same) > 90
