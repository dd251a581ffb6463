"""Isolation: the code of a model runs in a process of its own, with limits and without secrets.

The process leads a session of its own. Its environment is a list of harmless names, without tokens, proxies or keys,
and with the hub offline; its home and its folder for temporary files are new ones that are removed afterwards. It keeps
the working directory, so that a model finds there what it finds without ``--isolate``, and its score is the same.

It is no sandbox. The files that the user may read or write are still there, and so are sockets: a network namespace is
not to be had everywhere without privileges. What a model prints is never taken for its result; but code that looks for
the result of its own process can forge it, and code that forgets its environment can outlive it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from lpzero.engines import Limits
from lpzero.engines.signals import ending_of
from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_json
from lpzero.paths import cache_home
from lpzero.scoring.answer import checked, unreadable
from lpzero.settings import parse_json, read_bounded

if TYPE_CHECKING:
    from lpzero.scoring.result import ModelScore
    from lpzero.scoring.score import Request

ORDER, ANSWER, HOME = "order.json", "answer.json", "home"
KEPT = (
    *("PATH", "LD_LIBRARY_PATH", "LANG", "LANGUAGE", "TZ", "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"),
)
"""Names of the environment that a model's process is given, beside those that begin with ``LC_``."""

# The modules that this process finds are those that the other one finds, and nothing in its working directory is.
_START = "import sys; sys.path[:] = sys.argv[2:]; from lpzero.scoring.child import main; main(sys.argv[1])"
_ROUNDS = 50


def require_isolation() -> None:
    """Raise InputError where processes cannot be isolated."""
    if os.name != "posix":
        raise InputError(f"`isolate`: expected Linux or macOS, found {sys.platform}")


def score_isolated(text: str, request: Request, names: Sequence[str], allowed: Limits) -> ModelScore:
    """Score one model in a process of its own.

    Args:
        text: What the user gave.
        request: What is asked of every model.
        names: Those of its proxies, in its order.
        allowed: What the process may take: time for the whole of it, its start included, and what it and every process
            that it starts may allocate beyond what lpzero itself takes. What counts as allocated is private memory that
            can be written (``RLIMIT_DATA``). The limit of address space (``RLIMIT_AS``) would count the libraries that
            torch maps and the ranges that CUDA reserves, tens of GiB that nobody uses. Processes and open files have no
            limit of their own: the system counts the former for the whole user.

    Returns:
        What :meth:`lpzero.scoring.score.ModelScorer.score` returns.

    Raises:
        LpzeroError: Likewise; the process exceeded a limit, was killed, or ended without a result.
    """
    with tempfile.TemporaryDirectory(prefix="lpzero-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / HOME).mkdir()
        with _started(folder, text, request, allowed) as process:
            try:
                code = process.wait(allowed.seconds)
            except subprocess.TimeoutExpired:
                raise LpzeroError(
                    f"{text}: expected a result within {allowed.seconds:g} s, found none: give it a longer `time_limit`"
                ) from None
        if not (folder / ANSWER).is_file():
            raise LpzeroError(f"{text}: expected a result, found none: its process {_ending(code)}")
        try:
            answer = parse_json(read_bounded(folder / ANSWER))
        except (OSError, ValueError):
            raise unreadable(text) from None
    return checked(answer, text, request.seed, list(names))


def _ending(code: int) -> str:
    """How a process ended that left no result."""
    # the system ends what it has no memory for with the one, libraries end themselves with the other
    return ending_of(code) + (", perhaps for memory" if -code in (signal.SIGKILL, signal.SIGABRT) else "")


def environment(home: Path) -> dict[str, str]:
    """The environment of a model's process: harmless names alone, a new home, and where our own files are.

    Args:
        home: The new home, which is the folder for temporary files too.
    """
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
    from huggingface_hub import constants

    # found from the old home; the hub's token is not among the models
    places = {"LPZERO_HOME": str(cache_home().absolute()), "HF_HUB_CACHE": str(Path(constants.HF_HUB_CACHE).absolute())}
    if data := os.environ.get("LPZERO_DATA"):
        places["LPZERO_DATA"] = str(Path(data).expanduser())
    return {**kept, **places, "HF_HUB_OFFLINE": "1", "HOME": str(home), "TMPDIR": str(home)}


@contextmanager
def _started(folder: Path, text: str, request: Request, allowed: Limits) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a model; at the end of the block it is gone, with all that it started."""
    # nobody writes into this pipe: the other process sees its end when this one is gone, however it goes
    alive, mine = os.pipe()
    home = folder / HOME
    order = {"model": text, "request": asdict(request), "memory": allowed.memory, "alive": alive}
    try:
        write_json(folder / ORDER, order)
        paths = [str(Path(entry).absolute()) for entry in sys.path]
        process = subprocess.Popen(  # noqa: S603  (this Python and our own module)
            [sys.executable, "-I", "-c", _START, str(folder), *paths],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            # what a model prints is no part of a result
            stdout=subprocess.DEVNULL if sys.stderr is None else 2,
            start_new_session=True,
            pass_fds=(alive,),
        )
        try:
            yield process
        finally:
            _end(process, home)
    finally:
        os.close(alive)
        os.close(mine)


def _end(process: subprocess.Popen[bytes], home: Path) -> None:
    """Kill a process with all that it started, sessions of their own included: they share its home."""
    if process.poll() is None:
        # it may end meanwhile
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(_ROUNDS):
        # what forks while it is looked for is found the next time
        left = [other for other in psutil.process_iter() if _home_of(other) == str(home)]
        if not left:
            return
        for other in left:
            with suppress(psutil.Error):
                other.kill()


def _home_of(process: psutil.Process) -> str | None:
    """The home in a process's environment; None of one that is gone, or another user's."""
    try:
        return process.environ().get("HOME")
    except (psutil.Error, OSError):
        return None
