"""The readers of predictors that are fuzzed: labels, and both files of a kept predictor."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path

from benchmarks.fuzz.inputs import written

KEPT = "ridge.json"


@cache
def _kept() -> tuple[str, bytes]:
    """The document and the arrays of a small kept predictor without intervals, which take most of the time."""
    from lpzero.operands.probe import Probe
    from lpzero.predictors import Regression, Source
    from lpzero.predictors.labels import labels_of
    from lpzero.predictors.store import arrays_path, save
    from lpzero.spaces import get_space
    from lpzero.tables import load_table

    source = Source(get_space("gpt2", "own"), ("spec",), (), Probe(), Path())
    labelled = labels_of(load_table("gpt2-own"), range(4), 0.01)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KEPT
        save(path, Regression("ridge", source, None).fit(labelled), source)
        return path.read_text(encoding="utf-8"), arrays_path(path).read_bytes()


def document() -> str:
    """A valid document."""
    return _kept()[0]


def _read(folder: Path) -> None:
    from lpzero.operands.probe import Probe
    from lpzero.predictors import Source
    from lpzero.predictors.store import Document, read_predictor_document, restored
    from lpzero.proxy.proxy import Proxy
    from lpzero.spaces import get_space

    space = get_space("gpt2", "own")

    def describing(kept: Document, proxies: tuple[Proxy, ...]) -> Source:
        return Source(space, tuple(kept.features), proxies, Probe(**kept.probe.model_dump()), folder)

    path = folder / KEPT
    # nobody is asked about: no model is built
    restored(path, read_predictor_document(path), space, describing).predict([])


def kept(data: bytes, folder: Path) -> None:
    """A document beside good arrays."""
    written(_kept()[1], folder, Path(KEPT).with_suffix(".npz").name)
    written(data, folder, KEPT)
    _read(folder)


def arrays(data: bytes, folder: Path) -> None:
    """Arrays that the document vouches for, or a good file with the input somewhere inside."""
    text, good = _kept()
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
