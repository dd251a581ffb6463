"""``lpzero.search``: what is picked against the table, and what a run folder keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero import load_table, search
from lpzero.errors import InputError
from lpzero.nas.result import SearchResult
from lpzero.progress import Progress
from lpzero.spaces import Architecture, get_space

MOST = 400_000
SMALL: dict[str, Any] = {"table": "gpt2-own", "samples": 6, "limits": {"params": MOST}, "keep": 2, "device": "cpu"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def result(runs: Path, quietly: Callable[[Callable[[], SearchResult]], SearchResult]) -> SearchResult:
    return quietly(lambda: search("depth", output=runs / "one", seed=1, **SMALL))


def test_picks_fit_the_limit_and_have_the_costs_of_their_architecture(result: SearchResult, runs: Path) -> None:
    table = load_table("gpt2-own")
    space = get_space("gpt2", "own")
    known = {space.key(record.architecture): record.architecture for record in table.records}
    assert result.scored == 6
    assert len(result.best) == 2
    for pick in result.best:
        architecture = known[pick.key]
        assert pick.costs["params"] == space.parameter_counts(architecture)["total"] <= MOST
        assert pick.scores == [architecture.depth]
        written = json.loads((runs / "one" / pick.config).with_name("architecture.json").read_text())
        assert Architecture.from_json(written) == architecture


def test_what_a_pick_is_worth_is_said_by_the_table(result: SearchResult) -> None:
    table = load_table("gpt2-own")
    space = get_space("gpt2", "own")
    assert result.truth is not None
    truth = result.truth["found"]
    assert truth is not None
    fitting = {
        space.key(r.architecture): q
        for r, q in zip(table.records, table.oriented, strict=True)
        if space.parameter_counts(r.architecture)["total"] <= MOST
    }
    quality = fitting[result.best[0].key]
    assert truth.quality == pytest.approx(quality, abs=1e-6)
    assert truth.regret == pytest.approx(max(fitting.values()) - quality, abs=1e-6)


def test_the_command_prints_the_document(
    result: SearchResult, runs: Path, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    words = ["search", "--proxy", "depth", "--table", "gpt2-own", "--samples", "6", "--max-params", str(MOST)]
    document = printed(*words, "--keep", "2", "--seed", "1", "--jobs", "1", "--output", str(runs / "two"))
    assert document == timeless(result.to_json())


def test_a_finished_search_goes_on_to_the_same_result(result: SearchResult, runs: Path) -> None:
    assert search(resume=runs / "one") == result
    with pytest.raises(InputError, match=r"^`samples` has no effect beside `resume`: a run keeps its settings$"):
        search(resume=runs / "one", samples=7)
    with pytest.raises(InputError, match="one exists and is left as it is: give another `output`, or continue it"):
        search("depth", output=runs / "one", seed=1, **SMALL)


def test_a_run_that_does_not_say_what_it_was_chosen_on_is_refused(runs: Path) -> None:
    best = {"table": "gpt2-own", "best": {"formula": "sum(numel(weight))", "direction": "higher"}}
    (runs / "found").mkdir()
    (runs / "found" / "best.json").write_text(json.dumps(best))
    with pytest.raises(
        InputError, match="does not say on which architectures: give the folder of its run, or the file t"
    ):
        search(runs / "found", output=runs / "left", **SMALL)
    assert not (runs / "left").exists()


def test_a_watch_that_raises_leaves_a_run_that_goes_on(result: SearchResult, runs: Path) -> None:
    told: list[Progress] = []

    def ends(progress: Progress) -> None:
        told.append(progress)
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        search("depth", output=runs / "ended", seed=1, watch=ends, **SMALL)
    assert len(told) == 1
    again = search(resume=runs / "ended")
    assert (again.best, again.controls, again.scored) == (result.best, result.controls, result.scored)


def test_decoders_are_searched_by_snip_where_nobody_names_a_proxy(tmp_path: Path) -> None:
    given: dict[str, Any] = {"space": "gpt2", "protocol": "own", "samples": 3, "device": "cpu", "batch": 1, "tokens": 8}
    found = search(output=tmp_path / "run", **given)
    named = search("snip", output=tmp_path / "named", **given)
    assert [proxy.proxy for proxy in found.proxies] == ["snip"]
    assert found.best == named.best


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"proxies": (), "space": "flexibert"}, "(snip is no default here: flexibert is no space of "),
        ({"proxies": (), "table": "gpt2-own"}, "`proxies` is missing: expected a formula, a name, a file or a run"),
        ({"space": None}, "`space` is missing: expected one of flexibert, gpt2"),
        ({"model": "x", "table": "gpt2-own"}, "`model` is a space of its own: expected no `space`, `protocol` or"),
        (
            {"model": "nowhere", "space": None, "protocol": None},
            "`model` nowhere: expected the folder of a checkpoint, found none",
        ),
        ({"samples": 0}, "`samples`: "),
        ({"keep": 0}, "`keep`: "),
        ({"sample_size": 3}, "`sample_size`: no such setting: expected "),
        ({"limits": {"params": "many"}}, "`limits.params`: expected "),
        ({"limits": {"params": 0}}, "`limits.params`: expected more than 0, found 0"),
    ],
)
def test_what_is_wrong_leaves_no_folder(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    given = {"proxies": "depth", "space": "gpt2", "protocol": "own", "samples": 2, "device": "cpu", **arguments}
    with pytest.raises(InputError) as caught:
        search(output=tmp_path / "run", **given)
    assert message in str(caught.value)
    assert "--" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_principles_hold_of_what_is_found(tmp_path: Path) -> None:
    """A search that goes on has them in its settings."""
    file = tmp_path / "p.json"
    rule = {"op": "le", "feature": "depth", "value": 3}
    document = {"schema": "lpzero.principles/1", "space": {"name": "gpt2"}, "principles": []}
    file.write_text(json.dumps({**document, "principles": [{"id": "flat", "statement": "", "rule": rule}]}))
    found = search("depth", principles=file, output=tmp_path / "run", **SMALL)
    assert found.best[0].scores == [3]
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["principles"]["principles"][0]["rule"] == rule
    file.write_text(json.dumps({**document, "space": {"name": "rnn"}}))
    with pytest.raises(InputError, match=r"p\.json: space\.name: expected gpt2, found 'rnn'"):
        search("depth", table="gpt2-own", principles=file, output=tmp_path / "other")
