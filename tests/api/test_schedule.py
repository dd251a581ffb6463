"""``lpzero.search`` by a schedule: a kept predictor first and labels of a table later, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lpzero import fit_predictor, load_table, search
from lpzero.api.schedule import is_scheduled
from lpzero.cli.main import lpzero as command
from lpzero.errors import InputError, MissingError
from lpzero.nas.result import SearchResult
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.spaces import get_space

SIZES = "parents = 3\nmutants = 3\ncrossovers = 3\niterations = 4\n"
PHASES = '[[phase]]\nfrom = 0\npredictor = "ridge.json"\n[[phase]]\nfrom = 2\npredictor = "lookup:gpt2-own"\n'
MOST = 1_000_000
SMALL: dict[str, Any] = {"table": "gpt2-own", "limits": {"params": MOST}, "keep": 2, "device": "cpu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A schedule beside the ridge that it names."""
    folder = tmp_path_factory.mktemp("schedule")
    fit_predictor(table="gpt2-own", number=10, features="spec", output=folder / "ridge.json")
    (folder / "schedule.toml").write_text(SIZES + PHASES)
    return folder


@pytest.fixture(scope="module")
def result(folder: Path, quietly: Callable[[Callable[[], SearchResult]], SearchResult]) -> ScheduleResult:
    found = quietly(lambda: search(schedule=folder / "schedule.toml", output=folder / "one", seed=1, **SMALL))
    assert isinstance(found, ScheduleResult)
    return found


def test_labels_that_a_predictor_was_fitted_to_may_not_be_picked(result: ScheduleResult, folder: Path) -> None:
    labels = json.loads((folder / "ridge.json").read_text())["labels"]
    assert result.left_out == len(labels) == 10
    table = load_table("gpt2-own")
    labelled = {
        get_space("gpt2", "own").key(r.architecture) for r in table.records if r.architecture.to_json() in labels
    }
    assert not labelled & {pick.key for pick in (*result.best, *result.front)}


def test_what_was_asked_stands_in_the_result(result: ScheduleResult) -> None:
    assert [one.predictor for one in result.predictors] == ["ridge of ridge.json", "lookup:gpt2-own"]
    assert [one.direction for one in result.predictors] == ["lower", "lower"]
    assert all(one.without_cache == 18 and 9 <= one.calls <= 15 for one in result.predictors)
    assert all(pick.costs["params"] <= MOST for pick in result.best)
    assert result.truth is not None
    truth = result.truth["found"]
    assert truth is not None
    assert truth.quality == pytest.approx(-(result.best[0].score or 0.0), abs=1e-6)


def test_the_command_prints_the_document(
    result: ScheduleResult, folder: Path, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    words = ["search", "--schedule", str(folder / "schedule.toml"), "--table", "gpt2-own", "--max-params", str(MOST)]
    document = printed(*words, "--keep", "2", "--seed", "1", "--jobs", "1", "--output", str(folder / "two"))
    assert document == timeless(result.to_json())
    shown = CliRunner().invoke(command, ["search", "--resume", str(folder / "two")], catch_exceptions=False)
    assert "what is found is the best of the last one" in shown.stdout
    assert "lookup:gpt2-own" in shown.stdout


def test_a_finished_search_goes_on_to_the_same_result(result: ScheduleResult, folder: Path) -> None:
    assert is_scheduled(folder / "one")
    assert not is_scheduled(folder)
    assert search(resume=folder / "one") == result
    with pytest.raises(InputError, match=r"^`schedule` has no effect beside `resume`: a run keeps its settings$"):
        search(resume=folder / "one", schedule=folder / "schedule.toml")


def test_a_kept_predictor_that_is_another_one_stops_what_goes_on(result: ScheduleResult, folder: Path) -> None:
    del result
    whole = (folder / "ridge.json").read_text()
    (folder / "one" / "result.json").rename(folder / "aside.json")
    (folder / "ridge.json").write_text(json.dumps({**json.loads(whole), "level": 0.8}))
    with pytest.raises(InputError, match="expected the predictor that the search began with, found another: restore"):
        search(resume=folder / "one")
    (folder / "ridge.json").write_text(whole)
    (folder / "aside.json").rename(folder / "one" / "result.json")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (
            PHASES,
            {"samples": 3},
            "^`samples` has no effect beside `schedule`: its file says what scores",
        ),
        (PHASES, {"proxies": "params"}, "^`proxies` has no effect beside `schedule`"),
        (PHASES, {"algorithm": "random"}, "^`algorithm`: no such setting: expected "),
        (PHASES, {"keep": 0}, "^`keep`: "),
        ("", {}, r"schedule\.toml: expected one \[\[phase\]\] or several"),
        (PHASES.replace("ridge", "gone"), {}, r"schedule\.toml: phase 1: gone\.json: no such proxy file$"),
        (PHASES.replace("own", "gone"), {}, r"schedule\.toml: phase 2: unknown table 'gpt2-gone'"),
        (PHASES, {"table": None, "space": "flexibert", "protocol": "own"}, "expected a predictor of flexibert"),
        (PHASES, {"table": None}, "^`space` is missing"),
    ],
)
def test_what_is_wrong_leaves_no_folder(
    text: str, arguments: dict[str, Any], message: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "wrong").mkdir(exist_ok=True)
    for name in ("ridge.json", "ridge.npz"):
        (folder / "wrong" / name).write_bytes((folder / name).read_bytes())
    (folder / "wrong" / "schedule.toml").write_text(text)
    given = {**SMALL, "schedule": folder / "wrong" / "schedule.toml", **arguments}
    with pytest.raises(InputError, match=message) as caught:
        search(given.pop("proxies", ()), output=tmp_path / "run", **given)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_trainings_without_a_text_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "schedule.toml").write_text('[[phase]]\nfrom = 0\npredictor = "training"\nsteps = 2\n')
    with pytest.raises(MissingError, match="the predictor training needs the text that gpt2-own was trained on: give"):
        search(schedule=tmp_path / "schedule.toml", space="gpt2", protocol="own", output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_options_of_another_search_are_refused_beside_a_schedule(folder: Path, refused: Callable[..., str]) -> None:
    words = ["search", "--schedule", str(folder / "schedule.toml"), "--table", "gpt2-own"]
    for option in (["--algorithm", "guided"], ["--samples", "3"], ["--verify", "2"], ["--proxy", "snip"]):
        assert refused(*words, *option) == f"{option[0]} has no effect beside --schedule: its file says how is searched"
