"""Sketches: within their stated error, aligned, seeded, whole where the tensor is small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource, SketchSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, Site, extract
from lpzero.operands.operand import FAMILIES, SITE_FAMILIES
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.operands.sketch import RunningSizes, sketch, sketch_pass
from lpzero.spaces import get_space

ELEMENTS = 512


def _alone(tensor: torch.Tensor) -> Operands:
    """Operands in which one tensor stands at every family's only site."""
    sites = {family: (Site(1, "only", "operation"),) for family in SITE_FAMILIES}
    return Operands(1, 0.0, sites, dict.fromkeys(map(str, FAMILIES), (tensor,)))


@pytest.fixture(scope="module")
def operands() -> Operands:
    space = get_space("flexibert")
    torch.set_num_threads(1)
    return untrained_operands(space, space.sample(np.random.default_rng(1)), Probe(batch=2, tokens=32))


def test_a_pass_that_is_sketched_as_it_runs_has_the_sketch_of_what_it_shows(tiny: Any, tokens: Batch) -> None:
    kept = sketch(extract(tiny, tiny.site_map(), tokens), elements=32, seed=3)
    outline, found = sketch_pass(tiny, tiny.site_map(), tokens, elements=32, seed=3)
    assert outline.tensors == {}
    assert (found.shape, outline.sites) == (kept.shape, {name: part.sites for name, part in kept.sites.items()})
    for family, part in kept.sites.items():
        assert torch.equal(found.sites[family].weights, part.weights)
        assert all(torch.equal(found.sites[family].values[name], values) for name, values in part.values.items())


@pytest.mark.parametrize("reduction", ["sum", "mean", "std", "l1", "mean_abs", "frobenius"])
@pytest.mark.parametrize("shape", ["normal", "exponential", "sparse"])
def test_estimates_a_reduction_within_its_stated_error(reduction: str, shape: str) -> None:
    rng = np.random.default_rng(0)
    drawn = {
        "normal": rng.normal(0.3, 1.0, 40_000),
        "exponential": rng.exponential(2.0, 40_000),
        "sparse": rng.normal(size=40_000) * (rng.random(40_000) < 0.3),
    }[shape]
    whole = torch.from_numpy(drawn).float().reshape(200, 200)
    formula = parse(f"sum({reduction}(hidden))")
    exact = Evaluator(ExactSource(_alone(whole))).scores(formula)[0]
    estimates = np.array(
        [
            Evaluator(SketchSource([sketch(_alone(whole), elements=ELEMENTS, seed=s)])).scores(formula)[0]
            for s in range(40)
        ]
    )
    # the standard error of a mean of 512 uniform draws, propagated to the reduction; the stated error is sqrt(2) of it
    summand = {"l1": np.abs(drawn), "mean_abs": np.abs(drawn)}.get(reduction, drawn)
    if reduction in ("std", "frobenius"):
        squares = (drawn - drawn.mean() * (reduction == "std")) ** 2
        error = squares.std() / np.sqrt(ELEMENTS) / squares.mean() / 2 * exact
    else:
        error = summand.std() / np.sqrt(ELEMENTS) * (drawn.size if reduction in ("sum", "l1") else 1)
    error *= np.sqrt(2)
    # 4 standard errors, and the bias of a ratio of two estimates, which is of the order of 1 / draws
    assert np.abs(estimates - exact).max() < 4 * error + abs(exact) / ELEMENTS
    assert abs(estimates.mean() - exact) < 4 * error / np.sqrt(40) + abs(exact) / ELEMENTS


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("sum(l1(weight * grad))", 0.12),
        ("sum(l1(grad))", 0.08),
        ("sum(frobenius(grad))", 0.1),
        ("sum(l1(grad_embedding))", 0.12),
        ("sum(l1(weight_operation * grad_operation))", 0.08),
        ("sum(l1(weight))", 0.08),
        ("sum(std(hidden))", 0.08),
    ],
)
def test_estimates_real_operands(operands: Operands, text: str, bound: float) -> None:
    # gradients of embeddings are sparse and heavy-tailed: a uniform sample is off by up to 60 % here
    exact = Evaluator(ExactSource(operands)).scores(parse(text))[0]
    for seed in range(6):
        source = SketchSource([sketch(operands, elements=ELEMENTS, seed=seed)])
        assert Evaluator(source).scores(parse(text))[0] == pytest.approx(exact, rel=bound)


@pytest.mark.parametrize("family", ["activation", "head", "hidden", "jacobian"])
def test_extremes_and_counts_are_exact(operands: Operands, family: str) -> None:
    source = SketchSource([sketch(operands, elements=ELEMENTS, seed=3)])
    for text in (f"sum(max({family}))", f"sum(max(neg({family})))", f"sum(max(sigmoid({family})))"):
        formula = parse(text)
        exact = Evaluator(ExactSource(operands)).scores(formula)[0]
        assert Evaluator(source).scores(formula)[0] == pytest.approx(exact, rel=1e-6)
    numel = parse(f"sum(numel({family}))")
    assert Evaluator(source).scores(numel)[0] == pytest.approx(
        Evaluator(ExactSource(operands)).scores(numel)[0], rel=1e-6
    )


def test_a_weight_and_its_gradient_share_positions(operands: Operands) -> None:
    sketched = sketch(operands, elements=64, seed=0).sites["parameter"]
    for row, (weight, gradient) in enumerate(zip(operands.tensors["weight"], operands.tensors["grad"], strict=True)):
        pairs = set(zip(weight.reshape(-1).tolist(), gradient.reshape(-1).tolist(), strict=True))
        kept = int((sketched.weights[row] > 0).sum())
        columns = (sketched.values[name][row, :kept].tolist() for name in ("weight", "grad"))
        assert set(zip(*columns, strict=True)) <= pairs
        if row == 3:
            break


def test_a_small_tensor_is_kept_whole(tiny: Any, tokens: Batch) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    source = SketchSource([sketch(operands, elements=1024, seed=0)])
    for text in ("sum(l1(weight * grad))", "mean(log(std(attention)))", "sum(max(zscore(hidden)))"):
        exact = Evaluator(ExactSource(operands)).scores(parse(text))[0]
        assert Evaluator(source).scores(parse(text))[0] == pytest.approx(exact, rel=1e-5)


def test_equal_seeds_give_equal_sketches_and_others_do_not(operands: Operands) -> None:
    first, again, other = (sketch(operands, elements=64, seed=s).sites["hidden"].values["hidden"] for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_weights_add_up_to_the_number_of_elements(operands: Operands) -> None:
    for family, part in sketch(operands, elements=64, seed=0).sites.items():
        name = "weight" if family == "parameter" else family
        counts = torch.tensor([float(t.numel()) for t in operands.tensors[name]])
        torch.testing.assert_close(part.weights.double().sum(1), counts.double(), rtol=1e-6, atol=0)


def test_draws_by_size_follow_the_sizes() -> None:
    sizes = torch.zeros(10_000)
    sizes[[7, 5_000, 9_999]] = torch.tensor([1.0, -2.0, 1.0])
    shares = (np.arange(400) + 0.5) / 400
    positions, counts = np.unique(RunningSizes.of(sizes).positions(shares), return_counts=True)
    assert dict(zip(positions.tolist(), counts.tolist(), strict=True)) == {7: 100, 5_000: 200, 9_999: 100}


@pytest.mark.parametrize("length", [1, 17, 63, 64, 65, 128, 1000])
def test_running_sizes_of_any_length_are_those_of_a_plain_sum(length: int) -> None:
    elements = torch.randn(length, generator=torch.Generator().manual_seed(length))
    sizes = RunningSizes.of(elements)
    assert sizes.mass == pytest.approx(float(elements.abs().double().sum()), rel=1e-5)
    shares = np.linspace(0.001, 0.999, 500)
    wanted = np.searchsorted(elements.abs().double().cumsum(0).numpy(), shares * sizes.mass)
    found = sizes.positions(shares)
    # a share at the very edge of an element may fall to its neighbour
    assert np.abs(found - wanted).max() <= 1
    assert np.mean(found == wanted) > 0.98
