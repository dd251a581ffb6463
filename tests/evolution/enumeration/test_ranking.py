"""Every formula of a grammar on real sketches: scores are the evaluator's, and ranks are scipy's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.engines import Serial
from lpzero.errors import InputError, LpzeroError, NoResultError
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.enumeration import ranking as ranking_module
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.evolution.enumeration.ranking import Ranked, branch_scores, rank_all
from lpzero.evolution.enumeration.run import prepare_enumeration
from lpzero.formula.branches import branches
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import OVER_LAYERS, ROOTS
from lpzero.formula.rules import pruned_by
from lpzero.formula.values import SketchSource
from lpzero.operands.bank import fill_bank, read_sketch
from lpzero.operands.packed import Packed
from lpzero.progress import unwatched

SEARCHED = 12


@pytest.fixture
def setting(small: dict[str, Any], small_table: None) -> Setting[EnumerateConfig]:
    """Twelve architectures to search on, six to validate on."""
    names = ("space", "protocol", "table", "seed", "batch", "tokens", "elements", "validation_size")
    given = {name: small[name] for name in names}
    return prepare_enumeration(EnumerateConfig(**given, search_size=SEARCHED, operands=["weight"]))


@pytest.fixture
def packed(setting: Setting[EnumerateConfig], home: Path) -> Packed:
    """The sketches of both parts."""
    filled = fill_bank(
        setting.space,
        setting.seen_architectures,
        setting.probe,
        home=home,
        engine=Serial(),
        progress=lambda _done, _total: None,
    )
    return Packed.of_sketches([read_sketch(path) for path in filled.paths])


def ranked(packed: Packed, quality: np.ndarray, **changes: Any) -> Ranked:
    given: dict[str, Any] = {"searched": SEARCHED, "grammar": "lpzero", "operands": ["weight"], "keep": 40, "jobs": 1}
    return rank_all(packed, quality, **{**given, "device": "cpu", "watch": unwatched, **changes})


def test_branch_scores_are_those_of_the_evaluator_whatever_is_done_at_once(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_module, "AT_ONCE", 7)
    some = branches(["weight"], OVER_LAYERS["lpzero"])[:20]
    found = branch_scores(some, packed, "cpu", unwatched)
    evaluator = Evaluator(SketchSource(packed))
    np.testing.assert_array_equal(found, np.array([evaluator.scores(formula) for formula in some]))


def test_the_kept_rank_as_scipy_says_and_nothing_beats_them(setting: Setting[EnumerateConfig], packed: Packed) -> None:
    quality = setting.table.oriented[setting.seen]
    found = ranked(packed, quality)
    classes = found.enumeration.classes
    assert len(classes) == len(found.tau_a) == len(found.values) == 40
    evaluator = Evaluator(SketchSource(packed))
    pairs, searched = len(quality) * (len(quality) - 1) / 2, SEARCHED * (SEARCHED - 1) / 2
    for index in range(0, 40, 5):
        values = found.values[index]
        sign = -1.0 if classes.tau_a[index] < 0 else 1.0
        scores = sign * evaluator.scores(found.formula(index))
        np.testing.assert_allclose(scores, values, rtol=1e-9)
        # no ties here: tau-a and tau-b are one
        assert len(np.unique(values)) == len(values)
        assert len(np.unique(quality)) == len(quality)
        on_search = stats.kendalltau(values[:SEARCHED], quality[:SEARCHED]).statistic
        assert abs(classes.tau_a[index]) == pytest.approx(on_search)
        if not classes.refused[index]:
            assert found.tau_a[index] == pytest.approx(stats.kendalltau(values, quality).statistic)
        assert abs(found.tau_a[index]) * pairs == pytest.approx(round(abs(found.tau_a[index]) * pairs)) or np.isnan(
            found.tau_a[index]
        )
        assert abs(classes.tau_a[index]) * searched == pytest.approx(round(abs(classes.tau_a[index]) * searched))
    assert (np.diff(np.abs(classes.tau_a)) <= 1e-12).all()


def test_a_ranking_that_rules_refuse_has_no_figure(setting: Setting[EnumerateConfig], packed: Packed) -> None:
    found = ranked(packed, setting.table.oriented[setting.seen], keep=400)
    refused = found.enumeration.classes.refused
    assert 0 < refused.sum() < len(refused)
    np.testing.assert_array_equal(np.isnan(found.tau_a) >= refused, True)
    for index in np.flatnonzero(refused)[:10]:
        assert pruned_by(found.formula(int(index))) is not None


def test_the_search_split_alone_decides_what_is_kept(setting: Setting[EnumerateConfig], packed: Packed) -> None:
    quality = setting.table.oriented[setting.seen]
    other = np.concatenate([quality[:SEARCHED], -quality[SEARCHED:]])
    one, two = (ranked(packed, each).enumeration.classes for each in (quality, other))
    for name in ("root", "left", "right", "tau_a", "members"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_neither_jobs_nor_counting_change_what_is_kept(setting: Setting[EnumerateConfig], packed: Packed) -> None:
    quality = setting.table.oriented[setting.seen]
    one, two = ranked(packed, quality), ranked(packed, quality, jobs=2, count=False)
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal(one.tau_a, two.tau_a)
    assert two.enumeration.distinct is None
    assert one.enumeration.distinct is not None
    assert 40 < one.enumeration.distinct < one.enumeration.formulas
    # every unordered pair under three roots, every ordered one under the fourth, and each branch alone
    number = len(one.branches)
    symmetric = 3 * number * (number + 1) // 2
    assert len(ROOTS) == 4
    assert one.enumeration.formulas == symmetric + number * number + number


def test_one_quality_ranks_nothing(packed: Packed) -> None:
    quality = np.concatenate([np.ones(SEARCHED), np.arange(6.0)])
    with pytest.raises(
        InputError, match=r"^expected different qualities in the search split, found one: draw a larger"
    ):
        ranked(packed, quality)


def test_where_memory_runs_out_it_is_said_with_what_to_do(packed: Packed, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(SketchSource, "tensor", exhausted)
    with pytest.raises(LpzeroError, match=r"^memory ran out over the branches: draw smaller splits, or give fewer `el"):
        branch_scores(branches(["weight"], OVER_LAYERS["lpzero"])[:2], packed, "cpu", unwatched)


def test_where_rules_refuse_all_there_is_no_result(
    setting: Setting[EnumerateConfig], packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality = setting.table.oriented[setting.seen]
    found = ranked(packed, quality, keep=400)
    index = int(np.flatnonzero(found.enumeration.classes.refused)[0])
    only = found.branches[int(found.enumeration.classes.left[index])]
    if pruned_by(only) is None:
        only = found.branches[int(found.enumeration.classes.right[index])]
    if pruned_by(only) is None:
        pytest.skip("no refused branch among the kept")
    monkeypatch.setattr(ranking_module, "branches", lambda _operands, _aggregations: (only,))
    with pytest.raises(NoResultError, match="no formula ranks"):
        ranked(packed, quality)
