"""Models that Python files build: what is beside a file is its own, and its errors are one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import nn

from lpzero.errors import InputError, LpzeroError
from lpzero.scoring.python_file import build_from_python, called

MODEL = "from torch import nn\ndef build_model():\n    return nn.Linear(2, 3)\n"


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def _file(folder: Path, text: str, name: str = "model.py") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_the_model_and_its_example_are_what_the_functions_return(tmp_path: Path) -> None:
    model, example = build_from_python(_file(tmp_path, MODEL))
    assert isinstance(model, nn.Linear)
    assert (model.in_features, example) == (2, None)
    _, example = build_from_python(_file(tmp_path, MODEL + "def example_batch():\n    return 'anything'\n"))
    assert example == "anything"
    _, example = build_from_python(_file(tmp_path, MODEL + "example_batch = 3\n"))
    assert example is None


def test_each_file_has_what_lies_beside_it(tmp_path: Path) -> None:
    text = "from torch import nn\nimport beside\ndef build_model():\n    return nn.Linear(1, beside.WIDTH)\n"
    found = []
    for name, width in (("a", 3), ("b", 5), ("a", 3)):
        _file(tmp_path / name, f"WIDTH = {width}\n", "beside.py")
        model, _ = build_from_python(_file(tmp_path / name, text))
        assert isinstance(model, nn.Linear)
        found.append(model.out_features)
    assert found == [3, 5, 3]
    entries = [entry for entry in sys.path if entry.startswith(str(tmp_path))]
    assert set(entries) == {str(tmp_path / "a")}


def test_a_file_is_run_anew_each_time(tmp_path: Path) -> None:
    path = _file(tmp_path, MODEL)
    one, other = build_from_python(path)[0], build_from_python(path)[0]
    assert one is not other


def test_dataclasses_find_their_module(tmp_path: Path) -> None:
    head = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n"
    )
    assert isinstance(build_from_python(_file(tmp_path, head + MODEL))[0], nn.Linear)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("x = 1\n", InputError, ": expected a function build_model() that returns a torch.nn.Module, found none"),
        ("build_model = 3\n", InputError, "expected a function build_model()"),
        ("def build_model():\n    return 3\n", InputError, "to return a torch.nn.Module, found int"),
        ("def build_model(:\n", LpzeroError, "model.py raised SyntaxError: "),
        ("raise ValueError('no\\nway')\n", LpzeroError, "model.py raised ValueError: no"),
        ("def build_model(x):\n    return x\n", LpzeroError, "build_model() raised TypeError: "),
        ("import sys\nsys.exit(7)\n", LpzeroError, "model.py tried to exit with code 7"),
        (
            MODEL + "def example_batch():\n    raise KeyError('x')\n",
            LpzeroError,
            "example_batch() raised KeyError: 'x'",
        ),
    ],
)
def test_what_is_wrong_names_the_file(tmp_path: Path, text: str, kind: type[Exception], words: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(LpzeroError) as caught:
        build_from_python(path)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_sees_arguments_of_its_own_and_ours_are_back_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["lpzero", "score", "--json"])
    head = "import argparse, sys\nargparse.ArgumentParser().parse_args()\nSEEN = list(sys.argv)\n"
    build = MODEL.replace(
        "    return", "    argparse.ArgumentParser().parse_args()\n    sys.argv.append('x')\n    return"
    )
    path = _file(tmp_path, head + build + "def example_batch():\n    return SEEN\n")
    assert build_from_python(path)[1] == [str(path)]
    assert sys.argv == ["lpzero", "score", "--json"]
    path = _file(tmp_path, head + "raise ValueError\n")
    with pytest.raises(LpzeroError):
        build_from_python(path)
    assert sys.argv == ["lpzero", "score", "--json"]


def test_an_interrupt_is_the_users() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(interrupted, "x")


def test_an_error_keeps_its_cause() -> None:
    cause = MemoryError("much")

    def fails() -> None:
        raise cause

    with pytest.raises(LpzeroError, match=r"^x raised MemoryError: much$") as caught:
        called(fails, "x")
    assert caught.value.__cause__ is cause
    assert called(lambda: 3, "x") == 3
