"""What a choice is asked for: limits, prices, and choices next to the cheapest one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.asked import FEW, NO_GROUPS, ask, best_few
from lpzero.compression.choosing.controls import fits
from lpzero.compression.choosing.menu import Item
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.files.plain import plain_configuration
from lpzero.compression.files.smaller import Smaller
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from tests.compression.tiny import checkpoint_folder


def test_the_few_best_are_different_and_in_order(shown: Calibrated) -> None:
    counts = ask(shown, CompressSettings(context=8), {}, 0.9).counts
    menu = [[Item(one, 0.0, 0.0), Item(replace(one, groups=()), 1.0, 0.0)] for one in shown.layout.everything.layers]
    few = best_few(menu, counts, {"params": 1e9})
    assert [one.selection.cost for one in few] == [0, 1, 1, 1]
    assert len({one.choice for one in few}) == FEW


@pytest.mark.parametrize("plain", [False, True])
def test_drawn_choices_are_within_the_limits_and_unlike(shown: Calibrated, plain: bool) -> None:
    asked = ask(shown, CompressSettings(context=8, plain=plain), {}, 0.75)
    drawn = asked.drawn(6, seed=4)
    assert asked.drawn(6, seed=4) == drawn != asked.drawn(6, seed=5)
    assert all(fits(choice, asked.counts, asked.limits) for choice in drawn)
    assert len(set(drawn)) > 1


def test_a_share_is_one_and_stands_alone(shown: Calibrated) -> None:
    with pytest.raises(InputError, match=r"`keep`: expected a share .* found 1"):
        ask(shown, CompressSettings(), {}, 1.0)
    with pytest.raises(InputError, match=r"expected no `limits.params` beside it"):
        ask(shown, CompressSettings(), {"params": 3}, 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_families_whose_configurations_say_no_fewer_groups_are_known(family: str, tmp_path: Path) -> None:
    source = checkpoint_folder(tmp_path, family)
    model = load_checkpoint(source)
    layout = read_layout(model)
    choice = Choice(tuple(replace(one, groups=one.groups[:1]) for one in layout.everything.layers))
    said = plain_configuration(Smaller(cut(model, layout, choice), layout, choice, source))
    assert (said is None) == (family in NO_GROUPS)
