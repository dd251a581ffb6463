"""The model that laws are held on."""

from __future__ import annotations

from lpzero.operands.operand import SITE_FAMILIES
from lpzero.testing.example import example_model, example_operands


def test_it_shows_every_family_and_is_equal_again() -> None:
    operands = example_operands()
    assert operands.absent == frozenset()
    assert all(operands.sites[family] for family in SITE_FAMILIES)
    model, _, batch = example_model()
    again, _, same = example_model()
    assert all(value.equal(again.state_dict()[name]) for name, value in model.state_dict().items())
    assert batch.input_ids.equal(same.input_ids)
