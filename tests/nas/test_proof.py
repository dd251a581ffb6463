"""Proof by training: the statistics against scipy, and a small one from end to end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.cli.main import run as command
from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.engines import Engine, Serial
from lpzero.errors import InputError, MissingError, NoResultError
from lpzero.nas import proof as module
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.pool import ClosedPool, OpenPool
from lpzero.nas.proof import Proof, compared, drawn_for_proof, prepare_proof, prove
from lpzero.progress import Progress, unwatched
from lpzero.spaces import get_space
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.scale import Scale, recipe

SPACE = get_space("gpt2", "own")


def test_the_intervals_are_those_of_t() -> None:
    rng = np.random.default_rng(0)
    found, random = rng.normal(2.0, 0.1, 8), rng.normal(2.2, 0.2, 8)
    result = compared({"found": found.tolist(), "random": random.tolist(), "largest": [2.05]})
    apart = found - random
    half = stats.t.ppf(0.975, 7) * apart.std(ddof=1) / np.sqrt(8)
    assert result["random"].mean == pytest.approx(apart.mean(), abs=1e-6)
    assert result["random"].interval == pytest.approx([apart.mean() - half, apart.mean() + half], abs=1e-5)
    assert result["random"].interval != result["random"].unpaired_interval
    half = stats.t.ppf(0.975, 7) * found.std(ddof=1) / np.sqrt(8)
    middle = found.mean() - 2.05
    assert result["largest"].mean == pytest.approx(middle, abs=1e-6)
    assert result["largest"].interval == pytest.approx([middle - half, middle + half], abs=1e-5)


def test_what_is_drawn_beside_is_another_and_fits() -> None:
    rng = np.random.default_rng(1)
    pool = OpenPool(Costs(SPACE), CostLimits({"params": 500_000}))
    found = [a for a in (pool.sample(rng, set()) for _ in range(8)) if a is not None]
    drawn = drawn_for_proof(pool, 8, found, rng)
    assert len({SPACE.model_key(a) for a in [*found, *drawn]}) == 16
    assert all(SPACE.parameter_counts(a)["total"] <= 500_000 for a in drawn)
    few = ClosedPool(Costs(SPACE), tuple(found), CostLimits({}))
    assert len(drawn_for_proof(few, 8, found[:5], rng)) == 3


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Proof:
    """A recipe of a few steps on a small text, in place of the bundled table's."""
    text = tmp_path / "text.txt"
    text.write_text("a cat sat on the mat. " * 60)
    source = CorpusFiles(text, text, "bytes")
    corpus = read_corpus(text, validation=text)
    scale = Scale(steps=10, batch=2, length=8, learning_rate=1e-3)
    proof = Proof("gpt2-own", replace(recipe("gpt2", "causal", corpus, scale), validation_sequences=4), source)
    monkeypatch.setattr("lpzero.nas.setting.prepare_proof", lambda *_: proof)
    return proof


def test_found_random_and_largest_are_trained_once_each(short: Proof, tmp_path: Path) -> None:
    words = ["search", "--space", "gpt2", "--protocol", "own", "--proxy", "params", "--max-params", "300k", "--samples"]
    words += ["12", "--verify", "3", "--jobs", "1", "--output", str(tmp_path / "run"), "--json"]
    assert command(words) == 0
    document: dict[str, Any] = json.loads((tmp_path / "run" / "result.json").read_text())
    proof = document["proof"]
    assert [len(proof["losses"][name]) for name in ("found", "random", "largest")] == [3, 3, 1]
    keys = {row["key"] for group in proof["losses"].values() for row in group}
    files = {path.stem for path in (tmp_path / "run" / "trainings").glob("*.json")}
    assert files == {key[:16] for key in keys}
    losses = {name: [row["loss"] for row in group] for name, group in proof["losses"].items()}
    assert proof["means"]["found"] == pytest.approx(np.mean(losses["found"]), abs=1e-6)
    assert proof["difference"] == {name: one.to_json() for name, one in compared(losses).items()}
    assert [row["key"] for row in proof["losses"]["found"]] == [row["key"] for row in document["best"][:3]]


def test_trainings_that_are_there_are_not_done_again(short: Proof, tmp_path: Path, processes: Engine) -> None:
    rng = np.random.default_rng(2)
    groups = {name: [SPACE.sample(rng) for _ in range(n)] for name, n in (("found", 2), ("random", 2), ("largest", 1))}
    counted: list[tuple[int, int]] = []

    def watch(progress: Progress) -> None:
        assert progress.step == "training"
        done, total = progress.facts.removesuffix(" trainings").split("/")
        counted.append((int(done), int(total)))

    run = SearchRunFolder(tmp_path / "run")
    first = prove(run, SPACE, short, groups, engine=Serial(), watch=watch)
    assert counted[0] == (0, 5)
    counted.clear()
    assert prove(run, SPACE, short, groups, engine=processes, watch=watch) == first
    assert counted == [(5, 5)]


def test_too_few_losses_are_no_result(short: Proof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    one, other, third = (SPACE.sample(rng) for _ in range(3))
    few = {"found": [one], "random": [other, third], "largest": [one]}
    groups = {"found": [one, other], "random": [one, other], "largest": [third]}

    with pytest.raises(NoResultError, match="too few to compare: 1 found and 2 random ones"):
        prove(SearchRunFolder(tmp_path / "run"), SPACE, short, few, engine=Serial(), watch=unwatched)
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(module, "read_training", lambda _: SimpleNamespace(loss=None, status="diverged"))
    with pytest.raises(NoResultError, match="too few trainings ended with a loss"):
        prove(SearchRunFolder(tmp_path / "run"), SPACE, short, groups, engine=Serial(), watch=unwatched)


def test_a_training_without_a_loss_takes_its_pair_along() -> None:
    result = compared({"found": [1.0, None, 1.2, 1.4], "random": [2.0, 9.0, 2.3, None], "largest": [1.5]})
    half = stats.t.ppf(0.975, 1) * np.std([-1.0, -1.1], ddof=1) / np.sqrt(2)
    assert result["random"].mean == pytest.approx(-1.05)
    assert result["random"].interval == pytest.approx([-1.05 - half, -1.05 + half], abs=1e-5)


def test_a_search_without_a_proof_keeps_its_result(
    short: Proof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoResultError("too few trainings ended with a loss")

    monkeypatch.setattr("lpzero.nas.report.prove", refuse)
    words = ["search", "--space", "gpt2", "--protocol", "own", "--proxy", "params", "--samples", "8", "--verify", "2"]
    assert command([*words, "--jobs", "1", "--output", str(tmp_path / "run"), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["proof"] is None
    assert "no proof: too few trainings" in captured.err


def test_a_corpus_of_another_text_and_a_space_without_recipe_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("another text " * 1000)
    with pytest.raises(InputError, match=r"`corpus`: expected the text of gpt2-own, SHA-256 [0-9a-f]{16}"):
        prepare_proof(SPACE, str(text), str(text))
    with pytest.raises(InputError, match=r"bundled table: expected .*`space` gpt2 `protocol` own.* found gpt2, protoc"):
        prepare_proof(get_space("gpt2"), str(text), str(text))
    with pytest.raises(MissingError, match="give `corpus` and `validation`"):
        prepare_proof(SPACE, "", "")
    assert module.LEVEL == 0.95
