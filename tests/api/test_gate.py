"""``lpzero.gate``: labels of a table, of a file and of a kept predictor say the same, and its command likewise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero import fit_predictor, gate, get_space, load_table
from lpzero.errors import InputError
from lpzero.predictors.gate.result import GateResult

SPACE: dict[str, Any] = {"space": "gpt2", "protocol": "own", "direction": "lower"}


@pytest.fixture(scope="module")
def records() -> list[Any]:
    return list(load_table("gpt2-own").records)


@pytest.fixture
def mine(tmp_path: Path, records: list[Any]) -> Path:
    path = tmp_path / "mine.jsonl"
    rows = [{"architecture": r.architecture.to_json(), "quality": r.quality} for r in records[:20]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def two(tmp_path: Path, records: list[Any]) -> tuple[Path, Path]:
    paths = tmp_path / "base.json", tmp_path / "candidate.json"
    for path, record in zip(paths, records[30:32], strict=True):
        path.write_text(json.dumps({"protocol": "own", "architecture": record.architecture.to_json()}))
    return paths


def test_a_file_and_a_kept_predictor_say_the_same(
    mine: Path, two: tuple[Path, Path], tmp_path: Path, quietly: Callable[[Callable[[], Any]], Any]
) -> None:
    kept = tmp_path / "ridge.json"
    fit_predictor(mine, output=kept, features=["spec", "shape"], noise=0.01, **SPACE)
    found: GateResult = quietly(lambda: gate(*two, labels=mine, features=["spec", "shape"], noise=0.01, **SPACE))
    assert found.status == "ok"
    assert found.probability is not None
    assert 0 < found.probability < 1
    assert (found.labels, found.noise) == (20, 0.01)
    assert gate(*two, predictor=kept) == found
    turned = gate(*reversed(two), predictor=kept).probability
    assert turned == pytest.approx(1 - found.probability, abs=2e-6)


def test_a_table_knows_its_noise_and_what_it_trained(records: list[Any]) -> None:
    base, candidate = (record.architecture for record in records[:2])
    told = {"table": "gpt2-own", "features": "spec", "number": 40}
    found = gate(base, candidate, **told)
    assert found.noise == pytest.approx(0.008229, abs=1e-6)
    labelled = gate(base, candidate, table="gpt2-own", features="spec")
    # both are among the labels of the whole table
    assert (labelled.base.source, labelled.base.value) == ("label", pytest.approx(records[0].quality))
    assert labelled.probability is not None
    assert (labelled.probability > 0.5) == (records[1].quality < records[0].quality)


def test_after_training_the_seeds_decide_without_labels(two: tuple[Path, Path]) -> None:
    found = gate(*two, direction="lower", base_quality=[1.9], candidate_quality=[1.85], noise=0.01)
    assert found.gain is not None
    assert (found.gain.verdict, found.gain.more_seeds, found.space, found.protocol) == ("better", 0, "gpt2", "own")
    silent = gate(*two, direction="lower", base_quality=[1.9], candidate_quality=[1.85])
    assert silent.status == "cannot_say"
    table = gate(*two, table="gpt2-own", base_quality=[1.9], candidate_quality=[1.899])
    assert table.gain is not None
    assert (table.gain.verdict, table.gain.freedom) == ("undecided", 24)


def test_what_is_unlike_all_labels_is_not_guessed(tmp_path: Path, two: tuple[Path, Path], records: list[Any]) -> None:
    shallow = sorted(records, key=lambda record: len(record.architecture.layers))
    path = tmp_path / "shallow.jsonl"
    rows = [{"architecture": r.architecture.to_json(), "quality": r.quality} for r in shallow[:20]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = gate(shallow[21].architecture, shallow[-1].architecture, labels=path, features="shape", **SPACE)
    assert (found.status, found.probability, found.candidate.status) == ("cannot_say", None, "extrapolated")
    assert found.reason is not None
    assert found.reason.startswith("the candidate is unlike all labels: log depth: ")


def test_what_does_not_fit_is_refused_in_a_line(mine: Path, two: tuple[Path, Path], tmp_path: Path) -> None:
    base, candidate = two
    foreign = get_space("flexibert", "own").sample(np.random.default_rng(0))
    kept = tmp_path / "ridge.json"
    fit_predictor(mine, output=kept, features="spec", **SPACE)
    prompt = tmp_path / "prompt.json"
    fit_predictor(mine, output=prompt, predictor="llm", **SPACE)
    other = tmp_path / "other.json"
    document = json.loads(base.read_text())
    other.write_text(json.dumps({**document, "protocol": "lts"}))
    asked: dict[str, Any] = {"labels": mine, "features": "spec", **SPACE}
    for first, second, given, message in (
        (base, candidate, {}, "expected a `table`, `labels` or a kept `predictor`; or `direction`"),
        (base, candidate, {"direction": "lower"}, "expected a `table`, `labels` or a kept `predictor`, or what both"),
        (base, candidate, {"direction": "up"}, "`direction`: expected higher or lower"),
        (base, candidate, {**asked, "table": "gpt2-own"}, "expected `labels` or a `table`, found both"),
        (base, candidate, {"predictor": prompt}, f"{prompt}: expected a kept ridge or gp, whose misses tell"),
        (base, candidate, {"predictor": kept, "table": "gpt2-own"}, f"{kept}: a kept predictor has its labels"),
        (base, candidate, {"predictor": tmp_path / "none.json"}, f"{tmp_path / 'none.json'}: no such file"),
        (base, tmp_path / "none.json", asked, f"{tmp_path / 'none.json'}: no such file"),
        (base, foreign, asked, "the architecture: "),
        (base, other, asked, f"{other}: expected the protocol own, found lts"),
        (base, candidate, {**asked, "noise": -1.0}, "`noise`: expected a standard deviation of at least 0"),
        (base, candidate, {**asked, "level": 2.0}, "`level`: expected a confidence level"),
        (base, candidate, {**asked, "base_quality": [float("nan")]}, "expected a finite quality a training"),
    ):
        with pytest.raises(InputError) as caught:
            gate(first, second, **given)
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)


def test_the_command_prints_the_result(
    mine: Path, two: tuple[Path, Path], printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    found = gate(*two, labels=mine, features="spec", device="cpu", **SPACE)
    words = [*map(str, two), "--labels", str(mine), "--features", "spec"]
    for name, value in SPACE.items():
        words += [f"--{name}", value]
    assert printed("gate", *words) == timeless(found.to_json())
