"""A model that a Python file builds: the file is imported, which runs it as code."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from lpzero.engines.fault import line_of
from lpzero.errors import InputError, LpzeroError


def build_from_python(path: Path) -> tuple[nn.Module, Any]:
    """The model that a file's ``build_model()`` returns, and what its ``example_batch()`` does; None without one.

    Raises:
        InputError: The file has no ``build_model()``, or one that returns no model.
        LpzeroError: Its code raised.
    """
    with _alone(path):
        module = _imported(path)
        build = getattr(module, "build_model", None)
        if not callable(build):
            raise InputError(f"{path}: expected a function build_model() that returns a torch.nn.Module, found none")
        model = called(build, f"{path}: build_model()")
        if not isinstance(model, nn.Module):
            found = type(model).__name__
            raise InputError(f"{path}: expected build_model() to return a torch.nn.Module, found {found}")
        example = getattr(module, "example_batch", None)
        return model, called(example, f"{path}: example_batch()") if callable(example) else None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let a file see its own name as the arguments of its program: it may parse them."""
    arguments = list(sys.argv)
    sys.argv[:] = [str(path)]
    try:
        yield
    finally:
        sys.argv[:] = arguments


# Folders of the models that were imported: another one may have files of the same names beside it.
_FOLDERS: set[Path] = set()


def _forget_others(folder: Path) -> None:
    """Forget what was imported from beside other models: this one shall not be given their files."""
    others = _FOLDERS - {folder}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and Path(file).parent in others:
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if Path(entry) not in others]
    _FOLDERS.add(folder)


def _imported(path: Path) -> ModuleType:
    _forget_others(path.resolve().parent)
    spec = importlib.util.spec_from_file_location("lpzero_user_model", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    # dataclasses and the like look their module up, and a model may be spread over files beside this one
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    called(partial(spec.loader.exec_module, module), str(path))
    return module


def called(function: Callable[[], Any], place: str) -> Any:
    """Call a user's code; whatever it raises becomes one line."""
    try:
        return function()
    except Exception as err:
        raise LpzeroError(f"{place} raised {type(err).__name__}: {line_of(err)}") from err
    except SystemExit as err:
        raise LpzeroError(f"{place} tried to exit with code {err.code}") from err
