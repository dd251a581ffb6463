"""Trainings to do, each kept in a file of its own the moment that it ends: a kill loses what is under way, no more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lpzero.engines import Engine, Fault, Shared
from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_json
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables.document import read_json
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord, check_record
from lpzero.training.corpus import Corpus, CorpusFiles, read_corpus
from lpzero.training.token_file import corpus_of, shared_corpus

# a diverged training would diverge again
TRIED_AGAIN = ("failed", "out_of_memory", "timeout", "killed")


@dataclass(frozen=True)
class TrainingTask:
    """One training, as it travels to a worker.

    Attributes:
        space: What builds the model.
        recipe: How it is trained.
        id: Name of the architecture among the others.
        architecture: The architecture.
        seed: Which of its trainings it is, from 0.
        path: Where its record is kept.
    """

    space: SearchSpace
    recipe: Recipe
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
    tasks: Sequence[TrainingTask],
    source: CorpusFiles,
    engine: Engine,
    progress: Callable[[int, int], None],
    say: Callable[[str], None],
) -> None:
    """Do the trainings whose files are not there, and again those that failed, lacked memory or time, or were killed.

    Args:
        tasks: All of them, of one recipe, their files in one folder.
        source: Where the corpus is that the recipe was written for.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (trainings done, trainings to do).
        say: Called with a line that a person should see.

    Raises:
        InputError: A file is damaged or holds another training, or the corpus is not the recipe's.
        LpzeroError: A file cannot be written.
    """
    # a damaged file ends the build now, not after hours of training
    statuses = [read_training(task).status if task.path.exists() else None for task in tasks]
    missing = [t for t, status in zip(tasks, statuses, strict=True) if status is None or status in TRIED_AGAIN]
    again = sum(status in TRIED_AGAIN for status in statuses)
    if again:
        say(f"{again} trainings that failed, lacked memory or time, or were killed are tried again")
    present = len(tasks) - len(missing)
    progress(present, len(tasks))
    done = present

    def arrived(index: int, result: TrainedRecord | Fault) -> None:
        nonlocal done
        task = missing[index]
        _keep(task.path, _faulted(task, result) if isinstance(result, Fault) else result)
        done += 1
        progress(done, len(tasks))

    if not missing:
        return
    corpus, folder = _corpus(source, tasks[0].recipe), tasks[0].path.parent
    with (
        shared_corpus(corpus, folder, engine) as shared,
        closing(engine.attempt(partial(train_task, shared), missing, arrived=arrived)) as results,
    ):
        deque(results, maxlen=0)


def _keep(path: Path, record: TrainedRecord) -> None:
    try:
        write_json(path, record.model_dump(mode="json"))
    except OSError as err:
        raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err


def _faulted(task: TrainingTask, fault: Fault) -> TrainedRecord:
    """The record of a training that its worker could not end."""
    return TrainedRecord(
        id=task.id,
        architecture=task.architecture.to_json(),
        seed=task.seed,
        status=fault.status.value,  # type: ignore[arg-type]  # one of those that a record has
        reason=fault.reason,
        loss=None,
        curve=(),
        steps=0,
        tokens=0,
        parameters=task.space.parameter_counts(task.architecture),
        seconds=0.0,
        recipe=task.recipe.digest,
    )


def _corpus(source: CorpusFiles, recipe: Recipe) -> Corpus:
    """The corpus of a recipe; raises InputError where the text is another one."""
    corpus = read_corpus(source.corpus, validation=source.validation, tokens=source.tokens)
    found = (corpus.train_sha256, corpus.validation_sha256, corpus.tokenizer_sha256)
    if found != (recipe.train_sha256, recipe.validation_sha256, recipe.tokenizer_sha256):
        raise InputError(f"corpus {source.corpus}: changed while the table was built: restore it")
    return corpus


def train_task(shared: Shared, task: TrainingTask) -> TrainedRecord:
    """Do one training.

    Args:
        shared: The ids of the corpus that its recipe was written for.
        task: Which training.
    """
    from lpzero.training.train import train

    recipe = task.recipe
    corpus = corpus_of(shared, recipe)
    training = train(task.space, task.architecture, recipe, corpus, seed=task.seed)
    reached = training.curve[-1][0] if training.curve else 0
    return TrainedRecord(
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
