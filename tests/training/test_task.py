"""Trainings that are kept one by one: what is there is not done again, what failed is, another's file is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Fault, FaultStatus, Serial
from lpzero.errors import InputError, LpzeroError
from lpzero.files import PART
from lpzero.spaces import get_space
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.scale import Scale, recipe
from lpzero.training.task import TRIED_AGAIN, TrainingTask, read_training, train_missing
from lpzero.training.train import train

SPACE = get_space("gpt2", "own")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> CorpusFiles:
    """A short text."""
    path = tmp_path_factory.mktemp("corpus") / "text.txt"
    path.write_text("the cat sat on the mat. " * 60)
    return CorpusFiles(path, None, "bytes")


@pytest.fixture(scope="module")
def written(source: CorpusFiles) -> Recipe:
    """A recipe of ten small steps."""
    full = recipe("gpt2", "causal", read_corpus(source.corpus), Scale(10, 2, 8, 1e-3))
    return replace(full, validation_sequences=2, points=(5, 10))


def tasks_in(folder: Path, written: Recipe, number: int = 2) -> list[TrainingTask]:
    """Trainings of the smallest of some architectures."""
    rng = np.random.default_rng(0)
    drawn = sorted((SPACE.sample(rng) for _ in range(8)), key=lambda a: SPACE.parameter_counts(a)["total"])
    return [
        TrainingTask(SPACE, written, f"{i:04d}", drawn[i], seed, folder / f"{i}-{seed}.json")
        for i, seed in [(0, 0), (1, 0), (0, 1)][:number]
    ]


class Told:
    """What is said, and how far it is."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.progress: list[tuple[int, int]] = []

    def done(self, done: int, total: int) -> None:
        """Note progress."""
        self.progress.append((done, total))


def carry_out(tasks: Sequence[TrainingTask], source: CorpusFiles, engine: Serial | None = None) -> Told:
    told = Told()
    train_missing(tasks, source, Serial() if engine is None else engine, told.done, told.lines.append)
    return told


def test_each_training_is_kept_in_its_file_as_one_by_itself(
    tmp_path: Path, source: CorpusFiles, written: Recipe
) -> None:
    tasks = tasks_in(tmp_path, written, 3)
    told = carry_out(tasks, source)
    assert told.progress == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert told.lines == []
    records = [read_training(task) for task in tasks]
    for task, record in zip(tasks, records, strict=True):
        assert (record.id, record.seed, record.status, record.steps) == (task.id, task.seed, "ok", 10)
        assert record.tokens == 10 * 2 * 8
        assert record.parameters == SPACE.parameter_counts(task.architecture)
    alone = train(SPACE, tasks[1].architecture, written, read_corpus(source.corpus), seed=0)
    assert (records[1].loss, records[1].curve) == (alone.loss, alone.curve)
    assert records[0].loss != records[2].loss, "another seed is another training"
    # nothing of the shared corpus stays
    assert not list(tmp_path.glob(f"*{PART}"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(task.path.name for task in tasks)


def test_what_is_there_is_not_done_again(tmp_path: Path, source: CorpusFiles, written: Recipe) -> None:
    tasks = tasks_in(tmp_path, written)
    carry_out(tasks[:1], source)
    before = tasks[0].path.read_bytes()
    assert carry_out(tasks, source).progress == [(1, 2), (2, 2)]
    assert tasks[0].path.read_bytes() == before
    # not even the corpus is read
    assert carry_out(tasks, CorpusFiles(tmp_path / "gone", None, "bytes")).progress == [(2, 2)]


class Faulty(Serial):
    """An engine whose first piece of work ends in a fault.

    Args:
        status: Which one.
    """

    def __init__(self, status: FaultStatus) -> None:
        super().__init__()
        self._status = status

    def attempt(self, function: Callable[[Any], Any], items: Sequence[Any], *, arrived: Any = None) -> Generator[Any]:
        """See :class:`Serial`."""
        fault = Fault(self._status, "for a test")
        arrived(0, fault)
        yield fault
        yield from super().attempt(function, items[1:], arrived=lambda index, result: arrived(index + 1, result))


@pytest.mark.parametrize("status", TRIED_AGAIN)
def test_a_fault_is_kept_with_its_reason_and_tried_again(
    tmp_path: Path, source: CorpusFiles, written: Recipe, status: str
) -> None:
    (task,) = tasks_in(tmp_path, written, 1)
    assert carry_out([task], source, Faulty(FaultStatus(status))).progress == [(0, 1), (1, 1)]
    record = read_training(task)
    assert (record.status, record.reason, record.loss, record.curve, record.tokens) == (
        *(status, "for a test", None),
        *((), 0),
    )
    told = carry_out([task], source)
    assert told.lines == ["1 trainings that failed, lacked memory or time, or were killed are tried again"]
    assert read_training(task).status == "ok"


def test_a_diverged_training_is_left_as_it_is(tmp_path: Path, source: CorpusFiles, written: Recipe) -> None:
    (task,) = tasks_in(tmp_path, written, 1)
    carry_out([task], source, Faulty(FaultStatus.FAILED))
    document = {**json.loads(task.path.read_text()), "status": "diverged", "reason": "loss nan"}
    task.path.write_text(json.dumps(document))
    told = carry_out([task], source)
    assert (told.lines, told.progress) == ([], [(1, 1)])
    assert read_training(task).status == "diverged"


def test_the_file_of_another_training_is_refused_before_any_work(
    tmp_path: Path, source: CorpusFiles, written: Recipe
) -> None:
    tasks = tasks_in(tmp_path, written)
    carry_out(tasks[:1], source)
    tasks[1].path.write_bytes(tasks[0].path.read_bytes())
    tasks[0].path.unlink()
    message = (
        r"1-0\.json: expected the training of 0001 with seed 0, found that of another \(0000 with seed 0\): delete the "
        "file, and it is trained again$"
    )
    with pytest.raises(InputError, match=message):
        carry_out(tasks, source)
    assert not tasks[0].path.exists()
    tasks[1].path.write_text("{")
    with pytest.raises(InputError, match=r"1-0\.json: expected JSON"):
        carry_out(tasks, source)


def test_another_recipe_or_text_is_refused(tmp_path: Path, source: CorpusFiles, written: Recipe) -> None:
    tasks = tasks_in(tmp_path, written)
    carry_out(tasks[:1], source)
    other = replace(written, learning_rate=2e-3)
    with pytest.raises(InputError, match=f"expected a training by the recipe {other.digest}, found one by"):
        read_training(replace(tasks[0], recipe=other))
    text = tmp_path / "other.txt"
    text.write_text("the dog sat on the mat. " * 60)
    with pytest.raises(InputError, match=r"^corpus .*other\.txt: changed while the table was built: restore it$"):
        carry_out(tasks, CorpusFiles(text, None, "bytes"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, source: CorpusFiles, written: Recipe) -> None:
    (task,) = tasks_in(tmp_path, written, 1)
    (tmp_path / "file").write_text("")
    with pytest.raises(LpzeroError, match="file cannot be written: "):
        carry_out([replace(task, path=tmp_path / "file" / "0.json")], source)
