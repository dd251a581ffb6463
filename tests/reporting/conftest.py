"""Fixtures for the tests of reports: recorded runs, copied where a test changes them, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real headless Chromium, driven by playwright; skips where one of them is not there."""
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: python -m pip install playwright")
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
