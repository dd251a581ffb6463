"""The readers of predictors that are fuzzed: labels, both files of a kept predictor, and what suggestions come back."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.fuzz.inputs import written

KEPT = "kept.json"
RIDGE, STUDENT, SHOWN = "ridge", "student", "shown"
"""What is kept: a ridge without intervals, which take most of the time; what it taught; what a language model sees."""


@cache
def _kept(which: str) -> tuple[str, bytes]:
    """The document of a small kept predictor, and its arrays; nothing where it has none."""
    from lpzero.operands.probe import Probe
    from lpzero.predictors import Regression, Source
    from lpzero.predictors.distilled import BOOSTING, Student, draw_pool
    from lpzero.predictors.labels import labels_of
    from lpzero.predictors.prompted import Prompt, Task
    from lpzero.predictors.store import KeptPrompt, arrays_path, save
    from lpzero.spaces import get_space
    from lpzero.tables import load_table

    space, table = get_space("gpt2", "own"), load_table("gpt2-own")
    source = Source(space, ("spec",), (), Probe(), Path())
    labelled = labels_of(table, range(4), 0.01)
    fitted = Regression("ridge", source, None).fit(labelled)
    kept: Any = fitted
    if which == STUDENT:
        pool = draw_pool(space, 20, 0)
        kept = Student.taught(BOOSTING, fitted, source, source.describe(pool), fitted.predict(pool), seed=0)
    elif which == SHOWN:
        kept = KeptPrompt(Prompt(space, Task.of(table), labelled))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KEPT
        save(path, kept, source)
        arrays = arrays_path(path)
        return path.read_text(encoding="utf-8"), arrays.read_bytes() if arrays.exists() else b""


def document(which: str = RIDGE) -> str:
    """A valid document."""
    return _kept(which)[0]


def _read(folder: Path) -> None:
    from lpzero.llm import Access, Endpoint
    from lpzero.operands.probe import Probe
    from lpzero.predictors import Source
    from lpzero.predictors.prompted import Asking
    from lpzero.predictors.store import Document, read_predictor_document, restored
    from lpzero.proxy.proxy import Proxy
    from lpzero.spaces import get_space

    space = get_space("gpt2", "own")

    def describing(kept: Document, proxies: tuple[Proxy, ...]) -> Source:
        return Source(space, tuple(kept.features), proxies, Probe(**kept.probe.model_dump()), folder)

    path = folder / KEPT
    # no architecture is asked about: no model is built, and nobody is at the other end
    with Asking(Access(Endpoint("http://127.0.0.1:9/v1", "none", key_variable=None))).open() as asker:
        restored(path, read_predictor_document(path), space, describing, asker).predict([])


def kept(data: bytes, folder: Path, which: str = RIDGE) -> None:
    """A document beside good arrays."""
    written(_kept(which)[1], folder, Path(KEPT).with_suffix(".npz").name)
    written(data, folder, KEPT)
    _read(folder)


def arrays(data: bytes, folder: Path, which: str = RIDGE) -> None:
    """Arrays that the document vouches for, or a good file with the input somewhere inside."""
    text, good = _kept(which)
    whole = data if data[:2] == b"PK" else good[: len(data)] + data + good[len(data) :]
    facts = {**json.loads(text), "sha256": hashlib.sha256(whole).hexdigest()}
    written(whole, folder, Path(KEPT).with_suffix(".npz").name)
    written(json.dumps(facts).encode(), folder, KEPT)
    _read(folder)


def labels(data: bytes, folder: Path, name: str) -> None:
    """A user's labels, and the same file as architectures alone."""
    from lpzero.predictors.labels import read_architectures, read_labels
    from lpzero.spaces import get_space

    path, space = written(data, folder, name), get_space("gpt2", "own")
    read_architectures(path, space)
    read_labels(path, space, higher_is_better=False)


def suggestions(data: bytes, folder: Path, name: str = "next.csv") -> None:
    """The file of a folder of suggestions as it comes back, and once more as it is then written."""
    from lpzero.acquisition.attempts import Tried
    from lpzero.acquisition.attempts_file import read_attempts, write_attempts
    from lpzero.spaces import get_space

    path, space = written(data, folder, name), get_space("gpt2", "own")
    lines = read_attempts(path, space, Tried(space))
    again = folder / "again.csv"
    write_attempts(again, lines)
    assert read_attempts(again, space, Tried(space)) == lines


@cache
def suggested() -> str:
    """Such a file, filled in as people do: a quality, a training that failed, and one that goes on."""
    from lpzero.acquisition.attempts import Attempt, AttemptStatus
    from lpzero.acquisition.attempts_file import Line, write_attempts
    from lpzero.tables import load_table

    some = [record.architecture for record in load_table("gpt2-own").records[:3]]
    came = ((AttemptStatus.OK, 4.25), (AttemptStatus.OUT_OF_MEMORY, None), (AttemptStatus.PENDING, None))
    said = {"by": "labels", "value": "4.3", "low": "4.1", "high": "4.5", "chance": "0.2"}
    lines = [Line(f"a{i}", Attempt(one, *came[i]), said if i else {"by": "start"}) for i, one in enumerate(some)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "next.csv"
        write_attempts(path, lines)
        return path.read_text(encoding="utf-8")
