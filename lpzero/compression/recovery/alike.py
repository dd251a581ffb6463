"""One recovery for several smaller models of one checkpoint: the same text, the same steps, answers asked once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from lpzero.compression.recovery.recover import ANSWERS, Recovered, recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import Windows
from lpzero.errors import InputError
from lpzero.files import LOCK
from lpzero.progress import Watch, unwatched

ENDING = ".recovery"
"""What the folder of a recovery is called behind the name of the folder that is written in the end."""


@dataclass(frozen=True)
class Alike:
    """A recovery.

    Attributes:
        checkpoint: The full model, in evaluation mode.
        windows: What is learned from.
        settings: How.
        folder: Where states and answers are kept.
        watch: Told of every step.
    """

    checkpoint: nn.Module
    windows: Windows
    settings: RecoverySettings
    folder: Path
    watch: Watch = unwatched

    def __call__(self, name: str, model: nn.Module) -> Recovered:
        """Let a model recover; raises as :func:`lpzero.compression.recovery.recover.recover` does.

        Args:
            name: What it is called, and its folder.
            model: It is not changed.
        """
        return recover(
            model,
            self.checkpoint,
            self.windows,
            self.settings,
            folder=self.folder / "-".join(name.replace(",", " ").split()),
            answers=self.folder / ANSWERS,
            watch=self.watch,
        )


def check_kept(folder: Path) -> None:
    """Raise InputError where the folder of a recovery is there and holds something else."""
    if folder.exists() and not (folder / LOCK).is_file():
        raise InputError(
            f"{folder}: expected what a recovery kept, or nothing, found something else: give another `output`"
        )


def folder_beside(output: Path) -> Path:
    """Where the recovery of a model that is written to a folder keeps its state meanwhile.

    >>> folder_beside(Path("models/smaller")).as_posix()
    'models/smaller.recovery'
    """
    whole = output.resolve()
    return output.parent / f"{whole.name}{ENDING}" if output.name else whole.with_name(f"{whole.name}{ENDING}")
