"""The worked examples."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import lpzero

EXAMPLES = Path(__file__).parents[1] / "examples"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore")
def test_an_optuna_study_trains_what_lpzero_suggests() -> None:
    optuna = pytest.importorskip("optuna", reason="no optuna: python -m pip install optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = _module("optuna_study").study(trials=16)
    tried = [str(trial.user_attrs["architecture"]) for trial in found.trials]
    assert len(set(tried)) == 16
    best = min(record.quality for record in lpzero.load_table("gpt2-own").records)
    # of 128 architectures the best ones are met soon
    assert found.best_value < best + 0.1


COMMANDS = """
import sys
from lpzero.cli.main import run

for line in sys.stdin.read().splitlines():
    code = run(line.split("|"))
    if code:
        sys.exit(code)
"""
SMALL = (
    "--start|random|--population|8|--islands|1|--generations|1|--search-size|8|--validation-size|4|--test-size|8|"
    "--batch|2|--tokens|8|--elements|32"
)

SEARCHED = "--algorithm|random|--samples|3|--batch|1|--tokens|8"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package, installed by pip as from a wheel, without a network."""
    source, target = tmp_path_factory.mktemp("source") / "example", tmp_path_factory.mktemp("packages")
    shutil.copytree(EXAMPLES / "lpzero_plugin_example", source)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True)
    return target


def _carried_out(*lines: str, packages: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Commands, one after the other in one process, where the packages of a folder are installed."""
    path = [str(EXAMPLES.parent), *([] if packages is None else [str(packages)])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    command = [sys.executable, "-c", COMMANDS]
    lines_text = "\n".join(lines)
    return subprocess.run(command, input=lines_text, env=environment, capture_output=True, text=True, check=False)


FORMULA = "sum(signed_root(mean(weight * grad)))"
PRIMITIVE = {"group": "primitives", "name": "signed_root", "package": "lpzero-plugin-example", "version": "0.1.0"}


def _absent(needed: str, line: str) -> None:
    """What depends on a package that is not there says which, in one line, and exits with 3."""
    done = _carried_out(line)
    assert done.returncode == 3, done.stderr
    (said,) = done.stderr.splitlines()
    assert f"needs the plug-in {needed} of the package lpzero-plugin-example 0.1.0, which is not" in said


def test_the_example_package_brings_what_every_command_takes(packages: Path, tmp_path: Path) -> None:
    proxy = tmp_path / "proxy.json"
    done = _carried_out(
        "plugins|--json",
        f"export|{FORMULA}|--format|python|--output|{tmp_path / 'proxy.py'}",
        f"export|{FORMULA}|--format|json|--output|{proxy}",
        "rank|--table|gpt2-own|--proxy|slenderness",
        "spaces|show|narrow-gpt2",
        f"search|--space|narrow-gpt2|--proxy|{proxy}|{SEARCHED}|--output|{tmp_path / 'search'}",
        f"predictor|fit|--table|gpt2-own|--predictor|nearest-depth|--features|spec|--output|{tmp_path / 'kept.json'}",
        f"predict|{tmp_path / 'kept.json'}|--table|gpt2-own",
        packages=packages,
    )
    assert done.returncode == 0, done.stderr
    listed, _ = json.JSONDecoder().raw_decode(done.stdout)
    assert {(row["group"], row["name"], row["state"]) for row in listed["plugins"]} == {
        ("primitives", "signed_root", "loaded"),
        ("metrics", "slenderness", "loaded"),
        ("spaces", "narrow-gpt2", "loaded"),
        ("predictors", "nearest-depth", "loaded"),
    }
    assert json.loads(proxy.read_text())["plugins"] == [PRIMITIVE]
    assert "def signed_root(x: Tensor)" in (tmp_path / "proxy.py").read_text()
    _absent("space narrow-gpt2", f"search|--resume|{tmp_path / 'search'}")
    _absent("primitive signed_root", f"rank|--table|gpt2-own|--proxy|{proxy}")
    _absent("predictor nearest-depth", f"predict|{tmp_path / 'kept.json'}|--table|gpt2-own")


@pytest.mark.slow
def test_an_evolution_draws_the_primitive_of_the_example_package(packages: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = _carried_out(
        f"evolve|--table|gpt2-own|--seed-formula|{FORMULA}|--output|{run}|{SMALL}",
        f"rank|--table|gpt2-own|--proxy|{run}",
        packages=packages,
    )
    assert done.returncode == 0, done.stderr
    assert "primitives of installed packages take part: signed_root" in done.stderr
    assert json.loads((run / "env.json").read_text())["plugins"] == [PRIMITIVE]
    assert json.loads((run / "config.json").read_text())["primitives"] == ["signed_root"]
    _absent("primitive signed_root", f"evolve|--resume|{run}")


def test_the_example_package_keeps_the_laws(packages: Path) -> None:
    tests = EXAMPLES / "lpzero_plugin_example" / "tests"
    path = os.pathsep.join([str(EXAMPLES.parent), str(packages)])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tests)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_the_example_package_is_short() -> None:
    files = (EXAMPLES / "lpzero_plugin_example").rglob("*.py")
    assert sum(len(file.read_text().splitlines()) for file in files) < 160
