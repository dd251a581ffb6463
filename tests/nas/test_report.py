"""The result of a search from what it has: the front by brute force, the controls, their files, and the truth."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.costs.costs import COUNTED
from lpzero.engines import Serial
from lpzero.nas.config import SearchConfig
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.ledger import Ledger, Scored
from lpzero.nas.report import Findings, report
from lpzero.nas.result import SearchResult
from lpzero.nas.setting import SearchSetting, prepare, rng_of
from lpzero.pretrained.architecture_file import read_architecture
from lpzero.pretrained.configuration import LpzeroConfig
from lpzero.progress import unwatched
from lpzero.spaces.architecture import Architecture
from lpzero.tables import load_table

TABLE = load_table("gpt2-own")
DRAWN = [record.architecture for record in TABLE.records[:40]]
SCORES = np.random.default_rng(0).integers(0, 8, size=(40, 2)).astype(float)


def config(**changes: Any) -> SearchConfig:
    given: dict[str, Any] = {
        "space": "gpt2",
        "protocol": "own",
        "table": "gpt2-own",
        "batch": 1,
        "tokens": 4,
        "keep": 3,
    }
    two = {"proxies": ["params", "depth"], "names": ["params", "depth"], "higher_is_better": [True, False]}
    return SearchConfig(**{**given, **two, **changes})


def findings(setting: SearchSetting, scores: np.ndarray) -> Findings:
    """Thirty scored, one of them without a score; ten at random; the largest of all."""
    higher = tuple(proxy.higher_is_better for proxy in setting.proxies)
    found, control = Ledger(setting.space, higher), Ledger(setting.space, higher)
    found.add([Scored(a, tuple(row)) for a, row in zip(DRAWN[:29], scores.tolist(), strict=False)])
    found.add([Scored(DRAWN[29], (None,) * scores.shape[1], "timeout")])
    control.add([Scored(a, tuple(row)) for a, row in zip(DRAWN[30:], scores[30:].tolist(), strict=True)])
    return Findings(found, control, max(DRAWN, key=lambda a: setting.costs.of(a, "params")))


def reported(path: Path, setting: SearchSetting, found: Findings) -> SearchResult:
    run = SearchRunFolder.create(path / "run", setting.config)
    return report(
        run, setting, found, rng_of(setting.config, "verify"), time.monotonic(), engine=Serial(), watch=unwatched
    )


@pytest.fixture(scope="module")
def setting() -> SearchSetting:
    """Two proxies on a table."""
    return prepare(config())


@pytest.fixture(scope="module")
def result(setting: SearchSetting, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """What is reported of them."""
    return reported(tmp_path_factory.mktemp("report"), setting, findings(setting, SCORES))


def params(setting: SearchSetting, architecture: Architecture) -> float:
    return setting.costs.of(architecture, "params")


def test_the_front_is_what_nothing_beats_by_brute_force(setting: SearchSetting, result: SearchResult) -> None:
    worth = (stats.rankdata(SCORES[:29, 0]) + stats.rankdata(-SCORES[:29, 1])) / 2
    cost = np.array([params(setting, a) for a in DRAWN[:29]])
    better = (worth[:, None] >= worth) & (cost[:, None] <= cost) & ((worth[:, None] > worth) | (cost[:, None] < cost))
    wanted = {setting.space.key(DRAWN[i]) for i in np.flatnonzero(~better.any(0))}
    assert len(wanted) > 1
    assert {pick.key for pick in result.front} == wanted
    scores = [pick.score for pick in result.front if pick.score is not None]
    assert len(scores) == len(result.front)
    assert scores == sorted(scores, reverse=True)
    assert [pick.costs["params"] for pick in result.front] == sorted(
        (pick.costs["params"] for pick in result.front), reverse=True
    )


def test_the_best_are_the_highest_mean_ranks(setting: SearchSetting, result: SearchResult) -> None:
    worth = (stats.rankdata(SCORES[:29, 0]) + stats.rankdata(-SCORES[:29, 1])) / 2
    order = sorted(range(29), key=lambda i: (-worth[i], i))[:3]
    assert [pick.key for pick in result.best] == [setting.space.key(DRAWN[i]) for i in order]
    assert [pick.score for pick in result.best] == [worth[i] for i in order]
    assert [pick.scores for pick in result.best] == [SCORES[i].tolist() for i in order]


def test_counts_and_controls(setting: SearchSetting, result: SearchResult) -> None:
    assert (result.scored, result.failed, result.statuses) == (30, 1, {"ok": 29, "timeout": 1})
    largest = result.controls["largest"]
    assert largest is not None
    assert largest.key == setting.space.key(max(DRAWN, key=lambda a: params(setting, a)))
    beside = result.controls["params"]
    assert beside is not None
    assert beside.costs["params"] == max(params(setting, a) for a in DRAWN[30:])
    assert all(set(pick.costs) == set(COUNTED) for pick in (*result.best, *result.front, largest, beside))


def test_the_truth_is_the_tables(setting: SearchSetting, result: SearchResult) -> None:
    assert result.truth is not None
    quality = {setting.space.key(r.architecture): q for r, q in zip(TABLE.records, TABLE.oriented, strict=True)}
    picks = {"found": result.best[0], **result.controls}
    for name, pick in picks.items():
        truth = result.truth[name]
        assert pick is not None
        assert truth is not None
        assert truth.quality == pytest.approx(quality[pick.key], abs=1e-6)


def test_every_pick_has_a_folder_that_is_its_architecture(setting: SearchSetting, result: SearchResult) -> None:
    run = Path(result.run)
    picks = [*result.best, *result.front, *(pick for pick in result.controls.values() if pick is not None)]
    for pick in picks:
        folder = (run / pick.config).parent
        assert setting.space.key(read_architecture(str(folder)).architecture) == pick.key
        assert isinstance(LpzeroConfig.from_pretrained(folder), LpzeroConfig)
    card = (run / result.best[0].config).with_name("README.md").read_text()
    assert "30 architectures scored" in card
    assert f"score by `depth` (lower is better): {result.best[0].scores[1]}" in card
    assert {folder.name for folder in (run / "architectures").iterdir()} == {pick.key[:16] for pick in picks}


def test_the_files_say_the_same(result: SearchResult) -> None:
    run = Path(result.run)
    assert json.loads((run / "result.json").read_text()) == result.to_json()
    with (run / "front.csv").open(newline="") as file:
        assert [row["key"] for row in csv.DictReader(file)] == [pick.key for pick in result.front]
    with (run / "scores.csv").open(newline="") as file:
        scored = {row["id"]: row for row in csv.DictReader(file)}
    assert len(scored) == result.scored
    for pick in (*result.best, *result.front):
        row = scored[pick.key]
        assert float(row["score"]) == pick.score
        assert float(row["size"]) == pick.costs[result.against]  # type: ignore[index]  # the name of a cost
    assert result.truth is not None
    assert result.truth["found"] is not None
    assert float(scored[result.best[0].key]["quality"]) == pytest.approx(result.truth["found"].quality, abs=1e-6)


def test_a_single_proxy_scores_with_its_own_numbers_and_asked_costs_have_intervals(tmp_path: Path) -> None:
    one = {"proxies": ["params"], "names": ["params"], "higher_is_better": [True], "table": ""}
    setting = prepare(config(**one, keep=1, costs=["memory"], against="bytes", limits={"params": 10**9}))
    result = reported(tmp_path, setting, findings(setting, SCORES[:, :1]))
    assert result.truth is None
    assert result.table is None
    assert result.best[0].score == SCORES[:29, 0].max() == result.best[0].scores[0]
    assert result.limits == {"params": 10**9}
    assert list(result.best[0].costs) == ["params", "nonembedding", "bytes", "flops", "memory"]
    largest = result.controls["largest"]
    assert largest is not None
    assert (largest.score, largest.scores) == (None, [])


def test_a_random_search_that_scored_nothing_is_no_control(setting: SearchSetting, tmp_path: Path) -> None:
    found = findings(setting, SCORES)
    higher = found.search.higher
    empty = Ledger(setting.space, higher)
    empty.add([Scored(DRAWN[30], (None, None), "failed"), Scored(DRAWN[31], (1.0, 2.0))])
    assert Findings(found.search, empty, found.largest).picks(setting.costs)["random"] == Scored(DRAWN[31], (1.0, 2.0))
