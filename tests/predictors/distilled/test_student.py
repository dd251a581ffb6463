"""A student says what its teacher says, knows where the teacher was sure, and is read as it was kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError
from lpzero.predictors import Description, PredictionStatus, Source
from lpzero.predictors.distilled import BOOSTING, MLP, Student, draw_pool
from lpzero.predictors.kept.arrays import arrays_path, packed_arrays
from lpzero.predictors.store import read_predictor_document, restored, save
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@pytest.fixture(scope="module")
def pool(small: SearchSpace) -> tuple[Architecture, ...]:
    return draw_pool(small, 400, 0)


def taught(told: Source, teacher: Any, pool: tuple[Architecture, ...], kind: str = BOOSTING, **given: Any) -> Student:
    return Student.taught(kind, teacher, told, told.describe(pool), teacher.predict(pool), seed=0, **given)


@pytest.fixture(scope="module")
def students(told: Source, pool: tuple[Architecture, ...]) -> dict[str, Student]:
    from tests.predictors.distilled.conftest import Formula

    return {kind: taught(told, Formula(), pool[:300], kind, labels=pool[:2]) for kind in (MLP, BOOSTING)}


@pytest.mark.parametrize("kind", [MLP, BOOSTING])
def test_it_ranks_what_it_was_not_taught_as_its_teacher_does(
    kind: str, students: dict[str, Student], teacher: Callable[..., Any], pool: tuple[Architecture, ...]
) -> None:
    student, others = students[kind], pool[300:]
    said, wanted = student.predict(others), teacher().predict(others)
    inside = [i for i, one in enumerate(wanted) if one.in_support]
    values, truth = ([found[i].value for i in inside] for found in (said, wanted))
    assert stats.kendalltau(values, truth).statistic > 0.8
    assert (student.name, student.higher_is_better, student.in_unit) == ("distilled formula", False, True)
    # no interval: the teacher's would not hold for it
    assert all(one.low is None for one in said)


def test_it_is_sure_where_the_teacher_was(students: dict[str, Student], pool: tuple[Architecture, ...]) -> None:
    for one, said in zip(pool, students[BOOSTING].predict(pool), strict=True):
        if one.depth > 6:
            assert (said.in_support, said.status) == (False, PredictionStatus.EXTRAPOLATED)
            assert "the teacher was sure from" in said.reason
    assert sum(bool(said.in_support) for said in students[BOOSTING].predict(pool[:300])) > 100


def test_a_teacher_that_does_not_know_is_taken_for_sure(
    told: Source, teacher: Callable[..., Any], pool: tuple[Architecture, ...]
) -> None:
    student = taught(told, teacher(knows=False), pool[:100])
    assert all(one.in_support for one in student.predict(pool[:100]))


def test_what_the_teacher_cannot_tell_is_not_learnt(
    told: Source, teacher: Callable[..., Any], pool: tuple[Architecture, ...]
) -> None:
    narrow = sum(one["d_model"] <= 128 for one in pool[:100])
    assert taught(told, teacher(widest=128), pool[:100]).learnt == narrow
    for given, message in (
        ({"widest": 0}, "expected at least 2 architectures that formula has a value of, found 0: too wide"),
        ({"deepest": 0}, "expected architectures that are like the labels of formula, found none"),
    ):
        with pytest.raises(InputError, match=message):
            taught(told, teacher(**given), pool[:100])
    with pytest.raises(InputError, match="unknown student 'forest'"):
        taught(told, teacher(), pool[:100], "forest")


@pytest.mark.parametrize("kind", [MLP, BOOSTING])
def test_it_is_read_bit_for_bit_as_it_was_kept(
    kind: str, students: dict[str, Student], told: Source, pool: tuple[Architecture, ...], tmp_path: Path
) -> None:
    path = tmp_path / "student.json"
    save(path, students[kind], told)
    document = read_predictor_document(path)
    again = restored(path, document, told.space, lambda document, proxies: told)
    assert again.predict(pool) == students[kind].predict(pool)
    assert (document.predictor, document.features, len(document.labels)) == ("distilled", ["spec"], 2)
    assert (again.name, again.higher_is_better, again.in_unit) == ("distilled formula", False, True)


def test_another_schema_or_damaged_arrays_are_refused(
    students: dict[str, Student], told: Source, tmp_path: Path
) -> None:
    path = tmp_path / "student.json"
    save(path, students[BOOSTING], told)
    good = json.loads(path.read_text())
    arrays = students[BOOSTING].arrays()

    def refused(message: str, changed: dict[str, np.ndarray] | None = None, **fields: object) -> None:
        if changed is not None:
            content, fields["sha256"] = packed_arrays({**arrays, **changed})
            arrays_path(path).write_bytes(content)
        path.write_text(json.dumps({**good, **fields}))
        with pytest.raises(InputError, match=message):
            restored(path, read_predictor_document(path), told.space, lambda document, proxies: told)

    refused("kind: Input should be a valid string", kind=1)
    refused("is damaged .expected one of mlp, boosting", kind="forest")
    refused("is damaged .expected", columns=good["columns"][:-1])
    refused("is damaged .its checksum is another", sha256="0")
    refused("is damaged .expected design as finite numbers", {"design": arrays["design"][:1]})
    refused("is damaged .expected a scale above 0", {"scales": 0 * arrays["scales"]})
    refused("is damaged .*target", {"target": np.array([0.0, np.nan])})
    refused("is damaged .expected", {"whole": arrays["whole"][::-1]})
    refused("is damaged .*Object arrays cannot be loaded", {"ranges": np.array([{}], dtype=object)})


def test_one_that_cannot_be_described_has_no_value(
    students: dict[str, Student], pool: tuple[Architecture, ...]
) -> None:
    from dataclasses import replace

    class Holes:
        space = students[BOOSTING].source.space

        def describe(self, architectures: Any) -> list[Description]:
            return [Description(reason="out of order") for _ in architectures]

    (said,) = replace(students[BOOSTING], source=Holes()).predict(pool[:1])
    assert (said.value, said.status, said.reason) == (None, PredictionStatus.FAILED, "out of order")
