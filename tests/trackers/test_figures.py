"""What a tracker keeps of a run."""

from __future__ import annotations

import pytest

from lpzero.errors import MissingError
from lpzero.proxy.discovery import EvolveResult
from lpzero.result import Result
from lpzero.trackers.figures import final_figures, formula_of, library, plain


def test_figures_of_the_end_are_those_of_the_result(result: EvolveResult) -> None:
    found = final_figures(result)
    assert found["test_tau_a"] == result.best.test.tau_a
    free = [row.test.tau_a for row in result.baselines if row.labels is None and row.test.tau_a is not None]
    assert found["strongest_baseline_tau_a"] == max(free)
    assert {name for name in found if name.startswith("control_")} == {
        f"control_{row.proxy}_tau_a" for row in result.baselines if row.labels is not None
    }
    assert formula_of(result) == f"{result.best.formula} ({result.best.direction} is better)"


def test_another_result_has_none() -> None:
    assert final_figures(Result()) == {}
    assert formula_of(Result()) == ""


def test_settings_are_plain_values() -> None:
    assert plain({"a": None, "b": [1], "c": True, "d": "x", "e": {}}) == {"b": "[1]", "c": True, "d": "x", "e": "{}"}


def test_a_library_that_is_not_there_names_its_extra() -> None:
    with pytest.raises(MissingError, match=r"no_such_library is not installed: .*'lpzero\[tensorboard\]'"):
        library("no_such_library", "tensorboard")
