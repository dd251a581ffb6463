"""The public names: complete, and loaded no sooner than they are used."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import lpzero

HEAVY = ("deap", "numpy", "scipy", "sympy", "torch", "transformers")


def _loaded_after(statement: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded once it ran the statement."""
    code = f"import sys; {statement}; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(lpzero.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_probe_sees_a_package_that_is_loaded() -> None:
    assert _loaded_after("import numpy") == {"numpy"}


@pytest.mark.parametrize("statement", ["import lpzero", "from lpzero import LpzeroError, __version__"])
def test_import_loads_nothing_heavy(statement: str) -> None:
    assert _loaded_after(statement) == set()


@pytest.mark.parametrize("name", lpzero.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(lpzero, name) is not None
    assert name in dir(lpzero)


def test_all_lists_every_export_once() -> None:
    assert sorted(lpzero.__all__) == sorted({*lpzero._EXPORTS, "__version__"})


def test_version_is_the_installed_one() -> None:
    assert lpzero.__version__ == importlib.metadata.version("lpzero")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        lpzero.no_such_name  # noqa: B018  (looking the name up is the test)
