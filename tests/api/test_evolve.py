"""``lpzero.evolve``: a run as a function, its folder as a proxy, and its settings by their names."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from lpzero import evolve, load_proxy, load_table, search
from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.run import prepare
from lpzero.formula import canonical, parse
from lpzero.progress import Progress
from lpzero.proxy import Proxy
from lpzero.proxy.discovery import EvolveResult
from lpzero.proxy.provenance import proxy_document

SMALL: dict[str, Any] = {
    **{"start": "random", "population": 6, "islands": 1, "generations": 1, "seed": 3},
    **{"search_size": 6, "validation_size": 4, "elements": 16, "batch": 1, "tokens": 8, "device": "cpu"},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def result(runs: Path, folder: Path, quietly: Callable[[Callable[[], EvolveResult]], EvolveResult]) -> EvolveResult:
    return quietly(lambda: evolve(folder, output=runs / "one", **SMALL))


def test_the_parts_of_the_table_do_not_overlap(result: EvolveResult, folder: Path) -> None:
    table = load_table(str(folder))
    assert (result.table, result.table_sha256, result.protocol, result.seed) == (table.name, table.digest, "own", 3)
    assert (result.best.search.n, result.best.validation.n) == (6, 4)
    # a model that is in the table twice is in one part
    assert 0 < result.best.test.n <= table.n - 10
    assert (result.islands, result.generations, result.stopped_by) == (1, 1, "generations")


def test_the_best_formula_is_one_of_the_front(result: EvolveResult) -> None:
    formula = parse(result.best.formula)
    assert result.best.size == formula.size
    assert canonical(formula).text in {canonical(parse(row.formula)).text for row in result.front}
    sizes = [row.size for row in result.front]
    assert sizes == sorted(sizes)


def test_the_command_prints_the_document(
    result: EvolveResult, runs: Path, folder: Path, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    given = {key: value for key, value in SMALL.items() if key != "device"}
    words = [word for key, value in given.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    words += ["--table", str(folder), "--jobs", "1", "--output", str(runs / "two")]
    assert printed("evolve", *words) == timeless(result.to_json())


def test_the_folder_is_a_proxy(result: EvolveResult, runs: Path) -> None:
    proxy = load_proxy(str(runs / "one"))
    assert proxy.formula == parse(result.best.formula)
    assert (proxy.direction, proxy.found_on) == (result.best.direction, "few-own")


def test_a_search_leaves_out_what_the_formula_was_chosen_on(runs: Path, folder: Path, result: EvolveResult) -> None:
    file = runs / "exported.json"
    file.write_text(json.dumps(proxy_document(runs / "one", "found")))
    found = search(file, table=folder, samples=2, keep=1, batch=1, tokens=8, device="cpu", output=runs / "search")
    assert found.left_out == result.best.search.n + result.best.validation.n


def test_the_test_figures_are_exact(result: EvolveResult, runs: Path) -> None:
    # a count, on what neither search nor validation saw
    setting = prepare(EvolveConfig(**json.loads((runs / "one" / "config.json").read_text())))
    table, test = setting.table, list(setting.parts.test)
    params = [setting.space.parameter_counts(table.records[i].architecture)["total"] for i in test]
    found = next(row for row in result.baselines if row.proxy == "params").test
    assert found.n == len(test)
    assert found.tau_b == pytest.approx(abs(stats.kendalltau(params, table.oriented[test]).statistic), abs=1e-6)


def test_a_finished_run_goes_on_to_the_same_result(result: EvolveResult, runs: Path) -> None:
    assert evolve(resume=runs / "one") == result
    with pytest.raises(InputError, match=r"^`population` has no effect beside `resume`: a run keeps its settings$"):
        evolve(resume=runs / "one", population=7)
    with pytest.raises(InputError, match=r"^`seed` has no effect beside `resume`"):
        evolve(resume=runs / "one", seed=0)


def test_a_watch_that_raises_leaves_a_run_that_goes_on(result: EvolveResult, runs: Path, folder: Path) -> None:
    steps: list[str] = []

    def ends(progress: Progress) -> None:
        assert 0 <= progress.share <= 1
        steps.append(progress.step)
        if progress.facts.startswith("generation 0"):
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        evolve(folder, output=runs / "ended", watch=ends, **SMALL)
    again = evolve(resume=runs / "ended")
    assert (again.best, again.front, again.evaluated) == (result.best, result.front, result.evaluated)


def test_seed_formulas_of_every_kind_are_in_the_first_population(runs: Path, folder: Path) -> None:
    given: list[str | Path | Proxy] = ["sum(l1(weight * grad))", load_proxy("snip")]
    found = evolve(folder, output=runs / "seeded", seed_formulas=given, **{**SMALL, "generations": 0})
    assert found.start is not None
    assert found.start.formulas == ["sum(l1(weight * grad))", str(load_proxy("snip").formula)]
    with pytest.raises(InputError, match=r"^`seed_formulas` synflow: expected a formula, found a coded metric$"):
        evolve(folder, output=runs / "none", seed_formulas=["synflow"], **SMALL)


def test_a_split_that_no_enumeration_can_rank_starts_at_random(
    runs: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="lpzero"):
        evolve(folder, output=runs / "possible", **{**SMALL, "start": None, "generations": 0})
    assert "start random: an enumeration ranks 12 to 256 architectures, here 6" in caplog.text
    assert json.loads((runs / "possible" / "config.json").read_text())["start"] == "random"


@pytest.mark.parametrize(
    ("name", "value", "flag"),
    [
        ("search_size", 3, "--search-size"),
        ("population", 3, "--population"),
        ("max_size", 201, "--max-size"),
        ("crossover_rate", 1.5, "--crossover-rate"),
        ("seed", -1, "--seed"),
    ],
)
def test_a_wrong_setting_is_named_and_leaves_no_folder(
    tmp_path: Path, name: str, value: float, flag: str, refused: Callable[..., str]
) -> None:
    with pytest.raises(InputError) as caught:
        evolve("flexibert-own", output=tmp_path / "run", **{**SMALL, name: value})
    message = str(caught.value)
    assert message.startswith(f"`{name}`: expected")
    assert message.endswith(f", found {value}")
    assert "--" not in message
    assert not (tmp_path / "run").exists()
    words = ["--table", "flexibert-own", "--output", str(tmp_path / "run"), flag, str(value)]
    assert refused("evolve", *words) == message.replace(f"`{name}`", flag)


def test_a_setting_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^`generation`: no such setting: expected generations$"):
        evolve("flexibert-own", output=tmp_path / "run", generation=3, **SMALL)


def test_within_principles_formulas_are_ranked_and_tested_on_what_keeps_them(
    runs: Path, folder: Path, tmp_path: Path
) -> None:
    table = load_table(str(folder))
    wide = {one.id for one in table.records if one.architecture["hidden_size"] == 256}
    rule = {"op": "eq", "feature": "hidden_size", "value": 256}
    listed = [{"id": "wide", "statement": "", "rule": rule}]
    document = {"schema": "lpzero.principles/1", "space": {"name": table.space}, "principles": listed}
    file = tmp_path / "p.json"
    file.write_text(json.dumps(document))
    found = evolve(folder, output=runs / "within", principles=file, **{**SMALL, "validation_size": 0})
    assert found.principles is not None
    assert (found.principles.version, found.principles.kept, found.principles.of) == (1, len(wide), table.n)
    parts = json.loads((runs / "within" / "split.json").read_text())
    assert {name for part in ("search", "validation", "test") for name in parts[part]} == wide
    # the settings hold what the file said, whatever becomes of it
    file.unlink()
    assert evolve(resume=runs / "within") == found
    with pytest.raises(InputError, match=r"^`principles` has no effect beside `resume`"):
        evolve(resume=runs / "within", principles=file)
