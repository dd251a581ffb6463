"""An evolution in TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lpzero.callbacks import Callback, Generation
from lpzero.result import Result
from lpzero.trackers.figures import final_figures, formula_of, library, plain


class TensorBoard(Callback):
    """Writes events that TensorBoard shows.

    Args:
        folder: Where; a folder of the run's name is made below it.

    Raises:
        MissingError: tensorboard is not installed.
    """

    def __init__(self, folder: str | Path = "tensorboard") -> None:
        library("tensorboard", "tensorboard")
        self._folder = Path(folder)
        self._writer: Any = None
        self._last = 0

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        """Open a file of events, and write the settings."""
        self._writer = library("torch.utils.tensorboard", "tensorboard").SummaryWriter(str(self._folder / run.name))
        rows = "\n".join(f"    {name} = {value}" for name, value in plain(settings).items())
        self._writer.add_text("settings", rows, 0)

    def on_generation_end(self, generation: Generation) -> None:
        """Write its figures."""
        self._last = generation.number
        for name, value in generation.figures.items():
            self._writer.add_scalar(f"evolution/{name}", value, generation.number)

    def on_run_stop(self) -> None:
        """Close the file."""
        self._writer.close()

    def on_run_end(self, result: Result) -> None:
        """Write the figures of the sealed test, and the formula."""
        for name, value in final_figures(result).items():
            self._writer.add_scalar(f"final/{name}", value, self._last)
        # indented: a formula's asterisks are no Markdown
        self._writer.add_text("formula", f"    {formula_of(result)}", self._last)
        self._writer.close()
