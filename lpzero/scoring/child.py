"""What runs in the process of a model that is scored in isolation; :mod:`lpzero.scoring.isolation` starts it."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from lpzero.errors import LpzeroError
from lpzero.files import write_json
from lpzero.scoring.isolation import ANSWER, ORDER


def main(folder: str) -> None:
    """Score the model that a folder's order names, and leave the answer there; never returns.

    Args:
        folder: Where the order is.
    """
    order = json.loads((Path(folder) / ORDER).read_text(encoding="utf-8"))
    # the code of a model may read the arguments of its program
    sys.argv[:] = ["lpzero"]
    threading.Thread(target=_end_with_parent, args=(order["alive"],), daemon=True).start()
    code = 1
    try:
        write_json(Path(folder) / ANSWER, _answer(order))
        code = 0
    finally:
        # whatever threads and handlers a model leaves behind
        os._exit(code)


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    """The document of the model, or the error that stands for it."""
    from lpzero.scoring.score import Request

    try:
        # all of lpzero that there will be is loaded: what comes is the model's
        _log_to_stderr()
        scorer = Request(**order["request"]).scorer()
        limit(order["memory"])
        return scorer.score(order["model"]).to_json()
    except BaseException as err:  # even an interrupt is the model's own here
        return error_of(err, order["model"], order["memory"])


def _log_to_stderr() -> None:
    """Let a person read what is logged: what the parent's stderr is, where there is one, is this process's."""
    handler = logging.StreamHandler(sys.stderr) if sys.stderr is not None else logging.NullHandler()
    logging.getLogger("lpzero").addHandler(handler)


def _end_with_parent(alive: int) -> None:
    """End all processes of this session when the one that waits for them is gone."""
    os.read(alive, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def limit(memory: int | None) -> None:
    """Let this process, and each that it starts, allocate so many bytes more, and write no core; for good."""
    import resource

    from lpzero.engines.worker import data_bytes

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory is not None and sys.platform == "linux":
        most = data_bytes() + memory
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def error_of(err: BaseException, text: str, memory: int | None) -> dict[str, Any]:
    """An error as one line with an exit code.

    Args:
        err: What was raised.
        text: The model.
        memory: What it may allocate, bytes.

    Returns:
        ``{"error", "exit_code"}``.
    """
    from lpzero.engines.fault import lacks_memory, line_of

    line = line_of(err)
    if memory is not None and any(map(lacks_memory, (err, err.__cause__ or err))):
        line = (
            f"{text}: expected to fit in {memory:,} bytes beside lpzero, found no room: give it a larger `memory_limit`"
        )
    elif isinstance(err, SystemExit):
        line = f"{text}: the model tried to exit with code {err.code}"
    elif not isinstance(err, (LpzeroError, OSError)):
        line = f"{text}: the model raised {type(err).__name__}: {line}"
    return {"error": line, "exit_code": err.exit_code if isinstance(err, LpzeroError) else LpzeroError.exit_code}
