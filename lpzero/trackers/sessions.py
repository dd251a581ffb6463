"""An evolution in trackio or in Weights & Biases, which are called alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lpzero.callbacks import Callback, Generation
from lpzero.result import Result
from lpzero.trackers.figures import final_figures, formula_of, library, plain


class Trackio(Callback):
    """A run of trackio, kept on this machine.

    Args:
        project: Name of the project.
        how: What else ``trackio.init`` takes.

    Raises:
        MissingError: trackio is not installed.
    """

    def __init__(self, project: str = "lpzero", **how: Any) -> None:
        self._library: Any = library("trackio", "trackio")
        self._how = {"project": project, **how}
        self._session: Any = None

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        """Begin a run of the project with the settings."""
        self._session = self._library.init(name=run.name, config=plain(settings), **self._how)

    def on_generation_end(self, generation: Generation) -> None:
        """Log its figures."""
        self._session.log(generation.figures, step=generation.number)

    def on_run_stop(self) -> None:
        """End the run."""
        self._session.finish()

    def on_run_end(self, result: Result) -> None:
        """Log the figures of the sealed test and the formula, and end the run."""
        self._session.log({**final_figures(result), "formula": formula_of(result)})
        self._session.finish()


class WeightsAndBiases(Callback):
    """A run of Weights & Biases; offline unless it is told otherwise, to be sent with ``wandb sync``.

    Args:
        project: Name of the project.
        mode: ``"offline"``, ``"online"`` or ``"disabled"``.
        how: What else ``wandb.init`` takes.

    Raises:
        MissingError: wandb is not installed.
    """

    def __init__(self, project: str = "lpzero", *, mode: str = "offline", **how: Any) -> None:
        self._library: Any = library("wandb", "wandb")
        self._how = {"project": project, "mode": mode, **how}
        self._session: Any = None

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        """Begin a run of the project with the settings."""
        self._session = self._library.init(name=run.name, config=plain(settings), **self._how)

    def on_generation_end(self, generation: Generation) -> None:
        """Log its figures."""
        self._session.log(generation.figures, step=generation.number)

    def on_run_stop(self) -> None:
        """End the run as failed."""
        self._session.finish(exit_code=1)

    def on_run_end(self, result: Result) -> None:
        """Keep the figures of the sealed test and the formula as the run's summary, and end it."""
        self._session.summary.update({**final_figures(result), "formula": formula_of(result)})
        self._session.finish()
