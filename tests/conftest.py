"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the published tables, in the upstream layout."""
    chosen = os.environ.get("LPZERO_DATA")
    checkout = Path(__file__).resolve().parents[1]
    folder = Path(chosen).expanduser() if chosen else checkout.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data in {folder}: run `lpzero tables fetch NAME`, and set LPZERO_DATA to its folder")
    return folder
