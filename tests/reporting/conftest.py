"""Fixtures for the tests of reports: recorded runs, copied where a test changes them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

RUNS = Path(__file__).parent / "runs"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[31m\u202e\x00 $\\frac{1$ {{7*7}} ]]> </style>"
"""A name that is no name: HTML, a terminal's control characters, letters that turn the line, TeX, a template."""


@pytest.fixture
def runs() -> Path:
    """The folder of recorded runs, which nobody changes; tests/reporting/record.py made them."""
    return RUNS


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Path]:
    """Copies a recorded run, for a test to change."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(RUNS / name, tmp_path / name))

    return copy
