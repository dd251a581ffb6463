"""The tests mirror the package: where a module is tested is known from its name."""

from __future__ import annotations

from pathlib import Path

import lpzero

TESTS, PACKAGE = Path(__file__).parent, Path(lpzero.__file__).parent

_NUMBERS = "numbers alone"

WITHOUT_TESTS: dict[str, str] = {
    "__main__.py": "one call, which every test makes that starts `python -m lpzero`",
    "evolution/defaults.py": _NUMBERS,
    "nas/defaults.py": _NUMBERS,
    "operands/defaults.py": _NUMBERS,
}
"""Modules without a test file of their own -> why."""

WITHOUT_MODULE: dict[str, str] = {
    "test_architecture.py": "the rooms that docs/architecture.md names",
    "api/test_compress_recovery.py": "`lpzero.compress` with a recovery",
    "cli/tables/test_build_signals.py": "a build under real signals",
    "cli/test_compress_stopped.py": "`lpzero compress` under signals and on a full disk",
    "cli/test_documents.py": "whole documents of the commands, against recorded ones",
    "cli/test_score_isolate.py": "`lpzero score --isolate`, every end of a model's process",
    "cli/test_score_many.py": "`lpzero score` of several models",
    "cli/test_own_space.py": "every command on a table of a `space.toml`",
    "cli/test_search_and_score.py": "`lpzero score` of what `lpzero search` wrote",
    "cli/test_search_model.py": "`lpzero search --model`, to a model that transformers loads",
    "compression/files/test_llama_cpp.py": "GGUF files in llama.cpp itself",
    "compression/files/test_mlx.py": "folders of block_configs in MLX itself",
    "engines/test_ray.py": "commands on a Ray cluster",
    "evolution/test_evaluation_batches.py": "an evaluation in whatever batches, bit for bit",
    "fitness/test_coverage.py": "coverage of intervals and errors of tests, simulated",
    "formula/test_draws.py": "what the typed grammar draws",
    "formula/test_laws.py": "what rows of the table of primitives say, against values",
    "formula/test_names.py": "no name of a primitive beside the table",
    "formula/test_orders.py": "orders that draws and signatures follow from",
    "llm/test_local_model.py": "a real small model behind a real server",
    "metrics/test_direct.py": "coded metrics of models that people write, computed directly",
    "metrics/test_left_alone.py": "models after every metric that makes a pass",
    "metrics/test_metrics.py": "what every row of the table of metrics keeps",
    "pages/test_pages.py": "what the pages of the documentation have a user do",
    "predictors/prompted/test_evaluation_by_model.py": "a whole evaluation with a language model, by the command",
    "pretrained/test_foreign_spaces.py": "spaces that do not come with the package",
    "tables/test_bundled.py": "the tables of the package, and their recipes",
    "tables/test_llama_own.py": "the table of sub-networks, and its checkpoint",
    "scoring/test_oracle_families.py": "operands of families of transformers, computed directly",
    "scoring/test_oracle_written.py": "operands of models that people write, computed directly",
    "scoring/test_families.py": "coded metrics and operations of families of transformers, computed directly",
    "test_accessibility.py": "pages in a real browser, looked at by axe-core",
    "test_crash.py": "long commands that are killed at random moments",
    "test_cuda.py": "every room on a GPU",
    "test_docs.py": "the documents of the project",
    "test_examples.py": "the worked examples",
    "test_hostile_input.py": "every reader, on whatever stands in a file",
    "test_init.py": "the public names of the package",
    "test_mirror.py": "this test",
    "test_no_code_from_data.py": "no reader runs what it reads",
    "test_paths_in_documents.py": "no reader opens a path that it reads",
    "test_proxies_data.py": "the proxies that come as data",
    "training/test_build_environment.py": "a folder of a build in another environment",
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
