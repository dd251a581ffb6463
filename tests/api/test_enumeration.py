"""``lpzero.enumerate_formulas``: every formula of a grammar, as a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero import enumerate_formulas, load_proxy, load_table
from lpzero.errors import InputError
from lpzero.formula import canonical, parse
from lpzero.progress import Progress
from lpzero.proxy.discovery import EnumerateResult

SMALL: dict[str, Any] = {
    **{"operands": ["grad"], "search_size": 12, "validation_size": 4, "seed": 1},
    **{"keep": 50, "elements": 16, "batch": 1, "tokens": 8, "device": "cpu"},
}


class Enough(Exception):
    """The user has seen enough."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def told() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def result(
    runs: Path,
    folder: Path,
    told: list[Progress],
    quietly: Callable[[Callable[[], EnumerateResult]], EnumerateResult],
) -> EnumerateResult:
    return quietly(lambda: enumerate_formulas(folder, output=runs / "one", watch=told.append, **SMALL))


def test_every_pair_of_branches_is_ranked(result: EnumerateResult) -> None:
    # an addition of two branches has no order; one branch alone is a formula too
    assert result.formulas > result.branches * (result.branches - 1) // 2
    assert 0 < result.distinct_formulas <= result.formulas - result.nonfinite
    assert result.evaluated == result.formulas - result.nonfinite


def test_what_is_found_is_canonical(result: EnumerateResult, runs: Path, folder: Path) -> None:
    for text, size in [(result.best.formula, result.best.size), *((row.formula, row.size) for row in result.front)]:
        # simplified: a branch of abs and mean has become mean_abs
        formula = parse(text)
        assert (set(formula.operands), canonical(formula).text, formula.size) == ({"grad"}, text, size)
    assert (result.best.search.n, result.best.validation.n, result.seed) == (12, 4, 1)
    assert result.table_sha256 == load_table(str(folder)).digest
    assert load_proxy(str(runs / "one")).direction == result.best.direction


def test_the_watch_is_told_each_step(result: EnumerateResult, told: list[Progress]) -> None:
    assert result.seconds >= 0
    for step in dict.fromkeys(one.step for one in told):
        shares = [one.share for one in told if one.step == step]
        assert shares == sorted(shares)
        assert shares[-1] == 1


def test_the_command_prints_the_document(
    result: EnumerateResult, runs: Path, folder: Path, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    given = {key: value for key, value in SMALL.items() if key not in ("device", "operands")}
    words = [word for key, value in given.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    words += ["--table", str(folder), "--operands", "grad", "--jobs", "1"]
    found = printed("enumerate", *words, "--output", str(runs / "two"))
    assert found == timeless(result.to_json())


def test_a_watch_that_raises_ends_it_and_the_folder_stays(result: EnumerateResult, runs: Path, folder: Path) -> None:
    def ends(_: Progress) -> None:
        raise Enough

    with pytest.raises(Enough):
        enumerate_formulas(folder, output=runs / "ended", watch=ends, **SMALL)
    assert (runs / "ended" / "config.json").is_file()
    assert not (runs / "ended" / "best.json").exists()
    assert enumerate_formulas(resume=runs / "one") == result


def test_a_run_keeps_its_settings(result: EnumerateResult, runs: Path) -> None:
    assert result.run == str(runs / "one")
    given: dict[str, Any] = {"grammar": "layered", "operands": ["grad"], "seed": 0, "keep": 5}
    for name, value in given.items():
        with pytest.raises(InputError, match=f"^`{name}` has no effect beside `resume`: a run keeps its settings$"):
            enumerate_formulas(resume=runs / "one", **{name: value})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grammar": "typed"}, "expected the grammar lpzero or layered, found 'typed': use lpzero evolve"),
        ({"keep": 0}, "`keep`: expected greater than or equal to 1, found 0"),
        ({"operands": []}, "`operands`: "),
        ({"operands": ["nothing"]}, "'nothing'"),
        ({"search_size": 11}, "12 to 256"),
    ],
)
def test_what_is_wrong_leaves_no_folder(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        enumerate_formulas("flexibert-own", output=tmp_path / "run", **{**SMALL, **arguments})
    assert message in str(caught.value)
    assert "--" not in str(caught.value)
    assert not (tmp_path / "run").exists()
