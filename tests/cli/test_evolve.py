"""`lpzero evolve`: what it takes where nothing was said, and a whole run on a user's table."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lpzero.callbacks import Callback, Generation
from lpzero.cli.main import run
from lpzero.result import Result
from lpzero.tables import TABLES, load_table
from lpzero.tables.folder import write_folder
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.trackers import TRACKERS
from lpzero.training.card import own_card

Trained = Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]
SMALL = ["--population", "8", "--generations", "1", "--batch", "2", "--tokens", "8", "--elements", "64", "--jobs", "1"]
SMALL += ["--start", "random"]
OWN = {"space": "flexibert", "protocol": "own", "table": "flexibert-own"}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, an empty cache, and no data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path / "none"))
    return tmp_path


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that runs would have begun with; none begins."""
    seen: list[Any] = []

    def stop(_path: Path, config: object) -> None:
        seen.append(config)
        raise KeyboardInterrupt

    monkeypatch.setattr("lpzero.evolution.discovery.folder.DiscoveryRunFolder.create", stop)
    return seen


def small_table(folder: Path, trained: Trained, number: int = 16) -> Path:
    """A table of made-up losses of real architectures."""
    recipe, records = trained(number)
    write_folder(folder, own_card(folder.name, recipe, records, {}, ()), records)
    return folder


@pytest.mark.parametrize("space", ["flexibert", "gpt2"])
def test_without_a_table_it_is_the_bundled_one(space: str, settings: list[Any]) -> None:
    assert run(["evolve", "--space", space]) == 130
    (config,) = settings
    assert (config.table, config.protocol) == (f"{space}-own", "own")
    quarter = TABLES[config.table].n // 4
    assert (config.search_size, config.validation_size) == (quarter, quarter)


def test_a_protocol_finds_the_table_that_was_measured_on_it(
    data: Path, settings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    assert run(["evolve", "--space", "flexibert", "--protocol", "listed"]) == 130
    (config,) = settings
    assert (config.table, config.protocol) == ("flexibert-glue", "listed")
    assert (config.search_size, config.validation_size) == (50, 50)


def test_a_table_names_its_space(data: Path, settings: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    assert run(["evolve", "--table", "gpt2-wt103", "--search-size", "20"]) == 130
    (config,) = settings
    assert (config.space, config.protocol) == ("gpt2", "lts")
    assert (config.search_size, config.validation_size) == (20, 50)


def test_seeds_are_formulas_or_proxies_that_are_one(
    data: Path, settings: list[Any], monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    (nowhere / "mine.json").write_text(
        json.dumps({"schema": 1, "name": "mine", "formula": "mean(std(head))", "higher_is_better": True})
    )
    given = ["sum(l1(weight)) * mean(std(attention))", "snip", "mine.json"]
    arguments = [part for text in given for part in ("--seed-formula", text)]
    assert run(["evolve", "--table", "gpt2-wt103", *arguments, "--islands", "2"]) == 130
    (config,) = settings
    assert config.seed_formulas == [given[0], "sum(l1(weight * grad))", "mean(std(head))"]
    assert config.islands == 2


def test_seeds_from_the_environment_stand_between_semicolons(
    data: Path, settings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    monkeypatch.setenv("LPZERO_EVOLVE_SEED_FORMULAS", "sum(l1(weight * grad));mean(std(head))")
    assert run(["evolve", "--table", "gpt2-wt103"]) == 130
    (config,) = settings
    assert config.seed_formulas == ["sum(l1(weight * grad))", "mean(std(head))"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum(l2(weight))", "unknown primitive"),
        ("sum(mean(max_tokens(head)))", "that sketches can score"),
        ("synflow", "expected a formula, found a coded metric"),
        ("nothing", "unknown proxy"),
    ],
)
def test_a_bad_seed_is_one_line(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    words: str,
    nowhere: Path,
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    assert run(["evolve", "--table", "gpt2-wt103", "--seed-formula", text]) == 2
    assert words in capsys.readouterr().err
    assert not (nowhere / "runs").exists()


def _finished(folder: Path, seed: int) -> Path:
    """A run that has chosen on 8 and 8 architectures of the bundled table."""
    part = {"n": 8, "tau_a": 0.4}
    test = {**part, "interval": [0.1, 0.6], "tau_b": 0.4, "rho": 0.5, "distinct": 1.0}
    best = {"formula": "sum(l1(weight))", "direction": "higher", "size": 3, "sketch": {}, "test": test}
    result = {
        **{"schema": 1, "run": "x", "table": "flexibert-own", "table_sha256": load_table("flexibert-own").digest},
        **{"protocol": "own", "seed": seed, "best": {**best, "search": part, "validation": part}, "front": []},
        "baselines": [{"proxy": "depth", "test": part}],
    }
    config = {**OWN, "seed": seed, "search_size": 8, "validation_size": 8, "population": 6}
    folder.mkdir()
    for name, document in (("best", result), ("config", config), ("env", {"python": "3"})):
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def test_a_seed_that_has_seen_the_sealed_test_is_refused(
    settings: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evolve", "--table", "flexibert-own", "--search-size", "8", "--validation-size", "8"]
    said = "chosen on architectures of flexibert-own that this run tests on"
    assert run([*arguments, "--seed-formula", "flexibert/own"]) == 2
    assert said in capsys.readouterr().err
    same, other = (_finished(tmp_path / f"{seed}", seed) for seed in (0, 1))
    exported = str(tmp_path / "mine.json")
    assert run(["export", str(same), "--format", "json", "--name", "mine", "--output", exported]) == 0
    for place in (str(same), str(same / "best.json"), exported):
        assert run([*arguments, "--seed-formula", place]) == 130, "it looked at this run's own parts alone"
        assert settings[-1].seed_formulas == ["sum(l1(weight))"]
        assert run([*arguments, "--seed", "1", "--seed-formula", place]) == 2, "another split"
        assert said in capsys.readouterr().err
    assert run([*arguments, "--seed-formula", str(other)]) == 2
    assert run([*arguments, "--seed", "1", "--seed-formula", str(other)]) == 130
    assert run(["evolve", "--table", "gpt2-own", "--seed-formula", "flexibert/own"]) == 130, "another table"
    again = str(tmp_path / "again.json")
    assert run(["export", "flexibert/own", "--format", "json", "--name", "again", "--output", again]) == 0
    assert run([*arguments, "--seed-formula", again]) == 2, "an exported proxy still says where it comes from"
    (same / "config.json").unlink()
    assert run([*arguments, "--seed-formula", str(same)]) == 2, "nobody knows what it looked at"


def test_the_start_follows_from_the_size_where_nobody_chose_one(
    settings: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for size, start in (("11", "random"), ("12", "enumeration")):
        assert run(["evolve", "--table", "flexibert-own", "--search-size", size]) == 130
        assert settings[-1].start == start
        assert ("start random: an enumeration ranks 12 to 256" in capsys.readouterr().err) == (start == "random")
    assert run(["evolve", "--table", "flexibert-own", "--search-size", "11", "--start", "enumeration"]) == 2


def test_settings_of_a_run_begin_another(
    data: Path, settings: list[Any], monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    arguments = ["--table", "gpt2-wt103", "--seed-formula", "snip", "--restart-after", "0", "--select", "nsga2"]
    assert run(["evolve", *arguments]) == 130
    (nowhere / "config.json").write_text(json.dumps(settings[0].model_dump()))
    assert run(["evolve", "--config", "config.json"]) == 130
    assert settings[1] == settings[0]


def test_a_run_on_a_table_of_ones_own(trained: Trained, capsys: pytest.CaptureFixture[str], nowhere: Path) -> None:
    small_table(nowhere / "mine", trained)
    assert run(["evolve", "--table", "mine", *SMALL, "--json"]) == 0
    kept = json.loads((nowhere / "runs" / "mine-own-typed-seed0" / "config.json").read_text())
    assert kept["table"] == str(nowhere / "mine")
    document = json.loads(capsys.readouterr().out)
    assert (document["table"], document["protocol"], document["space"]) == ("mine", "own", "flexibert")
    assert document["best"]["test"]["n"] == 8


def test_a_run_resumes_from_another_place(
    trained: Trained, capsys: pytest.CaptureFixture[str], nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_table(nowhere / "mine", trained)
    assert run(["evolve", "--table", "mine", *SMALL, "--output", "run", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    (nowhere / "elsewhere").mkdir()
    monkeypatch.chdir(nowhere / "elsewhere")
    assert run(["evolve", "--resume", "../run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best"] == first["best"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--space", "gpt2"], "table mine is of space flexibert, found --space gpt2"),
        (["--protocol", "trained"], "table mine was measured on other models than 'trained': expected own"),
        (["--search-size", "14"], "4 records left for the test"),
    ],
)
def test_what_does_not_fit_the_table(
    trained: Trained, capsys: pytest.CaptureFixture[str], nowhere: Path, arguments: list[str], words: str
) -> None:
    small_table(nowhere / "mine", trained)
    assert run(["evolve", "--table", "mine", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not (nowhere / "runs").exists()


class _Noted(Callback):
    def __init__(self) -> None:
        self.told: list[str] = []

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        self.told.append(f"begin {run}")

    def on_generation_end(self, generation: Generation) -> None:
        self.told.append(f"generation {generation.number}")

    def on_run_end(self, result: Result) -> None:
        self.told.append("end")


def test_a_tracker_is_told_of_a_run_and_of_one_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = _Noted()
    monkeypatch.setitem(TRACKERS, "trackio", lambda: noted)
    split = ["--search-size", "8", "--validation-size", "4", "--test-size", "12"]
    assert run(["evolve", "--table", "gpt2-own", *SMALL, *split, "--track", "trackio", "--output", "run"]) == 0
    assert noted.told == ["begin run", "generation 0", "generation 1", "end"]
    # a finished run is not carried on, and not told of
    assert run(["evolve", "--resume", "run", "--track", "trackio"]) == 0
    assert len(noted.told) == 4


def test_a_tracker_that_is_not_there_is_said_before_anything_begins(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert run(["evolve", "--table", "gpt2-own", "--track", "wandb", "--output", "run"]) == 3
    assert "wandb is not installed: python -m pip install 'lpzero[wandb]'" in capsys.readouterr().err
    assert not (nowhere / "run").exists()
    assert run(["evolve", "--table", "a", "--leave-one-out", "--track", "wandb", "--output", "run"]) == 2
    assert "--track has no effect beside --leave-one-out" in capsys.readouterr().err
