"""Feed hostile documents to everything that reads one, and record what they did.

``python -m benchmarks.fuzz --inputs 1000000 --seed 0``, from the checkout. It needs atheris (``pip install atheris``),
which nothing else here does. Each reader is fuzzed in a process of its own (:mod:`benchmarks.fuzz.one`), which ends
after its share of the inputs whatever it found. Inputs that did what they may not are left in ``--faults``.
"""

from __future__ import annotations

import argparse
import base64
import json
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.fuzz.targets import TARGETS, Target
from benchmarks.record import record

ENDS = 5
"""A reader whose process ends early so often is left there."""
KINDS = ("exception", "hang", "forbidden", "message")


def main() -> int:
    """Fuzz every reader, and record; 1 where one did what it may not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for all readers together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--target", action="append", choices=TARGETS, help="these alone")
    parser.add_argument("--name", help="of the record  [default: fuzz, of all readers; none of chosen ones]")
    parser.add_argument("--faults", type=Path, help="folder for inputs that did what they may not")
    options = parser.parse_args()
    chosen = [TARGETS[name] for name in options.target or TARGETS]
    shares = sum(target.share for target in chosen)
    numbers = [max(1, -(-int(options.inputs * target.share / shares + 1) // 1)) for target in chosen]
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as threads:
        found = list(threads.map(lambda pair: _fuzzed(*pair, options.seed), zip(chosen, numbers, strict=True)))
    if options.faults is not None:
        _keep(found, options.faults)
    name = options.name or ("fuzz" if options.target is None else None)
    if name is not None:
        _record(name, found, options, time.monotonic() - started)
    return int(any(one["faults"] for one in found))


def _fuzzed(target: Target, inputs: int, seed: int) -> dict[str, Any]:
    """Fuzz one reader, in a process of its own, and in another one where that ends early."""
    started = time.monotonic()
    parts = [_process(target, inputs, seed)]
    while parts[-1]["early"] and len(parts) < ENDS and (done := sum(part["inputs"] for part in parts)) < inputs:
        parts.append(_process(target, inputs - done, seed + 1000 * len(parts)))
    document = {
        "target": target.name,
        **{name: sum(part[name] for part in parts) for name in ("inputs", "accepted")},
        **{name: max(part[name] for part in parts) for name in ("slowest_s", "corpus", "peak_mib", "branches")},
        "faults": [fault for part in parts for fault in part["faults"]],
        "early": sum(part["early"] for part in parts),
        "limit_s": target.limit,
        "seconds": round(time.monotonic() - started, 1),
    }
    faults = "".join(f"\n  {fault['kind']}, {fault['times']} times: {fault['what']}" for fault in document["faults"])
    print(
        f"{target.name}: {document['inputs']} inputs, {document['seconds']} s, {len(parts)} process(es){faults}",
        flush=True,
    )
    return document


def _process(target: Target, inputs: int, seed: int) -> dict[str, Any]:
    """What one process found.

    One that ends early has left the input that it died at, which another process reads, with no fuzzer around it: only
    if that one dies as well, it is a fault of the reader.
    """
    with tempfile.TemporaryDirectory() as place:
        out, log = Path(place) / "out.json", Path(place) / "log"
        words = [sys.executable, "-m", "benchmarks.fuzz.one", target.name, "--out", str(out)]
        with log.open("wb") as file:
            more = ["--inputs", str(inputs), "--seed", str(seed)]
            ended = subprocess.run([*words, *more], stdout=file, stderr=file, check=False).returncode
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        empty = {"inputs": 0, "accepted": 0, "slowest_s": 0.0, "corpus": 0, "peak_mib": 0, "faults": []}
        document: dict[str, Any] = json.loads(out.read_text(encoding="utf-8")) if out.exists() else empty
        covered = [line.partition(" cov: ")[2].split()[0] for line in lines if " cov: " in line]
        document |= {"branches": int(covered[-1]) if covered else 0, "early": int(ended != 0)}
        if ended:
            print(f"{target.name}: ended early with {ended}: {' '.join(lines[-4:])[:300]}", flush=True)
        for left in sorted(Path(place).glob("out.json.*")) if ended else []:
            replayed = subprocess.run([*words, "--replay", str(left)], capture_output=True, check=False).returncode
            again = json.loads(out.read_text(encoding="utf-8"))["faults"] if replayed == 0 else []
            document["faults"] += again
            if replayed:
                data = base64.b64encode(left.read_bytes()).decode()
                what = f"the process ends with {replayed}"
                document["faults"].append({"kind": "exception", "what": what, "times": 1, "data": data})
        return document


def _keep(found: list[dict[str, Any]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in found:
        for number, fault in enumerate(one["faults"]):
            name = "".join(letter if letter.isalnum() else "-" for letter in one["target"])
            (folder / f"{name}-{fault['kind']}-{number}").write_bytes(base64.b64decode(fault["data"]))


def _record(name: str, found: list[dict[str, Any]], options: argparse.Namespace, seconds: float) -> None:
    def faults(one: dict[str, Any], kind: str) -> int:
        return sum(fault["times"] for fault in one["faults"] if fault["kind"] == kind)

    rows = [
        [
            *(one[name] for name in ("target", "inputs", "accepted", "branches", "corpus")),
            *(one["slowest_s"], one["limit_s"], one["peak_mib"]),
            *(faults(one, kind) for kind in KINDS),
            one["early"],
        ]
        for one in found
    ]
    total = ["all", *(sum(row[place] for row in rows) for place in (1, 2)), "", ""]
    total += [max(row[5] for row in rows), "", max(row[7] for row in rows)]
    total += [sum(row[place] for row in rows) for place in range(8, 9 + len(KINDS))]
    said = [word for target in options.target or () for word in ("--target", target)]
    said += [] if options.name is None else ["--name", options.name]
    words = ["--inputs", str(options.inputs), "--seed", str(options.seed), "--jobs", str(options.jobs), *said]
    record(
        name,
        f"python -m benchmarks.fuzz {shlex.join(words)}",
        [
            *("reader", "inputs", "accepted", "branches of lpzero", "corpus", "slowest, CPU s", "limit, CPU s"),
            *("peak MiB", "other exceptions", "too slow", "forbidden acts", "bad messages", "ends of atheris"),
        ],
        [*rows, total],
        seconds=round(seconds),
        atheris=metadata.version("atheris"),
        ends_of_atheris="processes that the fuzzer ended early, at an input that the reader then took without it",
        exception="anything but a result or an LpzeroError",
        forbidden="code run, a program started, a connection, a file outside the given folder opened or changed",
        message="an error of more than one printable line, or of more than 2,000 letters",
    )


if __name__ == "__main__":
    sys.exit(main())
