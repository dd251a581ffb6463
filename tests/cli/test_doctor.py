"""``lpzero doctor``: versions, folders and tables as they are, and every problem with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from lpzero.cli.doctor import PACKAGES
from lpzero.cli.main import run
from lpzero.engines import usable_cores
from lpzero.tables import TABLES

Doctor = Callable[[int], dict[str, Any]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path / "data"))
    return tmp_path / "home"


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Doctor:
    def ask(code: int) -> dict[str, Any]:
        assert run(["doctor", "--json"]) == code
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return ask


def test_what_is_here_is_said(doctor: Doctor, home: Path) -> None:
    found = doctor(0)
    assert (found["schema"], found["problems"], found["cache"]) == (1, [], str(home))
    assert (found["numpy"], found["torch"]) == (numpy.__version__, torch.__version__)
    assert found["cores"] == usable_cores()
    assert set(PACKAGES) <= set(found)
    assert home.is_dir()
    bundled = [name for name, entry in TABLES.items() if entry.published is None]
    assert list(found["tables"]) == list(TABLES)
    assert [name for name, where in found["tables"].items() if where is not None] == bundled


def test_published_tables_are_found_where_they_are(doctor: Doctor, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    assert doctor(0)["tables"]["flexibert-glue"] == str(data)


def test_each_problem_says_what_to_do(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path / "nowhere"))
    found = doctor(1)
    assert found["problems"] == [
        f"the cache folder {tmp_path / 'file'} cannot be written: set LPZERO_HOME to one that can",
        f"LPZERO_DATA names {tmp_path / 'nowhere'}, which is no folder",
    ]
    assert found["tables"]["gpt2-own"] is not None


def test_a_package_that_is_not_installed_says_how_to_get_it(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def without(name: str) -> str:
        if name == "ray":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without)
    assert doctor(0)["ray"] == "not installed: python -m pip install 'lpzero[ray]'"


def test_for_people_every_fact_is_a_line(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert run(["doctor"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (f"cache {home}", "table gpt2-wt103 not here", "problem none", f"torch {torch.__version__}"):
        assert line in lines
