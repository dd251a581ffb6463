"""The miner: it finds what was planted, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.principles.contrast import Contrast, contrast
from lpzero.principles.document import Principle
from lpzero.principles.greedy import Limits
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.holds import hold_all, holds
from lpzero.principles.language.rule import features_of
from lpzero.principles.mining import STABLE, measured, mine
from tests.principles.language.test_holds import read

LIMITS = Limits(keep=0.9, max_shrink=0.9, floor=0.0, most=4)
PLANTED = [read({"op": "eq", "feature": "depth", "value": 4}), read({"op": "ge", "feature": "heads.mean", "value": 3})]


@pytest.fixture(scope="module")
def planted(many: Columns) -> Contrast:
    rng = np.random.default_rng(3)
    good = hold_all(PLANTED, many)
    return contrast(many.space, many.architectures, good + rng.normal(scale=0.1, size=200), None, 30)


@pytest.fixture(scope="module")
def found(many: Columns, planted: Contrast) -> list[Principle]:
    return mine(planted, many, LIMITS, 0)


def test_what_was_planted_is_found(many: Columns, planted: Contrast, found: list[Principle]) -> None:
    rules = [one.rule for one in found if one.rule is not None]
    kept = hold_all(rules, many)
    assert kept[planted.top].mean() >= LIMITS.keep
    assert kept.mean() < 1.3 * hold_all(PLANTED, many).mean()
    named = {name.split(".")[0].split("[")[0] for rule in rules for name in features_of(rule)}
    assert {"depth", "heads"} <= named


def test_evidence_is_what_the_records_say(many: Columns, planted: Contrast, found: list[Principle]) -> None:
    for one in found:
        assert one.rule is not None
        assert one.evidence is not None
        kept = holds(one.rule, many)
        assert one.evidence.support == pytest.approx(kept[planted.top].mean())
        assert one.evidence.base_rate == pytest.approx(kept.mean())
        assert one.evidence.interval is not None
        assert one.evidence.lift is not None
        assert one.evidence.interval[0] < one.evidence.lift < one.evidence.interval[1]
        assert (one.strength == "hard") == ((one.evidence.stability or 0) >= STABLE)
        assert one.evidence.size_lift is None
        assert one.statement.endswith(f"of all {len(kept)}")
    assert len({one.id for one in found}) == len(found)


def test_the_same_seed_says_the_same(many: Columns, planted: Contrast, found: list[Principle]) -> None:
    assert mine(planted, many, LIMITS, 0) == found


def test_nothing_is_found_in_noise(many: Columns) -> None:
    rng = np.random.default_rng(0)
    noise = contrast(many.space, many.architectures, rng.normal(size=200), None, 20)
    assert mine(noise, many, LIMITS, 0) == []


def test_the_interval_covers_what_resampled_records_show(planted: Contrast, many: Columns) -> None:
    evidence = measured(PLANTED[0], planted, 0)
    kept, rng = holds(PLANTED[0], many), np.random.default_rng(0)
    lifts = []
    for _ in range(500):
        drawn = rng.integers(200, size=200)
        lifts.append(kept[drawn][planted.top[drawn]].mean() / kept[drawn].mean())
    assert evidence.interval == pytest.approx(np.quantile(lifts, [0.025, 0.975]).tolist(), rel=0.05)


def test_a_rule_of_no_record(many: Columns, planted: Contrast) -> None:
    nothing = read({"op": "count_ge", "feature": "heads", "values": [2], "number": 9})
    evidence = measured(nothing, planted, 0)
    assert (evidence.support, evidence.base_rate, evidence.lift) == (0, 0, None)
