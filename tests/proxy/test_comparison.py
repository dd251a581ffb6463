"""Pairs of proxies on real tables: differences one by one, corrected for all pairs, and over several draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Engine, Serial
from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.compare import holm
from lpzero.operands.probe import Probe
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.comparison import check_comparable, compare_ranked, over_draws
from lpzero.proxy.rank import Ranked, rank_table
from lpzero.proxy.spread import draw_scores, probes, spread_figures
from lpzero.proxy.yardstick import Yardstick, yardstick
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table

PROBE = Probe(seed=5, batch=1, tokens=4)
COUNTS = ("params", "depth", "width", "decoder_params")
OVERFLOW = "sum(exp(exp(exp(l1(weight)))))"


def _nothing(_done: int, _total: int) -> None:
    return None


def _proxies(names: Sequence[str]) -> list[Proxy]:
    return [load_proxy(name) for name in names]


def _by(table: Table, names: Sequence[str], **options: Any) -> Yardstick:
    space = get_space(table.space, table.protocols[0])
    chosen: dict[str, Any] = {"include_seen": False, "labels": None, "within": 1.25, "seed": 0, **options}
    return yardstick(space, table, _proxies(names), **chosen)


def _ranked(by: Yardstick, names: Sequence[str], engine: Engine = Serial()) -> list[Ranked]:  # noqa: B008
    return rank_table(by.space, by.table, _proxies(names), PROBE, parts=by.parts, engine=engine, progress=_nothing)


@pytest.fixture(scope="module")
def by() -> Yardstick:
    """All of the bundled table of decoders."""
    return _by(load_table("gpt2-own"), COUNTS)


@pytest.fixture(scope="module")
def ranked(by: Yardstick) -> list[Ranked]:
    return _ranked(by, COUNTS)


def _tau(one: Ranked, by: Yardstick, *, matched: bool) -> float:
    """Of the pairs that count, one by one."""
    scores, quality, sizes = one.scores, by.measured.quality, by.measured.decoder_params
    assert scores is not None
    signs = [
        np.sign(scores[i] - scores[j]) * np.sign(quality[i] - quality[j])
        for i, j in combinations(range(len(quality)), 2)
        if not matched or max(sizes[i], sizes[j]) <= 1.25 * min(sizes[i], sizes[j])
    ]
    return float(np.mean(signs))


def test_every_pair_has_its_difference_over_all_pairs_and_at_matched_size(by: Yardstick, ranked: list[Ranked]) -> None:
    found = compare_ranked(ranked, by.measured, 0)
    assert [(pair.first, pair.second) for pair in found] == list(combinations(COUNTS, 2))
    of = dict(zip(COUNTS, ranked, strict=True))
    for pair in found:
        for figures, matched in ((pair.overall, False), (pair.matched_size, True)):
            first, second = (_tau(of[name], by, matched=matched) for name in (pair.first, pair.second))
            assert figures.difference == pytest.approx(first - second, abs=1e-6)
            assert figures.interval is not None
            assert figures.interval[0] <= figures.difference <= figures.interval[1]
            assert figures.detectable is not None
            assert figures.detectable > 0
        assert pair.drawn is None


def test_p_values_are_corrected_for_all_pairs_of_the_result(by: Yardstick, ranked: list[Ranked]) -> None:
    found = compare_ranked(ranked, by.measured, 0)
    for figures in ([pair.overall for pair in found], [pair.matched_size for pair in found]):
        raw = np.array([one.p for one in figures])
        assert [one.p_holm for one in figures] == pytest.approx(holm(raw).tolist(), abs=1e-5)
        assert max(one.p_holm or 0 for one in figures) > raw.min()


def test_a_third_proxy_changes_nothing_of_two_but_the_correction(by: Yardstick, ranked: list[Ranked]) -> None:
    (alone,) = compare_ranked(ranked[:2], by.measured, 0)
    among = compare_ranked(ranked, by.measured, 0)[0]
    for one, other in ((alone.overall, among.overall), (alone.matched_size, among.matched_size)):
        assert one.p_holm == one.p
        assert one == other.model_copy(update={"p_holm": one.p_holm})


def test_the_other_way_round_it_is_the_opposite(by: Yardstick, ranked: list[Ranked]) -> None:
    (one,) = compare_ranked(ranked[:2], by.measured, 0)
    (other,) = compare_ranked(ranked[1::-1], by.measured, 0)
    for there, back in ((one.overall, other.overall), (one.matched_size, other.matched_size)):
        assert there.difference == -(back.difference or 0)
        assert there.interval is not None
        assert back.interval is not None
        assert there.interval == pytest.approx([-end for end in back.interval[::-1]], abs=2e-6)
        assert (there.p, there.detectable) == (back.p, back.detectable)


def test_the_seed_draws_the_resamples(by: Yardstick, ranked: list[Ranked]) -> None:
    first, again, other = (compare_ranked(ranked[:2], by.measured, seed) for seed in (0, 0, 1))
    assert first == again
    assert first[0].overall.difference == other[0].overall.difference
    assert first[0].overall.interval != other[0].overall.interval


def test_what_does_not_rank_is_in_no_pair() -> None:
    table = load_table("flexibert-own")
    few = replace(table, records=table.records[:24])
    names = ("params", OVERFLOW, "depth")
    by = _by(few, names)
    ranked = _ranked(by, names)
    found = compare_ranked(ranked, by.measured, 0)
    assert [(pair.first, pair.second) for pair in found] == [("params", "depth")]
    assert found == compare_ranked([ranked[0], ranked[2]], by.measured, 0)
    with pytest.raises(InputError) as caught:
        compare_ranked(ranked[1:], by.measured, 0)
    said = str(caught.value)
    assert said.startswith("expected at least two proxies that rank these architectures, found 1: ")
    assert f"{OVERFLOW}: overflow: 24 of 24 architectures: " in said
    assert "depth" not in said


def test_there_must_be_two_that_differ(by: Yardstick) -> None:
    for names in ((), ("params",)):
        with pytest.raises(InputError, match=f"at least two proxies to compare, found {len(names)}: lpzero rank ranks"):
            check_comparable(_proxies(names), by.measured, "gpt2-own")
    with pytest.raises(InputError, match="expected different proxies to compare, found depth twice"):
        check_comparable(_proxies(("depth", "params", "depth")), by.measured, "gpt2-own")
    check_comparable(_proxies(COUNTS), by.measured, "gpt2-own")


def test_there_must_be_architectures_of_about_one_size(by: Yardstick) -> None:
    exact = replace(by.measured, within=1.0)
    with pytest.raises(InputError) as caught:
        check_comparable(_proxies(COUNTS), exact, "gpt2-own")
    assert str(caught.value) == (
        "gpt2-own: hardly any two of its 128 architectures differ by a factor of at most 1 in size: give a larger "
        "`matched`, or lpzero rank"
    )


@pytest.fixture(scope="module")
def small() -> Yardstick:
    """Twelve architectures, of which every pair counts as matched."""
    table = load_table("flexibert-own")
    return _by(replace(table, records=table.records[:12]), ("snip", "depth"), within=1000.0)


def test_over_draws_every_row_has_its_spread_and_every_pair_the_differences_of_the_draws(small: Yardstick) -> None:
    names, told = ("snip", "depth"), list[tuple[int, int]]()
    proxies, ranked = _proxies(names), _ranked(small, names)
    pairs = compare_ranked(ranked, small.measured, 0)
    rows, found = over_draws(
        small,
        proxies,
        ranked,
        pairs,
        PROBE,
        initialisations=3,
        engine=Serial(),
        progress=lambda done, total: told.append((done, total)),
    )
    architectures = [record.architecture for record in small.table.records]
    drawn = draw_scores(small.space, architectures, proxies, probes(PROBE, 3), engine=Serial(), progress=_nothing)
    assert [row.spread for row in rows] == [spread_figures(drawn[:, i]) for i in range(2)]
    assert rows[1].spread is not None
    assert rows[1].spread.share == 0.0, "a count has no draw"
    taus = [[correlate(scores, small.measured.quality).tau_a for scores in drawn[:, i]] for i in range(2)]
    (pair,) = found
    each = np.subtract(*taus)
    assert pair.drawn is not None
    assert pair.drawn.each == pytest.approx(each.tolist(), abs=1e-6)
    assert pair.drawn.each[0] == pytest.approx(pair.overall.difference, abs=2e-6), "that of the seed comes first"
    assert (pair.drawn.mean, pair.drawn.deviation) == pytest.approx((each.mean(), each.std(ddof=1)), abs=1e-6)
    # nothing else is another one, and the first draw is not scored again
    assert pair.model_copy(update={"drawn": None}) == pairs[0]
    assert [row.model_copy(update={"spread": None}) for row in rows] == [one.row for one in ranked]
    assert told[-1] == (24, 24)


def test_a_draw_without_scores_leaves_no_difference(small: Yardstick, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("snip", "depth")
    ranked = _ranked(small, names)
    pairs = compare_ranked(ranked, small.measured, 0)

    def failing(*_: Any, **__: Any) -> np.ndarray:
        more = np.arange(48.0).reshape(2, 2, 12)
        more[1, 0, 3] = np.nan
        return more

    monkeypatch.setattr("lpzero.proxy.comparison.draw_scores", failing)
    rows, found = over_draws(
        small, _proxies(names), ranked, pairs, PROBE, initialisations=3, engine=Serial(), progress=_nothing
    )
    assert [pair.drawn for pair in found] == [None]
    assert rows[0].spread is not None
    assert rows[1].spread is not None
    assert (rows[0].spread.share, rows[1].spread.share is None) == (None, False)


def test_what_does_not_rank_has_no_spread_and_the_others_have(small: Yardstick) -> None:
    names = ("params", "depth", OVERFLOW)
    by = _by(small.table, names, within=1000.0)
    ranked = _ranked(by, names)
    pairs = compare_ranked(ranked, by.measured, 0)
    rows, found = over_draws(
        by, _proxies(names), ranked, pairs, PROBE, initialisations=2, engine=Serial(), progress=_nothing
    )
    assert [row.spread is not None and row.spread.share for row in rows] == [0.0, 0.0, None]
    (pair,) = found
    assert pair.drawn is not None
    assert pair.drawn.deviation == 0.0
