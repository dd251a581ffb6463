"""Forward selection: finds what made the quality, ends at noise, and never sees more than it is given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from lpzero.evolution.weighted.start import Sample, Seen, forward_sums, grow, usable
from lpzero.fitness.weights import Labels, fit_weights
from lpzero.formula import canonical, parse
from lpzero.formula.grammar import get_grammar
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.formula.terms import accepts_sum, enumerated_terms
from lpzero.operands.packed import Packed
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.operands.sketch import sketch
from lpzero.spaces import get_space


def _values(number: int, n: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(number, n)))


def test_the_terms_that_made_the_quality_are_found_in_the_order_of_what_they_add() -> None:
    values, n = _values(300, 80, 0), 80
    quality = (2 * values[17] - values[40] + 0.5 * values[99]).numpy() + 0.3 * np.random.default_rng(1).normal(size=n)
    samples = [
        Sample(values[:, some], Seen.of_one(quality[some], np.arange(len(some))))
        for some in np.split(np.arange(n), [60])[:1]
    ]
    assert grow([*samples, Sample(values, Seen.of_one(quality, np.arange(n)))], 3) == [17, 40, 99]


def test_gains_are_those_of_fitting_each_sum_alone() -> None:
    values = _values(6, 30, 2)
    quality = (values[0] + values[1]).numpy()
    gains = Sample(values, Seen.of_one(quality, np.arange(30))).gains([0])
    labels = Labels.of(quality, np.arange(30))
    for place in range(1, 6):
        alone = fit_weights(values[[0, place]][None], labels).left_out[0]
        assert float(gains[place]) == pytest.approx(stats.kendalltau(alone, quality).statistic)
    assert gains[0] == -1


def test_on_noise_the_stable_sum_stays_small() -> None:
    rng, sizes = np.random.default_rng(3), []
    for seed in range(5):
        values, quality = _values(100, 40, seed), rng.normal(size=40)
        parts = [rng.choice(40, size=25, replace=False) for _ in range(16)]
        sizes.append(len(grow([Sample(values[:, p], Seen.of_one(quality[p], np.arange(25))) for p in parts], 6)))
    # one sample alone never stops gaining
    alone = [
        len(grow([Sample(_values(100, 40, s), Seen.of_one(rng.normal(size=40), np.arange(40)))], 6)) for s in range(5)
    ]
    assert np.mean(sizes) <= np.mean(alone)


def test_what_is_not_finite_or_does_not_vary_or_repeats_is_left_out() -> None:
    terms = [parse(name) for name in ("depth", "width", "heads", "params", "decoder_params")]
    values = torch.tensor([[1.0, 2.0], [3.0, 3.0], [1.0, torch.inf], [1.0, 2.0], [5.0, 4.0]])
    kept, left = usable(terms, values)
    assert [str(term) for term in kept] == ["depth", "decoder_params"]
    assert torch.equal(left, values[[0, 4]])


def test_the_enumerated_terms_are_canonical_and_of_the_grammar() -> None:
    rules = get_grammar("weighted")
    terms = enumerated_terms(rules)
    assert len(terms) == len(set(terms)) > 1000
    assert all(canonical(term) == term for term in terms[::50])


def test_the_sums_of_a_start_belong_to_the_grammar_and_follow_from_the_seed() -> None:
    space, probe, rng = get_space("gpt2", "own"), Probe(batch=2, tokens=4, elements=16), np.random.default_rng(0)
    drawn = [sketch(untrained_operands(space, space.sample(rng), probe), elements=16, seed=0) for _ in range(14)]
    evaluator, rules = (
        ShardedEvaluator(Packed.of_sketches(drawn)),
        replace(get_grammar("weighted", terms=2), operands=("weight", "grad")),
    )
    quality, told = rng.normal(size=14), []

    def found(seed: int) -> list[str]:
        sums, _ = forward_sums(
            evaluator,
            Seen.of_one(quality, np.arange(14)),
            rules,
            np.random.default_rng(seed),
            lambda done, total: told.append((done, total)),
        )
        assert all(accepts_sum(rules, one) for one in sums)
        return [str(one) for one in sums]

    assert found(0) == found(0) != found(1)
    assert told[-1] == (18, 18)
