"""What stays is fitted: laws of the least squares, and what the fit does to a smaller model, in every family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import Layout, blocks_of, part, read_layout, weight_in
from lpzero.compression.cutting.refit import Fit, refitted
from lpzero.errors import InputError
from tests.compression.tiny import tiny, tokens


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_fit_is_the_least_squares_with_a_ridge_towards_the_old() -> None:
    x, y, old = drawn(50, 6), drawn(50, 4, seed=1), drawn(4, 6, seed=2)
    fit = Fit(old)
    for some_x, some_y in zip(x.split(20), y.split(20), strict=True):
        fit.add(some_x, some_y)
    ridge = 0.3
    weight = ridge * float((x.T @ x).diagonal().mean())
    # the same as least squares over the pairs and over rows that ask for the old weights
    rows = torch.cat([x, weight**0.5 * torch.eye(6, dtype=torch.float64)])
    wanted = torch.cat([y, weight**0.5 * old.T])
    expected = torch.linalg.lstsq(rows, wanted).solution.T
    torch.testing.assert_close(fit.solved(ridge), expected, rtol=1e-5, atol=1e-6)


def test_a_fit_to_nothing_leaves_the_old() -> None:
    old = drawn(4, 6)
    fit = Fit(old)
    fit.add(torch.zeros(3, 6), torch.ones(3, 4))
    assert torch.equal(fit.solved(1.0), old)


def some(layout: Layout) -> Choice:
    """One layer with fewer neurons, one dropped, one with fewer groups."""
    first, second, third = layout.everything.layers
    neurons = tuple(range(0, layout.neurons, 2))
    return Choice(
        (replace(first, neurons=neurons), replace(second, groups=(), neurons=()), replace(third, groups=(0,)))
    )


def missed(model: nn.Module, smaller: nn.Module, ids: Tensor) -> float:
    with torch.no_grad():
        full, less = (one(input_ids=ids).logits.log_softmax(-1) for one in (model, smaller))
    return float((full.exp() * (full - less)).sum(-1).mean())


def others(layout: Layout) -> Choice:
    """A layer without attention, one without feed-forward."""
    first, second, third = layout.everything.layers
    return Choice((replace(first, groups=()), replace(second, neurons=()), replace(third, neurons=(0, 3))))


@pytest.mark.parametrize("of", [some, others])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_refitted_model_is_closer_to_the_full_one(family: str, of: Callable[[Layout], Choice]) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(40, 16)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fitted = refitted(model, layout, of(layout), ids, ridge=0.01)
    assert missed(model, fitted, ids) < missed(model, cut(model, layout, of(layout)), ids)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_nothing_cut_is_nothing_changed() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    whole = refitted(model, layout, layout.everything, tokens(6, 16))
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), model.parameters(), strict=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_units_that_add_nothing_are_cut_without_a_change(family: str) -> None:
    """What is wanted is then what the smaller model does already, in every order of norms and sums."""
    model = tiny(family)
    layout, ids = read_layout(model), tokens(6, 16)
    first, *others = layout.everything.layers
    with torch.no_grad():
        weight_in(part(blocks_of(model, layout)[0], layout.places.outer))[:, -1] = 0
    choice = Choice((replace(first, neurons=first.neurons[:-1]), *others))
    fitted = refitted(model, layout, choice, ids)
    for one, other in zip(fitted.parameters(), cut(model, layout, choice).parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_very_strong_ridge_leaves_the_weights() -> None:
    model = tiny("llama")
    layout, ids = read_layout(model), tokens(6, 16)
    fitted = refitted(model, layout, some(layout), ids, ridge=1e9)
    for one, other in zip(fitted.parameters(), cut(model, layout, some(layout)).parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_a_ridge_has_to_be_one() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    with pytest.raises(InputError, match="`ridge`: expected more than 0, found 0"):
        refitted(model, layout, layout.everything, tokens(2, 8), ridge=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_refitted_shares_tensors_where_that_is_asked_for_alone(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(4, 8)
    found = {share: refitted(model, layout, some(layout), ids, share=share) for share in (False, True)}
    own = {tensor.data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    shared = [name for name, weight in found[False].named_parameters() if weight.data_ptr() in own]
    assert shared == []
    assert any(weight.data_ptr() in own for weight in found[True].parameters())
    one, other = (found[share].state_dict() for share in (False, True))
    assert list(one) == list(other)
    assert all(torch.equal(value, other[name]) for name, value in one.items())
