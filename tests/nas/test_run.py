"""A whole search: the same with any number of workers and after a kill, controls and truth by direct computation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.cli.main import run as command
from lpzero.costs.cost import CostValue
from lpzero.costs.costs import COUNTED
from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.nas.config import SearchConfig
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.ledger import Ledger, Scored
from lpzero.nas.run import execute, keep_costs
from lpzero.nas.setting import prepare
from lpzero.progress import Progress, Watch, unwatched
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables import load_table

SMALL = ["--table", "gpt2-own", "--proxy", "sum(l1(weight * grad))", "--proxy", "depth", "--samples", "20"]
SMALL += ["--batch", "1", "--tokens", "4", "--max-params", "1.2M", "--json"]


def until(number: int) -> Watch:
    """A watch that kills when so many architectures are scored."""

    def kill(progress: Progress) -> None:
        assert 0 <= progress.share <= 1
        if progress.step == "search" and int(progress.facts.split("/")[0]) >= number:
            raise KeyboardInterrupt

    return kill


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("search") / "run"
    assert command(["search", *SMALL, "--jobs", "1", "--output", str(path)]) == 0
    return json.loads((path / "result.json").read_text())


def test_the_document(found: dict[str, Any]) -> None:
    assert found["scored"] == 20
    assert set(found["controls"]) == {"random", "largest", "params"}
    assert set(found["truth"]) == {"found", "random", "largest", "params"}
    space, table = get_space("gpt2", "own"), load_table("gpt2-own")
    params = [space.parameter_counts(record.architecture)["total"] for record in table.records]
    fits = [i for i, number in enumerate(params) if number <= 1_200_000]
    assert 0 < len(fits) < table.n
    largest = max(fits, key=lambda i: params[i])
    quality = table.oriented
    assert found["truth"]["largest"]["quality"] == pytest.approx(quality[largest], abs=1e-6)
    assert found["truth"]["largest"]["regret"] == pytest.approx(quality[fits].max() - quality[largest], abs=1e-6)
    share = np.mean(quality[fits] < quality[largest]) + np.mean(quality[fits] == quality[largest]) / 2
    assert found["truth"]["largest"]["percentile"] == pytest.approx(100 * share, abs=1e-3)


def test_nothing_on_the_front_is_beaten(found: dict[str, Any]) -> None:
    params = [row["costs"]["params"] for row in found["front"]]
    assert params == sorted(params, reverse=True)
    assert found["front"][0] == found["best"][0]
    assert all(set(row["costs"]) == set(COUNTED) for row in found["front"])


def test_jobs_change_nothing_and_the_files_are_there(found: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert command(["search", *SMALL, "--jobs", "2", "--output", str(path)]) == 0
    again = json.loads((path / "result.json").read_text())
    assert {k: v for k, v in again.items() if k not in ("run", "seconds")} == {
        k: v for k, v in found.items() if k not in ("run", "seconds")
    }
    for row in again["best"]:
        folder = (path / row["config"]).parent
        architecture = Architecture.from_json(json.loads((folder / "architecture.json").read_text()))
        assert architecture.digest == row["key"]
    assert len((path / "front.csv").read_text().splitlines()) == 1 + len(again["front"])


def test_a_search_that_was_killed_goes_on_to_the_same_result(found: dict[str, Any], tmp_path: Path) -> None:
    finished, config = SearchRunFolder.open(Path(found["run"]), SearchConfig)
    run, setting = SearchRunFolder.create(tmp_path / "run", config), prepare(config)
    with pytest.raises(KeyboardInterrupt):
        execute(run, setting, engine=Serial(), watch=until(8))
    kept = (tmp_path / "run" / "scored.jsonl").read_text()
    (tmp_path / "run" / "scored.jsonl").write_text(kept + '{"architecture": {"spa')
    document = execute(run, setting, engine=Serial(), watch=unwatched).to_json()
    for key in ("best", "front", "controls", "truth", "scored", "statuses"):
        assert document[key] == found[key]
    assert len(finished.kept(2)) == len(run.kept(2))


def test_a_search_whose_time_was_over_goes_on_to_the_same_result(tmp_path: Path) -> None:
    words = [
        "search",
        "--table",
        "gpt2-own",
        "--proxy",
        "params",
        "--budget",
        "0.001s",
        "--batch",
        "1",
        "--tokens",
        "4",
    ]
    path = tmp_path / "run"
    assert command([*words, "--jobs", "1", "--output", str(path), "--json"]) == 0
    before = json.loads((path / "result.json").read_text())
    (path / "result.json").unlink()
    assert command(["search", "--resume", str(path), "--jobs", "1"]) == 0
    after = json.loads((path / "result.json").read_text())
    assert before["scored"] == 8
    assert {k: v for k, v in after.items() if k != "seconds"} == {k: v for k, v in before.items() if k != "seconds"}


def test_of_equal_scores_the_front_has_the_cheapest(tmp_path: Path) -> None:
    words = ["search", "--table", "gpt2-own", "--proxy", "depth", "--samples", "60", "--jobs", "1"]
    assert command([*words, "--output", str(tmp_path / "run"), "--json"]) == 0
    front = json.loads((tmp_path / "run" / "result.json").read_text())["front"]
    scores = [row["score"] for row in front]
    assert len(set(scores)) == len(scores)


def test_a_damaged_score_is_named(tmp_path: Path, found: dict[str, Any]) -> None:
    _, config = SearchRunFolder.open(Path(found["run"]), SearchConfig)
    run = SearchRunFolder.create(tmp_path / "run", config)
    (line, *_) = (Path(found["run"]) / "scored.jsonl").read_text().splitlines()
    (tmp_path / "run" / "scored.jsonl").write_text(line + "\n")
    assert len(run.kept(2)) == 1
    good = json.loads(line)
    texts = ['{"architecture": 3}', json.dumps({**good, "status": "strange"}), json.dumps({**good, "status": "failed"})]
    wrong = ([1.0], [1.0, 2.0, 3.0], [1.0, None], [1.0, True], [1.0, float("nan")], [1.0, 10**400])
    texts += [json.dumps({**good, "scores": scores}) for scores in wrong]
    for text in texts:
        (tmp_path / "run" / "scored.jsonl").write_text(text + "\n")
        with pytest.raises(InputError, match=r"scored\.jsonl, line 1: expected a scored architecture"):
            run.kept(2)
    for value in ("NaN", "1e999", "10" * 200):
        (tmp_path / "run" / "costs.jsonl").write_text(
            f'{{"model": "m", "cost": "latency", "value": {value}, "interval": null}}\n'
        )
        with pytest.raises(InputError, match=r"costs\.jsonl, line 1: expected a measured cost"):
            run.kept_costs()
    (tmp_path / "run" / "searched.json").write_text('{"scored": 0}')
    with pytest.raises(InputError, match="expected the number of scored architectures"):
        run.kept_end()


def test_what_went_wrong_is_kept_with_the_scores(tmp_path: Path, found: dict[str, Any]) -> None:
    _, config = SearchRunFolder.open(Path(found["run"]), SearchConfig)
    run = SearchRunFolder.create(tmp_path / "run", config)
    architecture = load_table("gpt2-own").records[0].architecture
    scored = [Scored(architecture, (1.0, 2.0)), Scored(architecture, (None, None), "timeout")]
    run.keep(scored)
    assert run.kept(2) == scored


def test_costs_that_another_process_measured_meanwhile_are_taken(tmp_path: Path, found: dict[str, Any]) -> None:
    _, config = SearchRunFolder.open(Path(found["run"]), SearchConfig)
    run = SearchRunFolder.create(tmp_path / "run", config)
    setting = prepare(config, run)
    measured = CostValue(0.5, (0.4, 0.6))
    # between the look at the folder and the lock
    run.keep_cost("model", "latency", measured)
    keep_costs(run, setting)
    assert setting.costs.cache["model", "latency"] == measured


def test_a_search_that_another_process_ended_meanwhile_is_not_done_again(
    tmp_path: Path, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, config = SearchRunFolder.open(Path(found["run"]), SearchConfig)
    run, ended = SearchRunFolder.create(tmp_path / "run", config), iter([None, found])
    monkeypatch.setattr(SearchRunFolder, "read_result", lambda _: next(ended))
    assert execute(run, prepare(config), engine=Serial(), watch=unwatched) is found


def test_worth_is_the_mean_rank_in_each_direction() -> None:
    space, rng = get_space("gpt2", "own"), np.random.default_rng(0)
    architectures = [space.sample(rng) for _ in range(6)]
    scores = rng.normal(size=(6, 2))
    ledger = Ledger(space, (True, False))
    ledger.add([Scored(a, tuple(s)) for a, s in zip(architectures, scores.tolist(), strict=True)])
    wanted = (stats.rankdata(scores[:, 0]) + stats.rankdata(-scores[:, 1])) / 2
    assert [ledger.worth(a) for a in architectures] == wanted.tolist()
    assert ledger.best(1)[0].architecture == architectures[int(np.argmax(wanted))]
    failed = space.sample(rng)
    ledger.add([Scored(failed, (1.0, None))])
    assert ledger.worth(failed) < min(ledger.worth(a) for a in architectures)
    assert failed not in [s.architecture for s in ledger.best(10)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--space", "flexibert"], 2, "--proxy is missing"),
        (["--proxy", "params"], 2, "--space is missing"),
        (["--space", "gpt2", "--proxy", "nothing"], 2, "unknown proxy"),
        (["--space", "flexibert", "--table", "gpt2-own", "--proxy", "params"], 2, "is of space gpt2"),
        (["--table", "gpt2-own", "--protocol", "lts", "--proxy", "params"], 2, "was measured on other models"),
        (["--space", "gpt2", "--proxy", "params", "--max-params", "many"], 2, "expected a number such as 20M"),
        (["--space", "gpt2", "--proxy", "params", "--max-params", "0"], 2, "--max-params: expected more than 0"),
        (["--space", "gpt2", "--proxy", "params", "--samples", "0"], 2, "--samples"),
        (["--space", "gpt2", "--proxy", "params", "--max-params", "5"], 4, "the binding limit is --max-params 5"),
        (["--space", "gpt2", "--proxy", "params", "--max-latency", "soon"], 2, "expected a time such as"),
        (["--space", "gpt2", "--proxy", "params", "--max-memory", "much"], 2, "expected a size such as 80MB"),
        (["--space", "gpt2", "--proxy", "params", "--max-latency", "0"], 2, "--max-latency: expected more than 0"),
        (["--space", "gpt2", "--proxy", "params", "--verify", "1"], 2, "--verify: expected at least 2"),
        (["--space", "gpt2", "--proxy", "params", "--verify", "2"], 2, "--space gpt2 --protocol own"),
        (["--space", "gpt2", "--protocol", "own", "--proxy", "params", "--verify", "2"], 3, "give --corpus and"),
        (["--model", "nowhere", "--proxy", "params"], 2, "expected the folder of a checkpoint, found none"),
        (["--model", ".", "--space", "gpt2", "--proxy", "params"], 2, "--model is a space of its own"),
        (["--space", "no/such.toml", "--proxy", "params"], 2, "no/such.toml"),
        (["--resume", "nowhere"], 2, "expected the folder of a run"),
        (["--resume", "nowhere", "--samples", "3"], 2, "has no effect beside --resume"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(["search", *arguments]) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert not (tmp_path / "runs").exists()


def test_a_search_without_a_score_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--space", "gpt2", "--protocol", "own", "--proxy", "text_loss", "--samples", "2"]
    few = ["--batch", "1", "--tokens", "4", "--jobs", "1", "--output", str(tmp_path / "run")]
    assert command(["search", *words, *few]) == 4
    said = "lpzero: error: no proxy could score what fits the limits: "
    assert f"{said}the loss on text says something of trained causal models alone\n" in capsys.readouterr().err
    # whoever goes on finds the statuses that were kept
    assert command(["search", "--resume", str(tmp_path / "run")]) == 4
    assert f"{said}found failed\n" in capsys.readouterr().err
