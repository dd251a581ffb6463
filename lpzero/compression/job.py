"""What a compression is asked for, and what it reads before anything is chosen."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from lpzero.compression.calibration import Calibrated, Texts, calibrate, read_texts
from lpzero.compression.choosing.measured import Kept, digest_of, origin_of
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.files.folder import Form, check_form
from lpzero.compression.recovery.alike import check_kept, folder_beside
from lpzero.compression.settings import CompressSettings
from lpzero.compression.texts import read_tokenizer
from lpzero.errors import LpzeroError
from lpzero.files import held
from lpzero.pretrained.whole import check_free, check_writable

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What is asked for.

    Attributes:
        checkpoint: The folder of the checkpoint; it is only read.
        output: The folder to write.
        calibration: The text to look at.
        checks: Further texts to measure losses on.
        settings: How.
        command: The command that this is, for the card.
    """

    checkpoint: Path
    output: Path
    calibration: Path
    checks: tuple[Path, ...]
    settings: CompressSettings
    command: str

    @property
    def states(self) -> Path:
        """Where a recovery keeps its states meanwhile."""
        return folder_beside(self.output)

    @property
    def form(self) -> Form:
        """The form of the files."""
        return cast("Form", self.settings.form)


def check_job(job: Job) -> None:
    """Raise InputError where states of a recovery would take the place of something else."""
    if job.settings.learns:
        check_kept(job.states)


@contextmanager
def resumable(job: Job) -> Iterator[None]:
    """Keep states in a folder inside the block, and remove it when that ends; where it is stopped, say how to go on."""
    if not job.settings.learns:
        yield
        return
    try:
        with held(job.states):
            yield
    except LpzeroError:
        raise
    except BaseException:
        _LOG.info("what was learned is kept in %s: the same command goes on from there", job.states)
        raise
    shutil.rmtree(job.states, ignore_errors=True)


def read(job: Job, device: str) -> Calibrated:
    """Read checkpoint and texts; what is quickly refused comes first.

    Args:
        job: What is asked for.
        device: Where the checkpoint goes.

    Raises:
        InputError: A text is not usable, the folder to write is not free, the checkpoint cannot be cut, or the form
            cannot say what is cut of it.
        MissingError: The form needs what is not installed.
    """
    texts = read_texts(job.calibration, job.checks)
    check_free(job.output)
    check_writable(job.output)
    shown = _calibrated(job.checkpoint, texts, job.settings, device)
    check_form(shown.model, shown.layout, job.checkpoint, job.form)
    return shown


def look(
    checkpoint: Path, calibration: Path, checks: Sequence[Path], settings: CompressSettings, device: str
) -> Calibrated:
    """Read a checkpoint and texts where nothing is written; arguments and errors are those of :func:`read`."""
    return _calibrated(checkpoint, read_texts(calibration, checks), settings, device)


def _calibrated(checkpoint: Path, texts: Texts, settings: CompressSettings, device: str) -> Calibrated:
    return calibrate(
        load_checkpoint(checkpoint, device),
        read_tokenizer(checkpoint),
        texts,
        looking=settings.looking,
        fitting=settings.fitting,
        proving=settings.windows,
        context=settings.context,
        seed=settings.seed,
    )


def kept_of(path: Path, job: Job, shown: Calibrated) -> Kept:
    """The file of measured divergences of a checkpoint and text; raises as :class:`Kept` does."""
    return Kept(path, origin_of(digest_of(job.checkpoint), shown.sha256, shown.measuring))
