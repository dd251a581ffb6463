"""An evolution in MLflow, in a store of files; skips where it is not installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.callbacks import Callback
from lpzero.proxy.discovery import EvolveResult
from lpzero.trackers.mlflow import MLflow

mlflow = pytest.importorskip("mlflow", reason="no mlflow: python -m pip install 'lpzero[mlflow]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # what MLflow says of its own stores


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())


def test_the_run_is_in_the_store(lived: Callable[[Callback], None], result: EvolveResult) -> None:
    lived(MLflow("mine"))
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["seed"] == "0"
    assert run.data.metrics["test_tau_a"] == result.best.test.tau_a
    assert [one.value for one in client.get_metric_history(run.info.run_id, "best_tau_a")] == [0.0, 0.25, 0.5]
    assert [one.path for one in client.list_artifacts(run.info.run_id)] == ["best.json"]


def test_a_run_that_stops_is_killed() -> None:
    tracker = MLflow("mine")
    tracker.on_run_begin(Path("run"), {"seed": 1})
    tracker.on_run_stop()
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
    assert run.info.status == "KILLED"
