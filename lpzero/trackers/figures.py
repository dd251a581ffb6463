"""What a tracker keeps of a run: settings as plain values, the figures of its end by name."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lpzero.errors import MissingError
from lpzero.proxy.discovery import EvolveResult
from lpzero.result import Result


def plain(settings: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Settings as values that every tracker takes: what is a list or a table is its JSON, what is None stays away.

    >>> plain({"seed": 1, "budget": None, "beside": [{"table": "t"}]})
    {'seed': 1, 'beside': '[{"table": "t"}]'}
    """
    return {
        name: value if isinstance(value, (bool, int, float, str)) else json.dumps(value)
        for name, value in settings.items()
        if value is not None
    }


def final_figures(result: Result) -> dict[str, float]:
    """The figures of a result by name: the formula, the strongest of what needs no label, and each control."""
    if not isinstance(result, EvolveResult):
        return {}
    close = result.best.test.matched_size
    found = {
        "test_tau_a": result.best.test.tau_a,
        "test_matched_tau_a": None if close is None else close.tau_a,
        "size": float(result.best.size),
        "seconds": result.seconds,
    }
    free = [row.test.tau_a for row in result.baselines if row.labels is None and row.test.tau_a is not None]
    found["strongest_baseline_tau_a"] = max(free, default=None)
    found |= {f"control_{row.proxy}_tau_a": row.test.tau_a for row in result.baselines if row.labels is not None}
    return {name: value for name, value in found.items() if value is not None}


def formula_of(result: Result) -> str:
    """The formula of a result with its direction; empty where it has none."""
    if not isinstance(result, EvolveResult):
        return ""
    return f"{result.best.formula} ({result.best.direction} is better)"


def library(name: str, extra: str) -> ModuleType:
    """The library of a tracker; raises MissingError where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as err:
        raise MissingError(f"{name} is not installed: python -m pip install 'lpzero[{extra}]'") from err
