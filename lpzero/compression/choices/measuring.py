"""Single replacements measured wherever work runs: each worker reads the checkpoint once, and keeps its states.

What travels to a worker are the path of the checkpoint and the ids that it is asked, never the model. Divergences are
kept by the process that asked for them, each the moment that it is there: nobody else writes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from lpzero.compression.choosing.measured import Kept, Measuring, Replacement, digest_of
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.texts import Windows
from lpzero.engines import Engine, Fault
from lpzero.errors import InputError, LpzeroError

Ids = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Job:
    """What all measurements of a table share, as it travels to a worker: a checkpoint, and what it is asked.

    Attributes:
        checkpoint: Its folder, wherever the worker is.
        digest: SHA-256 of it.
        device: Where it runs.
        text: Name of the text.
        inputs: Ids of each window.
        labels: What is predicted at each of their positions.
    """

    checkpoint: Path
    digest: str
    device: str
    text: str
    inputs: Ids
    labels: Ids

    @property
    def windows(self) -> Windows:
        """The windows as tensors."""
        return Windows(self.text, torch.tensor(self.inputs), torch.tensor(self.labels))


def job_of(checkpoint: Path, digest: str, device: str, windows: Windows) -> Job:
    """The job of measuring a checkpoint on windows; see :class:`Job`."""
    return Job(checkpoint.resolve(), digest, device, windows.name, _ids(windows.inputs), _ids(windows.labels))


def _ids(of: torch.Tensor) -> Ids:
    return tuple(tuple(row) for row in of.tolist())


def measure(job: Job, one: Replacement) -> float:
    """The divergence of a replacement: a pure function of its arguments and of the files that they name.

    Raises:
        InputError: The checkpoint is no longer there, or another one.
    """
    return _measuring(job).divergence(one)


@lru_cache(maxsize=1)
def _measuring(job: Job) -> Measuring:
    model = load_checkpoint(job.checkpoint, job.device)
    if digest_of(job.checkpoint) != job.digest:
        raise InputError(
            f"{job.checkpoint}: expected the checkpoint that the build began with, found another: restore it, on "
            "every machine that has workers"
        )
    return Measuring(model, read_layout(model), job.windows)


def measure_missing(
    missing: Sequence[Replacement],
    measured: Callable[[Replacement], float],
    engine: Engine,
    kept: Kept,
    tell: Callable[[int], None],
) -> None:
    """Measure replacements, and keep each divergence the moment that it is known.

    Args:
        missing: What to measure, the dearest first where workers are to be busy to the end.
        measured: Gives a divergence; where ``engine`` has workers, a partial of :func:`measure`.
        engine: Where it runs; the divergences do not depend on it, the order in which they are kept does.
        kept: Where they are kept.
        tell: Told how many are there after each; it may raise, which ends the work.

    Raises:
        InputError: The checkpoint is no longer there, or another one.
        LpzeroError: One could not be measured, or not be kept.
    """
    done = 0

    def arrived(index: int, result: float | Fault) -> None:
        nonlocal done
        one = missing[index]
        if isinstance(result, Fault):
            raise LpzeroError(
                f"layer {one.layer}, {len(one.stays)} {one.kind} stay: {result.reason}: what was measured is kept"
            )
        kept.put(one, result)
        done += 1
        tell(done)

    with closing(engine.attempt(measured, missing, arrived=arrived)) as results:
        deque(results, maxlen=0)
