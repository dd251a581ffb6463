"""The run folder of an enumeration."""

from __future__ import annotations

from pathlib import Path

from lpzero.evolution.enumeration.folder import EnumerationRunFolder
from lpzero.proxy.discovery import EnumerateResult

RUN = Path(__file__).parents[2] / "reporting" / "runs" / "enumerate"


def test_the_result_that_lies_there_is_that_of_an_enumeration() -> None:
    assert isinstance(EnumerationRunFolder(RUN).read_result(), EnumerateResult)
