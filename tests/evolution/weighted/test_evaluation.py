"""Evaluation of sums: against fitting again without each architecture, and independent of the batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from lpzero.evolution.evaluation import evaluation
from lpzero.evolution.weighted.evaluation import WeightedEvaluation
from lpzero.fitness import Status
from lpzero.fitness.weights import Labels, fit_weights
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import get_grammar
from lpzero.formula.terms import draw_sum, plain_sum, terms_of
from lpzero.formula.values import SketchSource
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.operands.sketch import Sketch, sketch
from lpzero.spaces import get_space

MODELS, SEARCHED = 16, 9


@pytest.fixture(scope="module")
def sketches() -> list[Sketch]:
    space, probe, rng = get_space("gpt2", "own"), Probe(batch=2, tokens=4, elements=16), np.random.default_rng(0)
    return [sketch(untrained_operands(space, space.sample(rng), probe), elements=16, seed=0) for _ in range(MODELS)]


@pytest.fixture(scope="module")
def quality(sketches: list[Sketch]) -> np.ndarray:
    width = Evaluator(SketchSource(sketches)).scores(parse("log(width)"))
    found: np.ndarray = width + np.random.default_rng(1).normal(size=MODELS) * width.std()
    return found


@pytest.fixture(scope="module")
def evaluate(sketches: list[Sketch], quality: np.ndarray) -> WeightedEvaluation:
    plain = evaluation(sketches, quality, SEARCHED, "cpu", joint=True, directed=True)
    return WeightedEvaluation(plain, Labels.of(quality, np.arange(MODELS)))


def test_correlations_are_those_of_what_is_left_out(
    evaluate: WeightedEvaluation, sketches: list[Sketch], quality: np.ndarray
) -> None:
    formula = plain_sum(map(parse, ("log(width)", "log(depth)", "sum(log(l1(weight * grad)))")))
    (found,) = evaluate([formula])
    values = [Evaluator(SketchSource(sketches)).scores(term) for term in terms_of(formula)]
    labels = Labels.of(quality, np.arange(MODELS))
    left_out = fit_weights(torch.from_numpy(np.array(values))[None], labels).left_out[0].numpy()
    wanted = [stats.kendalltau(left_out[part], quality[part]).statistic for part in (slice(SEARCHED), slice(None))]
    assert found.ok
    assert (found.key, found.size) == (str(formula), formula.size)
    assert [found.search.tau_b, found.both.tau_b] == pytest.approx(wanted)  # type: ignore[union-attr]
    assert found.objective == found.both.tau_a  # type: ignore[union-attr]


def test_the_final_formula_is_what_the_scores_are_of(evaluate: WeightedEvaluation, sketches: list[Sketch]) -> None:
    (found,) = evaluate([parse("log(width) + sum(log(l1(weight * grad)))")])
    final = evaluate.final(found)
    assert len(final.formula.operands) == 2
    assert str(final.formula).count("*") == 3
    scores = Evaluator(SketchSource(sketches)).scores(final.formula)
    np.testing.assert_allclose(scores, evaluate.scores(found.formula), rtol=1e-4)
    assert final.key == str(final.formula)
    assert final.both == found.both


def test_a_sum_that_ranks_the_wrong_way_is_not_turned_round(evaluate: WeightedEvaluation) -> None:
    # noise is fitted to what is there, and then errs on what is not: turned round it would look like a proxy
    rng, rules = np.random.default_rng(2), get_grammar("weighted")
    found = [one for one in evaluate([draw_sum(rules, rng) for _ in range(80)]) if one.ok]
    assert all(one.higher_is_better for one in found)
    assert min(one.both.tau_a for one in found if one.both) < 0
    assert all(one.objective == one.both.tau_a for one in found if one.both)


def test_a_sum_has_the_same_figures_in_every_batch(evaluate: WeightedEvaluation) -> None:
    rng, rules = np.random.default_rng(3), get_grammar("weighted")
    formulas = list(dict.fromkeys(draw_sum(rules, rng) for _ in range(40)))
    together = evaluate(formulas)
    for formula, found in zip(formulas, together, strict=True):
        (alone,) = evaluate([formula])
        assert (alone.status, alone.rule, alone.key) == (found.status, found.rule, found.key)
        if found.ok:
            assert alone.both.tau_a == found.both.tau_a  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "status", "rule"),
    [
        ("log(width) + sum(sum(zscore(weight)))", Status.PRUNED, "constant"),
        ("log(width) + sum(square(square(square(square(square(square(numel(weight))))))))", Status.OVERFLOW, None),
        ("log(width) + sum(numel(jacobian)) / sum(numel(jacobian))", Status.PRUNED, "self_pair"),
    ],
)
def test_what_is_wrong_with_a_term_is_said_of_its_sum(
    evaluate: WeightedEvaluation, text: str, status: Status, rule: str | None
) -> None:
    (found,) = evaluate([parse(text)])
    assert (found.status, found.rule) == (status, rule)


def test_an_empty_batch_is_no_fault(evaluate: WeightedEvaluation) -> None:
    assert evaluate([]) == []
