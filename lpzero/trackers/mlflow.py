"""An evolution in MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lpzero.callbacks import Callback, Generation
from lpzero.result import Result
from lpzero.trackers.figures import final_figures, formula_of, library, plain

LONGEST_PARAMETER = 500
"""Letters of a parameter that MLflow keeps."""


class MLflow(Callback):
    """A run of MLflow, in the store that MLflow is set to (``MLFLOW_TRACKING_URI``).

    Args:
        experiment: Name of the experiment.

    Raises:
        MissingError: mlflow is not installed.
    """

    def __init__(self, experiment: str = "lpzero") -> None:
        self._mlflow: Any = library("mlflow", "mlflow")
        self._experiment = experiment
        self._client: Any = None
        self._run = ""

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        """Begin a run of the experiment, and keep the settings as its parameters."""
        # a client has no run that is everybody's
        self._client = self._mlflow.MlflowClient()
        found = self._client.get_experiment_by_name(self._experiment)
        experiment = self._client.create_experiment(self._experiment) if found is None else found.experiment_id
        self._run = self._client.create_run(experiment, run_name=run.name).info.run_id
        for name, value in plain(settings).items():
            self._client.log_param(self._run, name, str(value)[:LONGEST_PARAMETER])

    def on_generation_end(self, generation: Generation) -> None:
        """Keep its figures."""
        for name, value in generation.figures.items():
            self._client.log_metric(self._run, name, value, step=generation.number)

    def on_run_stop(self) -> None:
        """End the run as killed."""
        self._client.set_terminated(self._run, status="KILLED")

    def on_run_end(self, result: Result) -> None:
        """Keep the figures of the sealed test and the whole result, and end the run."""
        for name, value in final_figures(result).items():
            self._client.log_metric(self._run, name, value)
        self._client.set_tag(self._run, "formula", formula_of(result))
        self._client.log_dict(self._run, result.to_json(), "best.json")
        self._client.set_terminated(self._run)
