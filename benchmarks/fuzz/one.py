"""Fuzz one reader in this process: ``python -m benchmarks.fuzz.one TARGET --inputs N --seed S --out FILE``.

atheris guides it by the branches of lpzero that an input takes. Three in ten inputs are mutated by libFuzzer, byte by
byte, and the others token by token (:mod:`benchmarks.fuzz.mutation`).
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import random
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["lpzero"]):
    from benchmarks.fuzz.mutation import by_kind, mutated
    from benchmarks.fuzz.targets import TARGETS, Target
    from benchmarks.fuzz.watch import Watch
    from lpzero.errors import LpzeroError

LONGEST = 1 << 17
KEPT_EVERY = 1000


def main() -> None:
    """Fuzz until all inputs are spent, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--replay", type=Path, help="read this input alone, without atheris' mutations")
    options = parser.parse_args()
    target = TARGETS[options.target]
    with tempfile.TemporaryDirectory(dir=_memory()) as place:
        corpus, folder = Path(place) / "corpus", Path(place) / "files"
        corpus.mkdir()
        folder.mkdir()
        texts = target.seeds()
        if options.replay is not None:
            _replay(target, texts, folder, corpus, options)
            return
        for number, text in enumerate(texts):
            (corpus / str(number)).write_text(text, encoding="utf-8")
        _fuzz(target, texts, folder, corpus, options)


def _memory() -> str | None:
    """A folder that is no disk, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - it holds a folder of its own


def _warm(target: Target, texts: tuple[str, ...], folder: Path) -> None:
    """Import now what a reader imports when it is first used."""
    for text in texts:
        with contextlib.suppress(LpzeroError):
            target.read(text.encode(), folder)


def _replay(target: Target, texts: tuple[str, ...], folder: Path, corpus: Path, options: argparse.Namespace) -> None:
    watch = Watch(lambda data: target.read(data, folder), folder, target.limit)
    _warm(target, texts, folder)
    watch(options.replay.read_bytes())
    _write(target, watch, corpus, options.out)


def _fuzz(target: Target, texts: tuple[str, ...], folder: Path, corpus: Path, options: argparse.Namespace) -> None:
    watch = Watch(lambda data: target.read(data, folder), folder, target.limit)
    with atheris.instrument_imports(include=["lpzero"]):
        _warm(target, texts, folder)
    watch.arm()
    others = by_kind(texts)

    def change(data: bytes, longest: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.3:
            return bytes(atheris.Mutate(data, longest))
        return mutated(data.decode("utf-8", "surrogateescape"), rng, others).encode("utf-8", "surrogatepass")[:longest]

    def test(data: bytes) -> None:
        watch(data)
        if watch.inputs >= options.inputs:
            _write(target, watch, corpus, options.out)
            sys.stdout.flush()
            # libFuzzer itself never returns, and the parent tidies up
            os._exit(0)
        if watch.inputs % KEPT_EVERY == 0:
            _write(target, watch, corpus, options.out)

    # atheris' own alarm ends the process on a machine that is busy; the watch has a limit on processor time
    flags = [f"-seed={options.seed + 1}", f"-max_len={LONGEST}", "-timeout=3600", "-rss_limit_mb=0", "-len_control=0"]
    # the input that ended the process, if one did, lies beside what was found
    flags.append(f"-artifact_prefix={options.out}.")
    atheris.Setup([sys.argv[0], *flags, str(corpus)], test, custom_mutator=change)
    atheris.Fuzz()


def _write(target: Target, watch: Watch, corpus: Path, out: Path) -> None:
    """Write what was found so far."""
    faults = [
        {"kind": f.kind, "what": f.what, "times": f.times, "data": base64.b64encode(f.data).decode()}
        for f in watch.faults.values()
    ]
    document: dict[str, Any] = {
        "target": target.name,
        "inputs": watch.inputs,
        "accepted": watch.accepted,
        "slowest_s": watch.slowest,
        "slowest": base64.b64encode(watch.slowest_data).decode(),
        "corpus": len(list(corpus.iterdir())),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "faults": faults,
    }
    out.write_text(json.dumps(document))


if __name__ == "__main__":
    main()
