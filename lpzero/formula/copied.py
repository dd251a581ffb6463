"""The functions of primitives as text: each with what it calls, so that a module with them needs torch alone."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import torch

from lpzero.errors import InputError
from lpzero.formula import functions

Function = Callable[..., Any]
_HEADER = (("torch", torch), ("Tensor", torch.Tensor))
"""What every exported module has already."""


def copied(used: Iterable[Function]) -> list[str]:
    """The texts of functions, those that one calls before it; numbers that they name stand before them.

    Args:
        used: Functions of primitives: plain ones, which name nothing but torch, numbers, and other such functions.

    Raises:
        InputError: One names something else, its text is not there, or two different ones have one name.
    """
    ordered: dict[str, Any] = {}
    for function in used:
        _visit(function, ordered)
    return [text for name, value in ordered.items() if (text := _text(name, value))]


def _visit(function: Any, ordered: dict[str, Any]) -> None:
    for name in function.__code__.co_names:
        if name not in function.__globals__:
            # an attribute of something else, or a name of Python itself
            continue
        value = function.__globals__[name]
        if value is function or (name, value) in _HEADER:
            continue
        if isinstance(value, FunctionType):
            _visit(value, ordered)
        elif isinstance(value, (int, float)):
            _add(name, value, ordered)
        elif not hasattr(builtins, name):
            raise InputError(
                f"function {function.__name__}: expected torch, numbers and plain functions in it, found {name}"
            )
    _add(function.__name__, function, ordered)


def _add(name: str, value: Any, ordered: dict[str, Any]) -> None:
    if ordered.setdefault(name, value) != value:
        raise InputError(f"{name}: expected one function or number of that name in a formula, found two")


def _text(name: str, value: Any) -> str:
    """One function, or number; empty where every export has it."""
    if not isinstance(value, FunctionType):
        return "" if name == "EPS" and value == functions.EPS else f"{name} = {value!r}"
    try:
        return inspect.getsource(value).strip()
    except (OSError, TypeError) as err:
        raise InputError(f"function {name}: expected its text beside the package, found none") from err
