"""Trainings to do, each a file of its own that its worker writes the moment that it ends: a kill loses one at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lpzero.engines import map_ordered
from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_json
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables.corpus import Corpus, Source, read_corpus
from lpzero.tables.document import read_json
from lpzero.tables.recipe import Recipe
from lpzero.tables.trained import TrainedRecord, check_record

# a diverged training would diverge again
TRIED_AGAIN = ("failed", "out_of_memory")


@dataclass(frozen=True)
class TrainingTask:
    """One training, as it travels to a worker.

    Attributes:
        space: What builds the model.
        recipe: How it is trained.
        source: Where the corpus is that the recipe was written for.
        id: Name of the architecture among the others.
        architecture: The architecture.
        seed: Which of its trainings it is, from 0.
        path: Where its record is kept.
    """

    space: SearchSpace
    recipe: Recipe
    source: Source
    id: str
    architecture: Architecture
    seed: int
    path: Path


def read_training(task: TrainingTask) -> TrainedRecord:
    """The training of a task; raises InputError where the file holds another one."""
    record = check_record(read_json(task.path), str(task.path), task.recipe)
    expected = (task.id, task.seed, task.architecture.to_json())
    if (record.id, record.seed, record.architecture) != expected:
        raise InputError(
            f"{task.path}: expected the training of {task.id} with seed {task.seed}, found that of another "
            f"({record.id} with seed {record.seed}): delete the file, and it is trained again"
        )
    return record


def train_missing(
    tasks: Sequence[TrainingTask], jobs: int, progress: Callable[[int, int], None], say: Callable[[str], None]
) -> None:
    """Do the trainings whose files are not there, and again those that failed or lacked memory.

    Args:
        tasks: All of them.
        jobs: Worker processes; the result does not depend on it.
        progress: Called with (trainings done, trainings to do).
        say: Called with a line that a person should see.

    Raises:
        InputError: A file is damaged or holds another training, or the corpus is not the recipe's.
        LpzeroError: A file cannot be written.
    """
    # what is damaged is said before hours are spent on the rest
    statuses = [read_training(task).status if task.path.exists() else None for task in tasks]
    missing = [t for t, status in zip(tasks, statuses, strict=True) if status is None or status in TRIED_AGAIN]
    again = sum(status in TRIED_AGAIN for status in statuses)
    if again:
        say(f"{again} trainings that failed or lacked memory are tried again")
    present = len(tasks) - len(missing)
    progress(present, len(tasks))
    with closing(map_ordered(train_task, missing, jobs=jobs)) as results:
        for done, _ in enumerate(results, start=present + 1):
            progress(done, len(tasks))


@lru_cache(maxsize=1)
def corpus_of(source: Source, *hashes: str) -> Corpus:
    """The corpus of a recipe, read once by each worker; raises InputError where the text is another one."""
    corpus = read_corpus(source.corpus, validation=source.validation, tokens=source.tokens)
    if (corpus.train_sha256, corpus.validation_sha256, corpus.tokenizer_sha256) != hashes:
        raise InputError(f"corpus {source.corpus}: changed while the table was built: restore it")
    return corpus


def train_task(task: TrainingTask) -> None:
    """Do one training and write its record; raises LpzeroError where it cannot be written."""
    from lpzero.tables.train import train

    recipe = task.recipe
    corpus = corpus_of(task.source, recipe.train_sha256, recipe.validation_sha256, recipe.tokenizer_sha256)
    training = train(task.space, task.architecture, recipe, corpus, seed=task.seed)
    reached = training.curve[-1][0] if training.curve else 0
    record = TrainedRecord(
        id=task.id,
        architecture=task.architecture.to_json(),
        seed=task.seed,
        status=training.status.value,
        reason=training.reason,
        loss=training.loss,
        curve=training.curve,
        steps=reached,
        tokens=reached * recipe.batch * recipe.length,
        parameters=task.space.parameter_counts(task.architecture),
        seconds=training.seconds,
        recipe=recipe.digest,
    )
    try:
        write_json(task.path, record.model_dump(mode="json"))
    except OSError as err:
        raise LpzeroError(f"{task.path} cannot be written: {err.strerror or err}") from err
