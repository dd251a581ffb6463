"""Readers of a schedule and of what a search by one keeps, with valid documents."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

from benchmarks.fuzz import seeds
from benchmarks.fuzz.inputs import written

DOCUMENT = (
    'parents = 3\nmutants = 2\ncrossovers = 2\niterations = 4\nmutation = 0.3\ncontrol = "none"\n'
    '[[phase]]\nfrom = 0\npredictor = "sum(l1(weight))"\ndirection = "lower"\n'
    '[[phase]]\nfrom = 2\npredictor = "training"\nsteps = 10\n'
)
SIZES = {"parents": 3, "mutants": 2, "crossovers": 2, "iterations": 4, "mutation": 0.3}


def document(data: bytes, folder: Path) -> None:
    """A ``schedule.toml``; no predictor of it is looked for."""
    from lpzero.nas.schedule.document import read_schedule

    read_schedule(written(data, folder, "schedule.toml"))


def config(data: bytes, folder: Path) -> None:
    """The settings of a search by a schedule."""
    from lpzero.nas.schedule.config import ScheduleConfig
    from lpzero.nas.schedule.folder import ScheduleRunFolder

    written(data, folder, "config.json")
    ScheduleRunFolder.open(folder, ScheduleConfig)


def answers(data: bytes, folder: Path) -> None:
    """Lines of what predictors said."""
    from lpzero.nas.schedule.folder import ScheduleRunFolder

    written(data, folder, "scored.jsonl")
    ScheduleRunFolder(folder).kept_answers(2)


def result(data: bytes, folder: Path) -> None:
    """The result, as it is printed."""
    from lpzero.cli.search import _print
    from lpzero.nas.schedule.folder import ScheduleRunFolder

    written(data, folder, "result.json")
    found = ScheduleRunFolder(folder).read_result()
    assert found is not None
    with contextlib.redirect_stdout(io.StringIO()):
        _print(found)


def _config() -> str:
    one = {"kind": "proxy", "name": "depth", "text": "depth", "higher_is_better": True}
    phases = [{"begins": 0, "predictor": 0}, {"begins": 2, "predictor": 1}]
    facts = {"space": "gpt2", "protocol": "own", "predictors": [one, {**one, "name": "x"}], "phases": phases}
    return json.dumps({**facts, "evolution": SIZES, "control": True})


def _answers() -> str:
    said = [{"score": 1.5, "status": "ok", "reason": ""}, {"score": None, "status": "failed", "reason": "why"}]
    lines = [
        {"predictor": place, "architecture": json.loads(text), **one, "seconds": 0.5}
        for place, (text, one) in enumerate(zip(seeds.architectures()[:2], said, strict=True))
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def _result() -> str:
    phase = {
        "begins": 0,
        "ends": 3,
        "predictor": "depth",
        "direction": "higher",
        "scored": 9,
        "best": "k",
        "score": 8.0,
    }
    calls = {"predictor": "depth", "kind": "proxy", "direction": "higher", "calls": 9, "without_cache": 20}
    more = {"control_calls": 9, "failed": 0, "extrapolated": 0, "seconds": 0.5}
    facts = {"algorithm": "schedule", "evolution": {"population": 7, **SIZES}, "phases": [phase], "proof": None}
    return json.dumps({**json.loads(seeds.search_result()), **facts, "predictors": [{**calls, **more}]})


READERS = (
    ("schedule.toml", document, lambda: (DOCUMENT,)),
    ("schedule config.json", config, lambda: (_config(),)),
    ("schedule scores", answers, lambda: (_answers(),)),
    ("schedule result.json", result, lambda: (_result(),)),
)
"""Name, reader, valid documents."""
