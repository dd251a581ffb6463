"""From a checkpoint to what stays of it, and to controls within the same limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.compression.calibration import Calibrated, calibrate, read_texts
from lpzero.compression.checkpoint import load_checkpoint
from lpzero.compression.choice import Choice
from lpzero.compression.choosing.controls import fits
from lpzero.compression.choosing.decide import FEW, NO_GROUPS, best_few, decide
from lpzero.compression.choosing.measured import Kept
from lpzero.compression.choosing.menu import Item
from lpzero.compression.cut import cut
from lpzero.compression.families import FAMILIES
from lpzero.compression.files.plain import plain_configuration
from lpzero.compression.files.smaller import Smaller
from lpzero.compression.layout import read_layout
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from tests.compression.tiny import checkpoint_folder, tiny, word_tokenizer, written_text


@pytest.fixture(params=["llama", "gpt2", "bert"])
def shown(request: pytest.FixtureRequest, tmp_path: Path) -> Calibrated:
    path = tmp_path / "text.txt"
    path.write_text(written_text(400))
    model = tiny(request.param)
    return calibrate(model, word_tokenizer(), read_texts(path, []), looking=4, fitting=4, proving=3, context=8, seed=0)


def test_all_choices_are_within_the_limits(shown: Calibrated) -> None:
    found = decide(shown, CompressSettings(context=8), {}, 0.9)
    assert set(found.controls) == {"depth by block influence", "one width", "wanda", "magnitude", "random"}
    whole = found.counts["params"].of(shown.layout.everything)
    assert found.limits == {"params": int(0.9 * whole)}
    for choice in (found.chosen.choice, *found.controls.values()):
        assert fits(choice, found.counts, found.limits)
    assert found.chosen.choice != shown.layout.everything


def test_several_limits_hold_at_once_and_a_control_may_not_be_there(shown: Calibrated) -> None:
    counts = decide(shown, CompressSettings(context=8, controls=False), {}, 0.9).counts
    whole = shown.layout.everything
    limits = {"params": 0.95 * counts["params"].of(whole), "kv_bytes": 0.7 * counts["kv_bytes"].of(whole)}
    found = decide(shown, CompressSettings(context=8), limits, None)
    assert fits(found.chosen.choice, counts, limits)
    # a narrower feed-forward leaves the cache as it is
    assert "one width" not in found.controls
    assert decide(shown, CompressSettings(context=8, controls=False), limits, None).controls == {}


def test_of_what_was_measured_the_best_joint_one_is_taken(shown: Calibrated, tmp_path: Path) -> None:
    settings = CompressSettings(context=8, controls=False)
    found = decide(shown, settings, {}, 0.9, kept=Kept(tmp_path / "kept.jsonl", {}))
    assert fits(found.chosen.choice, found.counts, found.limits)
    assert found.measured > 0
    # what is kept is enough to decide again
    known = (tmp_path / "kept.jsonl").read_bytes()
    assert decide(shown, settings, {}, 0.9, kept=Kept(tmp_path / "kept.jsonl", {})).chosen == found.chosen
    assert (tmp_path / "kept.jsonl").read_bytes() == known


def test_the_few_best_are_different_and_in_order(shown: Calibrated, tmp_path: Path) -> None:
    settings = CompressSettings(context=8, controls=False)
    decided = decide(shown, settings, {}, 0.9)
    menu = [[Item(one, 0.0, 0.0), Item(replace(one, groups=()), 1.0, 0.0)] for one in shown.layout.everything.layers]
    few = best_few(menu, decided.counts, {"params": 1e9})
    assert [one.selection.cost for one in few] == [0, 1, 1, 1]
    assert len({one.choice for one in few}) == FEW


def test_a_plain_choice_has_one_shape(shown: Calibrated) -> None:
    found = decide(shown, CompressSettings(context=8, plain=True), {}, 0.8).chosen.choice
    assert len({(len(one.groups), len(one.neurons)) for one in found.layers if not one.is_dropped}) == 1


def test_by_block_influence_whole_layers_go_as_in_the_control(shown: Calibrated) -> None:
    found = decide(shown, CompressSettings(context=8, importance="block_influence"), {}, 0.7)
    assert found.chosen.choice == found.controls["depth by block influence"]
    assert len(found.chosen.choice.kept) < 3


def test_a_share_is_one_and_stands_alone(shown: Calibrated) -> None:
    with pytest.raises(InputError, match=r"`keep`: expected a share .* found 1"):
        decide(shown, CompressSettings(), {}, 1.0)
    with pytest.raises(InputError, match=r"expected no `limits.params` beside it"):
        decide(shown, CompressSettings(), {"params": 3}, 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_families_whose_configurations_say_no_fewer_groups_are_known(family: str, tmp_path: Path) -> None:
    source = checkpoint_folder(tmp_path, family)
    model = load_checkpoint(source)
    layout = read_layout(model)
    choice = Choice(tuple(replace(one, groups=one.groups[:1]) for one in layout.everything.layers))
    said = plain_configuration(Smaller(cut(model, layout, choice), layout, choice, source))
    assert (said is None) == (family in NO_GROUPS)
