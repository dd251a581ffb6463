"""``lpzero.distill_predictor``: a student that is kept, from a kept predictor, a proxy or a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero import distill_predictor, evaluate_predictor, fit_predictor, load_table, predict
from lpzero.errors import InputError
from lpzero.llm import Access, Endpoint
from lpzero.predictors.prompted import Asking
from lpzero.predictors.result import DistillResult
from lpzero.result import read_result
from tests.llm.server import Server, says

SMALL: dict[str, Any] = {"student": "boosting", "number": 150, "held_out": 30, "device": "cpu"}


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "ridge.json"
    fit_predictor(table="hat-mt-wmt14ende", number=12, features="spec", output=path)
    return path


@pytest.fixture(scope="module")
def student(ridge: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DistillResult]:
    path = tmp_path_factory.mktemp("student") / "student.json"
    return path, distill_predictor(ridge, output=path, **SMALL)


def test_it_says_what_was_taught(student: tuple[Path, DistillResult], ridge: Path) -> None:
    path, result = student
    assert (result.predictor, result.teacher, result.space, result.direction) == (
        *("distilled ridge", "ridge"),
        *("hat-mt", "higher"),
    )
    assert (result.learnt, result.left_out, result.held_out, result.features) == (150, 0, 30, ["spec"])
    assert result.sure < 150
    assert read_result(DistillResult, result.to_json(), "x", of="a distillation", remedy="again") == result
    said = predict(path, table="hat-mt-wmt14ende").rows
    taught = {row.id: row for row in predict(ridge, table="hat-mt-wmt14ende").rows}
    assert {row.source for row in said} == {"distilled ridge"}
    for row in said:
        assert row.value == pytest.approx(taught[row.id].value, abs=1.0)


def test_deep_decoders_are_beyond_what_the_teacher_knows(student: tuple[Path, DistillResult]) -> None:
    from lpzero.predictors.distilled import draw_pool
    from lpzero.spaces import get_space

    pool = draw_pool(get_space("hat-mt"), 200, 5)
    rows = predict(student[0], pool).rows
    deep = [row for one, row in zip(pool, rows, strict=True) if one.depth >= 6 + 4]
    assert len(deep) > 50
    assert {row.status for row in deep} == {"extrapolated"}
    assert {row.status for row in rows} == {"ok", "extrapolated"}


def test_it_is_judged_on_what_its_teacher_was_not_fitted_to(student: tuple[Path, DistillResult]) -> None:
    result = evaluate_predictor("hat-mt-wmt14ende", student[0], features="spec", device="cpu")
    assert (result.labels, result.splits, result.rows[0].predictor) == (12, 1, "distilled ridge")
    assert result.rows[0].tau_a.mean is not None
    assert result.rows[0].coverage.mean is None


@pytest.mark.slow
def test_by_name_it_is_taught_in_each_draw() -> None:
    given: dict[str, Any] = {"labels": 12, "splits": 1, "features": "spec", "device": "cpu", "student": "boosting"}
    rows = evaluate_predictor("hat-mt-wmt14ende", "distilled", number=150, **given).rows
    assert rows[0].predictor == "distilled ridge"
    assert rows[0].mae.mean is not None


def test_a_file_of_architectures_teaches(ridge: Path, tmp_path: Path) -> None:
    records = load_table("hat-mt-wmt14ende").records
    some = [one.architecture for one in records]
    result = distill_predictor(ridge, some + some, output=tmp_path / "s.json", student="boosting", device="cpu")
    # each once, a sixth of them held out
    assert (result.learnt, result.held_out) == (25, 5)


@pytest.mark.slow
def test_a_proxy_teaches_without_labels(tmp_path: Path) -> None:
    result = distill_predictor("params", space="gpt2", protocol="own", output=tmp_path / "s.json", **SMALL)
    assert (result.teacher, result.direction, result.sure) == ("params", "higher", 150)
    assert result.agreement.support is None
    assert result.agreement.tau_a > 0.8  # type: ignore[operator]


def test_a_language_model_teaches_and_what_it_cannot_tell_is_left_out(llm_server: Server, tmp_path: Path) -> None:
    llm_server.does(says("", refusal="no"), says("25.0"), says("25.4"))
    fit_predictor(table="hat-mt-wmt14ende", number=10, predictor="llm", output=tmp_path / "prompt.json")
    text = (tmp_path / "prompt.json").read_text()
    assert llm_server.address not in text
    assert not (tmp_path / "prompt.npz").exists()
    endpoint = Endpoint(llm_server.address, "m", key_variable=None, retries=0)
    asking = Asking(Access(endpoint, cache=tmp_path / "c.sqlite"))
    given = {**SMALL, "number": 12, "held_out": 0}
    result = distill_predictor(tmp_path / "prompt.json", output=tmp_path / "s.json", asking=asking, **given)
    assert (result.teacher, result.learnt, result.left_out) == ("llm", 11, 1)
    assert result.asked is not None
    assert result.asked.statuses == {"ok": 11, "refused": 1}
    # the same prompt says the same to whoever is asked next
    again = predict(tmp_path / "prompt.json", table="hat-mt-wmt14ende", asking=asking)
    assert again.asked is not None
    assert [row.source for row in again.rows].count("label") == 10
    assert {row.status for row in again.rows} <= {"ok", "extrapolated"}
    with pytest.raises(InputError, match="`endpoint` and `model` are missing"):
        predict(tmp_path / "prompt.json", table="hat-mt-wmt14ende")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"student": "forest"}, "`student`: expected mlp or boosting, found 'forest'"),
        ({"held_out": -1}, "`held_out`: expected at least 0"),
        ({"number": 1, "held_out": 0}, "`number`: expected from 2 to a million"),
        ({"teacher": "params"}, "`space` is missing"),
        ({"protocol": "wmt14ende"}, "`protocol` has no effect beside the file"),
        ({"architectures": load_table("gpt2-own").records[0].architecture}, "space is 'gpt2'"),
    ],
)
def test_wrong_use_is_refused(given: dict[str, Any], message: str, ridge: Path, tmp_path: Path) -> None:
    arguments = {**SMALL, "output": tmp_path / "s.json", "teacher": ridge, **given}
    if "architectures" in given:
        arguments |= {"architectures": [given["architectures"]] * 2, "number": None}
    with pytest.raises(InputError, match=message):
        distill_predictor(arguments.pop("teacher"), **arguments)
    assert not (tmp_path / "s.json").exists()
