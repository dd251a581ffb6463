"""From a checkpoint to what stays of it, and to controls within the same limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.controls import fits
from lpzero.compression.choosing.decide import decide
from lpzero.compression.choosing.measured import Kept
from lpzero.compression.settings import CompressSettings


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


def test_a_plain_choice_has_one_shape(shown: Calibrated) -> None:
    found = decide(shown, CompressSettings(context=8, plain=True), {}, 0.8).chosen.choice
    assert len({(len(one.groups), len(one.neurons)) for one in found.layers if not one.is_dropped}) == 1


def test_by_block_influence_whole_layers_go_as_in_the_control(shown: Calibrated) -> None:
    found = decide(shown, CompressSettings(context=8, importance="block_influence"), {}, 0.7)
    assert found.chosen.choice == found.controls["depth by block influence"]
    assert len(found.chosen.choice.kept) < 3


def test_a_budget_stays_plain(shown: Calibrated) -> None:
    usual = CompressSettings(context=8, plain=True, controls=False)
    few = decide(shown, usual, {}, 0.9).repaired
    more = decide(shown, replace(usual, budget="200"), {}, 0.9).repaired
    assert few is not None
    assert more is not None
    shapes = {(len(one.groups), len(one.neurons)) for one in more.chosen.choice.layers if not one.is_dropped}
    assert len(shapes) == 1
    assert 1 < few.trials <= more.trials < 200
    assert more.divergence <= few.divergence
