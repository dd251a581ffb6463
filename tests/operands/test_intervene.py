"""Interventions: what each one keeps of the operands, and that nothing is changed in place."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lpzero.errors import InputError
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.intervene import INTERVENTIONS, intervene
from lpzero.operands.operand import FAMILIES, GRADIENTS


@pytest.fixture
def operands(tiny: Any, tokens: Batch) -> Operands:
    return extract(tiny, tiny.site_map(), tokens)


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_sites_and_shapes_stay_and_nothing_is_changed_in_place(tiny: Any, tokens: Batch, name: str) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    before = {family: [t.clone() for t in tensors] for family, tensors in operands.tensors.items()}
    parameters = [p.detach().clone() for p in tiny.parameters()]
    changed = intervene(name, operands, families=FAMILIES, seed=0)
    assert changed.sites == operands.sites
    for family, tensors in operands.tensors.items():
        assert [t.shape for t in changed.tensors[family]] == [t.shape for t in tensors]
        assert all(torch.equal(a, b) for a, b in zip(tensors, before[family], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(tiny.parameters(), parameters, strict=True))


@pytest.mark.parametrize("name", ["gradients_zero", "gradients_random"])
def test_only_gradients_are_replaced(operands: Operands, name: str) -> None:
    changed = intervene(name, operands, families=FAMILIES, seed=0)
    for family, tensors in operands.tensors.items():
        same = [torch.equal(a, b) for a, b in zip(tensors, changed.tensors[family], strict=True)]
        assert (not any(same)) if family in GRADIENTS else all(same)


def test_zero_gradients_are_zero(operands: Operands) -> None:
    changed = intervene("gradients_zero", operands, families=FAMILIES, seed=0)
    assert not any(t.any() for family in GRADIENTS for t in changed.tensors[family])


def test_random_gradients_have_the_scale_of_the_true_ones(operands: Operands) -> None:
    changed = intervene("gradients_random", operands, families=FAMILIES, seed=0)
    for before, after in zip(operands.tensors["grad"], changed.tensors["grad"], strict=True):
        # 64 elements or more: the root mean square of normal numbers is within 40 % of its expectation
        assert float(after.square().mean().sqrt()) == pytest.approx(float(before.square().mean().sqrt()), rel=0.4)
        assert abs(float(torch.corrcoef(torch.stack([before.flatten(), after.flatten()]))[0, 1])) < 0.5


def test_permuted_weights_keep_their_elements_and_lose_their_places(operands: Operands) -> None:
    changed = intervene("shape_permuted", operands, families=FAMILIES, seed=0)
    for before, after in zip(operands.tensors["weight"], changed.tensors["weight"], strict=True):
        assert torch.equal(before.flatten().sort().values, after.flatten().sort().values)
        assert not torch.equal(before, after)


@pytest.mark.parametrize("name", ["shape_permuted", "shape_gaussian"])
def test_the_rest_of_a_shape_is_standard_normal(operands: Operands, name: str) -> None:
    changed = intervene(name, operands, families=FAMILIES, seed=0)
    families = [f for f in FAMILIES if f != "weight" or name == "shape_gaussian"]
    for family in families:
        numbers = torch.cat([t.flatten() for t in changed.tensors[family]])
        assert float(numbers.mean()) == pytest.approx(0, abs=0.2)
        assert float(numbers.std()) == pytest.approx(1, abs=0.2)


def test_equal_seeds_draw_equal_numbers_and_no_two_sites_share_them(operands: Operands) -> None:
    first, again, other = (intervene("shape_gaussian", operands, families=FAMILIES, seed=s) for s in (0, 0, 1))
    for one, two, three in zip(*(o.tensors["weight"] for o in (first, again, other)), strict=True):
        assert torch.equal(one, two)
        assert not torch.equal(one, three)
    numbers = [float(t.flatten()[0]) for family in FAMILIES for t in first.tensors[family]]
    assert len(set(numbers)) == len(numbers)


def test_what_is_not_looked_at_is_not_worked_on(operands: Operands) -> None:
    changed = intervene("shape_gaussian", operands, families={"hidden"}, seed=0)
    assert changed.tensors["weight"] is operands.tensors["weight"]
    whole = intervene("shape_gaussian", operands, families=FAMILIES, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(changed.tensors["hidden"], whole.tensors["hidden"], strict=True))


def test_an_unknown_intervention_lists_the_known_ones(operands: Operands) -> None:
    with pytest.raises(InputError, match="unknown intervention 'prayer': expected one of gradients_zero"):
        intervene("prayer", operands, families=FAMILIES, seed=0)
