"""What a model's own process makes of its errors, and the limits that it sets itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.scoring.child import error_of

ROOM = "m.py: expected to fit in 1,000 bytes beside lpzero, found no room: give it a larger `memory_limit`"


def _caused(cause: BaseException) -> LpzeroError:
    err = LpzeroError("m.py raised MemoryError: ")
    err.__cause__ = cause
    return err


@pytest.mark.parametrize(
    ("err", "line", "code"),
    [
        (InputError("m.py: expected a model, found none"), "m.py: expected a model, found none", 2),
        (MissingError("no data"), "no data", 3),
        (LpzeroError("one\ntwo"), "one", 1),
        (OSError(28, "No space left"), "[Errno 28] No space left", 1),
        (ValueError("no\nway"), "m.py: the model raised ValueError: no", 1),
        (KeyboardInterrupt(), "m.py: the model raised KeyboardInterrupt: ", 1),
        (SystemExit(7), "m.py: the model tried to exit with code 7", 1),
        (MemoryError(), ROOM, 1),
        (torch.OutOfMemoryError("CUDA out of memory"), ROOM, 1),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), ROOM, 1),
        (_caused(MemoryError()), ROOM, 1),
    ],
)
def test_an_error_is_one_line_with_its_code(err: BaseException, line: str, code: int) -> None:
    assert error_of(err, "m.py", 1000) == {"error": line, "exit_code": code}


def test_without_a_limit_memory_is_the_machines() -> None:
    assert error_of(MemoryError("x"), "m.py", None)["error"] == "m.py: the model raised MemoryError: x"


@pytest.mark.skipif(sys.platform != "linux", reason="private memory is limited on Linux alone")
def test_a_limit_is_of_what_comes_on_top_and_for_good() -> None:
    code = """
import resource
from lpzero.scoring.child import limit
held = bytearray(200 << 20)
limit(100 << 20)
fits = bytearray(50 << 20)
try:
    bytearray(100 << 20)
except MemoryError:
    print("refused")
print(resource.getrlimit(resource.RLIMIT_CORE))
try:
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 40, 1 << 40))
except (ValueError, OSError):
    print("for good")
before = resource.getrlimit(resource.RLIMIT_DATA)
limit(None)
print(resource.getrlimit(resource.RLIMIT_DATA) == before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line != "for good"] == ["refused", "(0, 0)", "True"]
