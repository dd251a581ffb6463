"""The file that goes out empty and comes back filled in: as it is, in part, in another order, or not as expected."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.acquisition.attempts_file import Line, read_attempts, suggested, write_attempts
from lpzero.acquisition.suggestion import LABELS, Suggestion
from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

PENDING = AttemptStatus.PENDING


@pytest.fixture
def written(tmp_path: Path, drawn: tuple[Architecture, ...]) -> Path:
    """A file with six suggestions."""
    path = tmp_path / "next.csv"
    lines = [
        suggested(Suggestion(one, 2.5, 2.0, 3.0, 0.25, LABELS), f"a{i}", Attempt(one, PENDING))
        for i, one in enumerate(drawn[:6])
    ]
    write_attempts(path, lines)
    return path


@pytest.fixture
def filled(written: Path) -> Callable[..., Path]:
    """Fills in cells of its lines, and may turn them round."""

    def fill(cells: dict[int, dict[str, str]], *, turned: bool = False) -> Path:
        with written.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for index, some in cells.items():
            rows[index] |= some
        with written.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0])[:: -1 if turned else 1])
            writer.writeheader()
            writer.writerows(rows[:: -1 if turned else 1])
        return written

    return fill


def read(path: Path, space: SearchSpace) -> list[Line]:
    return read_attempts(path, space, Tried(space))


def test_it_comes_back_as_it_went_out(written: Path, small: SearchSpace, drawn: tuple[Architecture, ...]) -> None:
    lines = read(written, small)
    assert [one.attempt for one in lines] == [Attempt(one, PENDING) for one in drawn[:6]]
    assert lines[0].said == {"by": "labels", "value": "2.5", "low": "2", "high": "3", "chance": "0.25"}
    before = written.read_bytes()
    write_attempts(written, lines)
    assert written.read_bytes() == before


def test_in_part_and_in_another_order(
    filled: Callable[..., Path], small: SearchSpace, drawn: tuple[Architecture, ...]
) -> None:
    path = filled(
        {1: {"quality": "2.25"}, 3: {"status": "diverged"}, 4: {"quality": "2.5", "status": "ok"}}, turned=True
    )
    found = {one.id: one.attempt for one in read(path, small)}
    assert list(found) == ["a5", "a4", "a3", "a2", "a1", "a0"]
    assert found["a1"] == Attempt(drawn[1], AttemptStatus.OK, 2.25)
    assert found["a3"] == Attempt(drawn[3], AttemptStatus.DIVERGED)
    assert found["a4"].quality == 2.5
    assert {name for name, one in found.items() if one.pending} == {"a0", "a2", "a5"}
    write_attempts(path, read(path, small))
    assert {one.id: one.attempt for one in read(path, small)} == found


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({2: {"quality": "good"}}, "line 4: quality: expected a finite number, found 'good'"),
        ({2: {"quality": "nan"}}, "line 4: quality: expected a finite number, found 'nan'"),
        ({2: {"status": "burnt"}}, "line 4: status: expected one of ok, pending, .* found 'burnt'"),
        ({2: {"status": "ok"}}, "line 4: expected a quality with the status ok, found none"),
        ({2: {"status": "failed", "quality": "2.5"}}, "line 4: expected no quality with the status failed, found 2.5"),
        ({2: {"architecture": ""}}, "line 4: 'architecture': expected a value, found an empty cell"),
        ({2: {"architecture": '{"space": "gpt2", "whole": {"d_model": 7}, "layers": []}'}}, "line 4: expected an arch"),
    ],
)
def test_what_is_not_as_expected_is_refused_with_its_line(
    filled: Callable[..., Path], small: SearchSpace, cells: dict[int, dict[str, str]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read(filled(cells), small)


def test_two_qualities_of_one_architecture_are_refused(
    filled: Callable[..., Path], small: SearchSpace, drawn: tuple[Architecture, ...]
) -> None:
    same = json.dumps(drawn[0].to_json())
    path = filled({0: {"quality": "2.25"}, 2: {"architecture": same, "quality": "2.5"}})
    with pytest.raises(InputError, match=r"line 4: expected the quality 2\.25, .* found the quality 2\.5: keep one"):
        read(path, small)
    # what another file said counts as well
    told = Tried(small).told([Attempt(drawn[1], AttemptStatus.FAILED)])
    with pytest.raises(InputError, match="line 3: expected the status failed"):
        read_attempts(filled({0: {}, 1: {"quality": "2"}, 2: {}}), small, told)


def test_json_lines_and_columns_of_the_space_do_as_well(
    tmp_path: Path, small: SearchSpace, drawn: tuple[Architecture, ...]
) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [
        {"architecture": drawn[0].to_json(), "loss": 2.5, "status": None},
        {"architecture": drawn[1].to_json(), "loss": None, "status": "killed"},
        {"architecture": drawn[2].to_json(), "loss": None, "status": None},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    found = [one.attempt.status.value for one in read_attempts(path, small, Tried(small), quality="loss")]
    assert found == ["ok", "killed", "pending"]
    for name in ("status", "value"):
        with pytest.raises(InputError, match="expected a column of its own for the quality"):
            read_attempts(path, small, Tried(small), quality=name)


def test_a_column_that_nobody_knows_is_refused(written: Path, small: SearchSpace) -> None:
    written.write_text(written.read_text().replace("chance", "luck"))
    with pytest.raises(InputError, match="found the unknown column 'luck'"):
        read(written, small)
