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
from lpzero.fitness.noise import Noise
from lpzero.metrics import METRICS
from lpzero.nas import proof as module
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.pool import ClosedPool, OpenPool
from lpzero.nas.proof import (
    Proof,
    chosen_by_count,
    compared,
    drawn_for_proof,
    less_one,
    prepare_proof,
    prove,
    table_noise,
)
from lpzero.progress import Progress, unwatched
from lpzero.proxy.score import shape_of
from lpzero.proxy.yardstick import strongest_count
from lpzero.spaces import Architecture, get_space
from lpzero.tables import load_table
from lpzero.tables.locate import bundled_folder
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.scale import Scale, recipe

SPACE = get_space("gpt2", "own")
NOISE = Noise(0.05, (0.04, 0.07), 24, 24, np.array([0.05, -0.05]), None)
NUMBERS = {"found": 2, "random": 2, "largest": 1, "count": 2}


def test_the_intervals_are_those_of_t() -> None:
    rng = np.random.default_rng(0)
    found, random = rng.normal(2.0, 0.1, 8), rng.normal(2.2, 0.2, 8)
    count = rng.normal(2.1, 0.1, 6)
    losses = {"found": found.tolist(), "random": random.tolist(), "largest": [2.05], "count": count.tolist()}
    result = compared(losses, NOISE)
    apart = found - random
    half = stats.t.ppf(0.975, 7) * apart.std(ddof=1) / np.sqrt(8)
    assert result["random"].mean == pytest.approx(apart.mean(), abs=1e-6)
    assert result["random"].interval == pytest.approx([apart.mean() - half, apart.mean() + half], abs=1e-5)
    assert result["random"].interval != result["random"].unpaired_interval
    assert result["largest"].mean == pytest.approx(found.mean() - 2.05, abs=1e-6)
    assert result["largest"].interval == less_one(found, 2.05, NOISE)
    welch = stats.ttest_ind(found, count, equal_var=False).confidence_interval(0.95)
    assert result["count"].interval == pytest.approx([welch.low, welch.high], abs=1e-6)
    assert compared({**losses, "count": [2.0]}, NOISE).keys() == {"random", "largest"}


def test_a_single_training_has_the_noise_of_its_table() -> None:
    """By hand: variances add up, and the degrees of freedom are those of Satterthwaite."""
    found = np.array([1.0, 1.1, 0.9, 1.2])
    of_mean, of_one = found.var(ddof=1) / 4, 0.05**2
    freedom = (of_mean + of_one) ** 2 / (of_mean**2 / 3 + of_one**2 / 24)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(of_mean + of_one)
    assert less_one(found, 1.5, NOISE) == pytest.approx([-0.45 - half, -0.45 + half], abs=1e-6)
    # a training without noise leaves the interval of the mean
    sure = replace(NOISE, deviation=0.0)
    single = stats.ttest_1samp(found, 1.5).confidence_interval(0.95)
    assert less_one(found, 1.5, sure) == pytest.approx([single.low - 1.5, single.high - 1.5], abs=1e-6)
    assert less_one(found, 1.5, None) is None
    wide, narrow = (np.ptp(less_one(found, 1.5, one) or []) for one in (replace(NOISE, deviation=0.2), sure))
    assert wide > narrow


def test_the_noise_and_the_strongest_count_are_those_of_the_card() -> None:
    """The card of the bundled table has both."""
    card = json.loads((bundled_folder("gpt2-own") / "card.json").read_text())["figures"]
    noise = table_noise("gpt2-own")
    assert noise is not None
    assert (noise.deviation, noise.freedom) == (pytest.approx(card["noise"]["sd"], abs=1e-6), card["noise"]["freedom"])
    best = max(card["baselines"], key=lambda name: card["baselines"][name]["tau_a"])
    table = load_table("gpt2-own")
    assert strongest_count(SPACE, [record.architecture for record in table.records], table.oriented).what == best


def test_a_count_in_the_place_of_the_proxy_finds_what_it_ranks_first() -> None:
    pool = OpenPool(Costs(SPACE), CostLimits({"params": 500_000}))
    found = chosen_by_count(pool, "width", 60, 4, np.random.default_rng(0))
    assert len({SPACE.model_key(one) for one in found}) == 4
    widths = [SPACE.width(one) for one in found]
    assert widths == sorted(widths, reverse=True)
    drawn = [pool.sample(np.random.default_rng(seed), set()) for seed in range(30)]
    assert min(widths) > np.median([SPACE.width(one) for one in drawn if one is not None])
    assert all(SPACE.parameter_counts(one)["total"] <= 500_000 for one in found)


@pytest.mark.parametrize("count", ["width", "params", "depth_then_hidden", "width_then_shallow"])
def test_a_count_that_may_look_at_all_finds_the_best_within_the_limits(count: str) -> None:
    rng = np.random.default_rng(4)
    drawn = {SPACE.model_key(one): one for one in (SPACE.sample(rng) for _ in range(70))}
    pool = ClosedPool(Costs(SPACE), tuple(drawn.values()), CostLimits({"params": 900_000}))

    def worth(architecture: Architecture) -> float:
        metric = METRICS[count]
        return (1 if metric.higher_is_better else -1) * metric.score_shape(shape_of(SPACE, architecture))

    fitting = [one for one in drawn.values() if SPACE.parameter_counts(one)["total"] <= 900_000]
    assert 10 < len(fitting) < len(drawn)
    found = chosen_by_count(pool, count, 1000, 5, np.random.default_rng(0))
    assert [worth(one) for one in found] == sorted(map(worth, fitting), reverse=True)[:5]
    # it may look at so many and no more
    assert len(chosen_by_count(pool, count, 9, 50, np.random.default_rng(0))) == 9


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
    made = replace(recipe("gpt2", "causal", corpus, scale), validation_sequences=4)
    proof = Proof("gpt2-own", made, source, NOISE, "width")
    monkeypatch.setattr("lpzero.nas.setting.prepare_proof", lambda *_: proof)
    return proof


def test_every_group_is_trained_once_each(short: Proof, tmp_path: Path) -> None:
    words = ["search", "--space", "gpt2", "--protocol", "own", "--proxy", "params", "--max-params", "300k", "--samples"]
    words += ["12", "--verify", "3", "--jobs", "1", "--output", str(tmp_path / "run"), "--json"]
    assert command(words) == 0
    document: dict[str, Any] = json.loads((tmp_path / "run" / "result.json").read_text())
    proof = document["proof"]
    assert [len(proof["losses"][name]) for name in ("found", "random", "largest", "count")] == [3, 3, 1, 3]
    assert (proof["noise"], proof["count"]) == (NOISE.deviation, "width")
    keys = {row["key"] for group in proof["losses"].values() for row in group}
    files = {path.stem for path in (tmp_path / "run" / "trainings").glob("*.json")}
    assert files == {key[:16] for key in keys}
    losses = {name: [row["loss"] for row in group] for name, group in proof["losses"].items()}
    assert proof["means"]["found"] == pytest.approx(np.mean(losses["found"]), abs=1e-6)
    assert proof["difference"] == {name: one.to_json() for name, one in compared(losses, NOISE).items()}
    assert [row["key"] for row in proof["losses"]["found"]] == [row["key"] for row in document["best"][:3]]


def test_trainings_that_are_there_are_not_done_again(short: Proof, tmp_path: Path, processes: Engine) -> None:
    rng = np.random.default_rng(2)
    groups = {name: [SPACE.sample(rng) for _ in range(n)] for name, n in NUMBERS.items()}
    counted: list[tuple[int, int]] = []

    def watch(progress: Progress) -> None:
        assert progress.step == "training"
        done, total = progress.facts.removesuffix(" trainings").split("/")
        counted.append((int(done), int(total)))

    run = SearchRunFolder(tmp_path / "run")
    first = prove(run, SPACE, short, groups, engine=Serial(), watch=watch)
    assert counted[0] == (0, 7)
    counted.clear()
    assert prove(run, SPACE, short, groups, engine=processes, watch=watch) == first
    assert counted == [(7, 7)]


def test_too_few_losses_are_no_result(short: Proof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    one, other, third = (SPACE.sample(rng) for _ in range(3))
    few = {"found": [one], "random": [other, third], "largest": [one], "count": [one]}
    groups = {"found": [one, other], "random": [one, other], "largest": [third], "count": [one, third]}

    with pytest.raises(NoResultError, match="too few to compare: 1 found and 2 random ones"):
        prove(SearchRunFolder(tmp_path / "run"), SPACE, short, few, engine=Serial(), watch=unwatched)
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(module, "read_training", lambda _: SimpleNamespace(loss=None, status="diverged"))
    with pytest.raises(NoResultError, match="too few trainings ended with a loss"):
        prove(SearchRunFolder(tmp_path / "run"), SPACE, short, groups, engine=Serial(), watch=unwatched)


def test_a_training_without_a_loss_takes_its_pair_along() -> None:
    result = compared({"found": [1.0, None, 1.2, 1.4], "random": [2.0, 9.0, 2.3, None], "largest": [1.5]}, NOISE)
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
