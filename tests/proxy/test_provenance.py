"""The proxy file of a finished run: read as a proxy, with where it comes from, and refused where something lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.proxy import load_proxy, proxy_names
from lpzero.proxy.command import discovery_command
from lpzero.proxy.provenance import FIGURES, Provenance, proxy_document, run_provenance

CLOSE = {"tau_a": 0.2, "interval": [-0.1, 0.4], "pairs": 3, "within": 1.25}
TEST = {
    **{"n": 4, "tau_a": 0.4, "interval": [0.1, 0.6], "tau_b": 0.5, "rho": 0.6, "distinct": 1.0, "pick_percentile": 9.0},
    "matched_size": CLOSE,
}
RESULT: dict[str, Any] = {
    **{"schema": 1, "run": "x", "table": "gpt2-own", "table_sha256": "0" * 64, "protocol": "own", "seed": 3},
    "best": {
        **{"formula": "sum(l1(weight))", "direction": "lower", "size": 3, "sketch": {}, "test": TEST},
        **{"search": {"n": 4}, "validation": {"n": 4}},
    },
    "front": [],
    "baselines": [
        {"proxy": "depth", "test": {"n": 4, "tau_a": -0.1}},
        {"proxy": "params", "test": {"n": 4, "tau_a": 0.3, "matched_size": CLOSE}},
        {"proxy": "synflow", "test": {"n": 4, "status": "overflow"}},
        {"proxy": "spec_ridge", "labels": 12, "what": None, "test": {"n": 4, "tau_a": 0.7, "matched_size": CLOSE}},
        {"proxy": "strongest_feature", "labels": 12, "what": "depth", "test": {"n": 4, "status": "constant"}},
    ],
}
CONFIG = {"table": "gpt2-own", "protocol": "own", "seed": 3, "population": 6, "search_size": 12}
ENV = {"python": "3.11.7", "platform": "Linux-1", "torch": "2"}
Change = Callable[..., Path]


@pytest.fixture
def run(tmp_path: Path) -> Change:
    def make(**changes: Any) -> Path:
        files: dict[str, Any] = {"best.json": RESULT, "config.json": CONFIG, "env.json": ENV}
        for name, value in files.items():
            key = name.removesuffix(".json")
            (tmp_path / name).write_text(json.dumps({**value, **changes.get(key, {})}))
        return tmp_path

    return make


def test_the_file_is_the_proxy_of_the_run(run: Change, tmp_path: Path) -> None:
    document = proxy_document(run(), "mine")
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(document))
    by_file, by_run = load_proxy(str(file)), load_proxy(str(tmp_path))
    assert by_file.name == "mine"
    for name in ("formula", "direction", "found_on"):
        assert getattr(by_file, name) == getattr(by_run, name)
    assert (by_file.direction, by_file.note) == ("lower", "Found by evolve on gpt2-own, protocol own.")
    assert by_file.provenance is not None
    assert by_file.provenance.model_dump() == document["found"]


def test_what_it_says_of_the_run(run: Change) -> None:
    found = proxy_document(run(), "mine")["found"]
    said = "--seed 3 --population 6 --search-size 12 --primitive none --operand none"
    assert found["command"] == f"lpzero evolve --table gpt2-own --protocol own {said}"
    assert found["settings"] == CONFIG
    # the machine is nobody's business
    assert found["versions"] == {"python": "3.11.7", "torch": "2"}
    assert found["test"] == {name: TEST[name] for name in FIGURES}


def test_the_strongest_baseline_needs_no_label_and_controls_stand_by_name(run: Change) -> None:
    found = proxy_document(run(), "mine")["found"]
    assert found["baseline"] == {"proxy": "params", "tau_a": 0.3, "matched_size": CLOSE}
    # one that does not rank has no figure to keep
    assert found["controls"] == {"spec_ridge": {"tau_a": 0.7, "matched_size": CLOSE}}


def test_a_result_from_before_there_were_controls_has_none(run: Change) -> None:
    test = {name: value for name, value in TEST.items() if name != "matched_size"}
    folder = run(best={"best": {**RESULT["best"], "test": test}, "baselines": RESULT["baselines"][:1]})
    found = proxy_document(folder, "mine")["found"]
    assert set(found["test"]) == set(FIGURES) - {"matched_size"}
    assert found["baseline"] == {"proxy": "depth", "tau_a": -0.1, "matched_size": None}
    assert found["controls"] == {}


def test_a_run_folder_says_itself_where_its_formula_comes_from(run: Change) -> None:
    folder = run()
    found = run_provenance(folder)
    assert found is not None
    assert found.model_dump() == proxy_document(folder, "mine")["found"]
    for text in (str(folder), str(folder / "best.json")):
        assert load_proxy(text).provenance == found


@pytest.mark.parametrize("name", ["config.json", "env.json"])
def test_a_folder_without_its_settings_says_nothing(run: Change, name: str) -> None:
    folder = run()
    (folder / name).unlink()
    assert run_provenance(folder) is None
    assert load_proxy(str(folder)).provenance is None
    (folder / name).write_text("[]")
    with pytest.raises(InputError, match=f"{name}: expected a JSON object, found list"):
        load_proxy(str(folder))


def test_a_run_that_judged_other_tables_alone_has_no_figures(run: Change) -> None:
    best = {**RESULT["best"], "test": {"n": 0, "status": "unjudged"}}
    found = proxy_document(run(best={"best": best, "baselines": []}), "mine")["found"]
    assert (found["test"], found["baseline"], found["controls"]) == ({}, {}, {})


def test_a_run_without_populations_is_an_enumeration(run: Change) -> None:
    folder = run()
    settings = {name: value for name, value in CONFIG.items() if name != "population"}
    (folder / "config.json").write_text(json.dumps(settings))
    document = proxy_document(folder, "mine")
    assert document["found"]["command"].startswith("lpzero enumerate ")
    assert document["note"].startswith("Found by enumerate ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"best": {"best": {}}}, "'best."),
        ({"best": {"baselines": [{"proxy": "x", "test": {"n": 1}}]}}, "expected a finished run, found no "),
        ({"best": {"table_sha256": None}}, "table_sha256"),
        ({"best": {"seed": "3"}}, "found no 'seed' as it has"),
        ({"best": {"best": {**RESULT["best"], "test": {"n": 4}}}}, "expected a finished run, found no "),
        ({"env": {"torch": 2}}, "found no 'versions.torch' as it has"),
    ],
)
def test_what_lacks_is_named(run: Change, changes: dict[str, Any], words: str) -> None:
    folder = run(**changes)
    with pytest.raises(InputError) as caught:
        proxy_document(folder, "mine")
    assert str(caught.value).startswith(f"{folder}: expected a finished run, found no ")
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["best.json", "config.json", "env.json"])
def test_each_file_of_the_run_is_needed(run: Change, name: str) -> None:
    folder = run()
    (folder / name).write_text("[]")
    with pytest.raises(InputError, match=f"{name}: expected a JSON object, found list"):
        proxy_document(folder, "mine")
    (folder / name).write_text("{")
    with pytest.raises(InputError, match=f"{name}: expected a JSON object, found Expecting"):
        proxy_document(folder, "mine")
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"{name}: no such file: expected the folder of a finished run$"):
        proxy_document(folder, "mine")


def test_the_shipped_proxies_that_were_found_say_where() -> None:
    found = [proxy for proxy in map(load_proxy, proxy_names()) if proxy.found_on]
    assert len(found) >= 5
    for proxy in found:
        assert isinstance(proxy.provenance, Provenance)
        assert proxy.provenance.table == proxy.found_on
        # those of before there were figures at matched size have the others
        assert set(FIGURES) - {"matched_size"} <= set(proxy.provenance.test) <= set(FIGURES)
        words = proxy.provenance.command.split()
        assert proxy.provenance.command == discovery_command("evolve", proxy.provenance.settings, {})
        assert words[:2] in (["lpzero", "evolve"], ["lpzero", "enumerate"])
        # its grammar says what kind of formula it is
        assert ("weighted" in words) == (proxy.provenance.settings.get("grammar") == "weighted")
        assert words[words.index("--seed") + 1] == str(proxy.provenance.seed) == str(proxy.provenance.settings["seed"])
