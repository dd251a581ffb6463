"""What is known of the runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpzero.reporting.runs import RunsResult


def list_runs(folder: str | Path = "runs") -> RunsResult:
    """What is known of every run below a folder: ``lpzero runs``.

    Args:
        folder: The folder that holds their folders.

    Returns:
        One row a run, the one that changed last at the end; a damaged one has its reason.

    Raises:
        InputError: There is no such folder.
        LpzeroError: It cannot be read.
    """
    from lpzero.reporting.runs import list_runs as listed

    return listed(Path(folder))
