"""The worked examples."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import lpzero

EXAMPLES = Path(__file__).parents[1] / "examples"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore")
def test_an_optuna_study_trains_what_lpzero_suggests() -> None:
    optuna = pytest.importorskip("optuna", reason="no optuna: python -m pip install optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = _module("optuna_study").study(trials=16)
    tried = [str(trial.user_attrs["architecture"]) for trial in found.trials]
    assert len(set(tried)) == 16
    best = min(record.quality for record in lpzero.load_table("gpt2-own").records)
    # of 128 architectures the best ones are met soon
    assert found.best_value < best + 0.1
