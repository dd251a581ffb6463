"""The protocol `lts`: two spaces with the same choices, and the plan of an architecture."""

from __future__ import annotations

from dataclasses import replace

from lpzero.spaces import Architecture, Gpt2, TransfoXl, lts
from lpzero.spaces.gpt2.plan import Gpt2Plan


def test_its_spaces_differ_in_name_and_depths_alone() -> None:
    one, other = Gpt2(lts.NAME).choices, TransfoXl(lts.NAME).choices
    assert one != other
    assert replace(one, space=other.space, depths=other.depths) == other


def test_its_choices_are_those_of_the_configurations() -> None:
    choices = lts.choices("mine", (3, 1))
    assert (choices.space, choices.depths) == ("mine", (3, 1))
    assert [choice.names for choice in choices.whole] == [("d_model",), ("d_embed",), ("div_val",)]
    assert [choice.names for choice in choices.layer] == [("d_inner",), ("heads",)]
    # 4 x 3 x 3 whole values; a layer has 1537 inner widths x 3 heads
    assert choices.size == 36 * ((1537 * 3) ** 3 + 1537 * 3)


def test_a_plan_has_every_value_at_its_place() -> None:
    layers = [{"d_inner": 512, "heads": 2}, {"d_inner": 700, "heads": 8}]
    architecture = Architecture.of("gpt2", {"d_model": 64, "d_embed": 128, "div_val": 4}, layers)
    expected = Gpt2Plan(width=64, embedding_width=128, shrink=4, inner_widths=(512, 700), heads=(2, 8))
    assert lts.plan_of(Gpt2Plan, architecture) == expected
