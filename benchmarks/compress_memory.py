"""How much memory does `lpzero compress` take, step by step, in checkpoints?

Each run is a process of its own, whose resident memory is read at the end of every step (Linux alone): the highest
since the step began, less what a process has that imports torch and transformers and does nothing, by the bytes of the
checkpoint's own safetensors. The checkpoint is mapped, so that a machine that is short of memory takes its pages away
and the figure is too low; beside it stands one that is never too low: the memory that is not mapped from files, by
samples, and the whole checkpoint.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from record import record

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
NOTHING, OWN = "nothing", "own"
SECONDS = 0.02
STEPS = (
    "reading",
    "choosing",
    "measuring the divergence",
    "refitting",
    "recovering",
    "proving",
    "writing",
    "writing a sample",
    "measuring speed",
)


def main() -> None:
    """Measure each way to compress in a process of its own, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--check", type=Path, required=True)
    parser.add_argument("--keep", type=float, default=0.79)
    parser.add_argument("--settings", default="{}", help="of the compression, as JSON: numbers of windows, above all")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--name", default="compress-memory")
    given = parser.parse_args()
    if given.child is not None:
        print(json.dumps(_measured(given)))
        return
    size = sum(path.stat().st_size for path in given.model.glob("*.safetensors"))
    empty = _in_a_process(given, "empty")
    rows: list[list[Any]] = []
    for controls in (False, True):
        peaks = _in_a_process(given, json.dumps({"controls": controls} | json.loads(given.settings)))
        above = {step: (peak - empty[NOTHING]) / size for step, peak in peaks.items()}
        own = 1 + (peaks[OWN] - empty[OWN]) / size
        way = "with controls" if controls else "no controls"
        rows.append([way, max(above[step] for step in STEPS if step in above), own, *map(above.get, STEPS)])
    record(
        given.name,
        "python benchmarks/compress_memory.py --model DIR --calibration wikitext2-test.txt --check wikitext2-valid.txt",
        ["way", "peak", "unmapped and the checkpoint", *STEPS],
        [["-" if cell is None else cell for cell in row] for row in rows],
        unit="bytes of the checkpoint's safetensors",
        checkpoint=f"{size:,} bytes",
        an_empty_process=f"{empty[NOTHING]:,} bytes",
        keep=given.keep,
        settings=given.settings,
    )


def _in_a_process(given: argparse.Namespace, child: str) -> dict[str, int]:
    command = [sys.executable, __file__, "--child", child]
    for name in ("model", "calibration", "check", "keep"):
        command += [f"--{name}", str(getattr(given, name))]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ}).stdout
    found: dict[str, int] = json.loads(said.splitlines()[-1])
    print(child, found, flush=True)
    return found


def _measured(given: argparse.Namespace) -> dict[str, int]:
    """The most bytes of each step."""
    import torch
    import transformers

    del torch, transformers
    if given.child == "empty":
        return {NOTHING: _bytes("VmHWM"), OWN: _bytes("RssAnon")}
    import lpzero
    from lpzero.compression.settings import CompressSettings
    from lpzero.progress import Progress

    peaks: dict[str, int] = {}
    now = STEPS[0]

    def watch(progress: Progress) -> None:
        nonlocal now
        peaks[now] = max(peaks.get(now, 0), _bytes("VmHWM"))
        # steps inside a step are part of it
        if progress.step in STEPS and progress.step != now:
            now = progress.step
            RESET.write_text("5")

    with _sampled(peaks), tempfile.TemporaryDirectory() as out:
        lpzero.compress(
            given.model,
            output=Path(out) / "smaller",
            calibration=given.calibration,
            check=given.check,
            keep=given.keep,
            settings=CompressSettings(**json.loads(given.child)),
            watch=watch,
        )
    peaks[now] = max(peaks.get(now, 0), _bytes("VmHWM"))
    return peaks


def _bytes(name: str) -> int:
    """What the system says of this process: ``VmHWM``, most that was resident since its reset, or ``RssAnon``."""
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
    assert found is not None
    return int(found[1]) * 1024


@contextmanager
def _sampled(peaks: dict[str, int]) -> Iterator[None]:
    """Keep the most unmapped bytes that samples see inside the block."""
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SECONDS):
            peaks[OWN] = max(peaks.get(OWN, 0), _bytes("RssAnon"))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
