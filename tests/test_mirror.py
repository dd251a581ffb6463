"""The tests mirror the package: where a module is tested is known from its name."""

from __future__ import annotations

from pathlib import Path

import lpzero

TESTS, PACKAGE = Path(__file__).parent, Path(lpzero.__file__).parent

WITHOUT_TESTS: dict[str, str] = {
    "__main__.py": "two lines, which every test that starts `python -m lpzero` runs",
}
"""Modules without a test file of their own -> why."""

WITHOUT_MODULE: dict[str, str] = {
    "test_cuda.py": "every room on a GPU",
}
"""Test files that belong to no one module -> what they test."""


def _modules() -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}


def _tests() -> set[str]:
    files = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    return {file for file in files if not file.startswith("benchmarks/")}


def _test_of(module: str) -> str:
    path = Path(module)
    return path.with_name(f"test_{path.name}").as_posix()


def test_every_module_has_its_tests_or_a_reason() -> None:
    without = {module for module in _modules() if _test_of(module) not in _tests()}
    assert without == set(WITHOUT_TESTS), "expected a test file beside each module, or a reason in WITHOUT_TESTS"
    assert all(WITHOUT_TESTS.values())


def test_every_test_file_has_its_module_or_a_reason() -> None:
    apart = _tests() - {_test_of(module) for module in _modules()}
    assert apart == set(WITHOUT_MODULE), "expected a module of its name for each test file, or a word in WITHOUT_MODULE"
    assert all(WITHOUT_MODULE.values())
