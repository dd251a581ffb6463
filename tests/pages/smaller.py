"""What the commands of a page are made smaller by, so that a test can afford them: all of it stands here.

A page says what a user gives. A test gives the same command, with ``SETTINGS`` where the page leaves them open, with
other numbers where a row of ``NUMBERS`` says so, and on tables of 32 records at most (``thinned.py``), unless it
is one of ``WHOLE``.
"""

from __future__ import annotations

import re

_PASS = {"BATCH": "2", "TOKENS": "16", "JOBS": "1", "DEVICE": "cpu"}

_BY_COMMAND: dict[str, dict[str, str]] = {
    "EVOLVE": {**_PASS, "START": "random", "GENERATIONS": "2", "POPULATION": "20", "ISLANDS": "1", "ELEMENTS": "64"},
    "ENUMERATE": {**_PASS, "KEEP": "200", "SEARCH_SIZE": "12", "ELEMENTS": "64"},
    "RANK": _PASS,
    "COMPARE": _PASS,
    "TRANSFER": _PASS,
    "EXPLAIN": {**_PASS, "ARCHS": "12", "REDRAWS": "1"},
    "PREDICTOR_CURVE": {**_PASS, "LABELS": "8,12", "SPLITS": "2"},
    "PREDICTOR_EVAL": _PASS,
    "PREDICTOR_FIT": _PASS,
    "PREDICTOR_DISTILL": {
        **{name: _PASS[name] for name in ("BATCH", "TOKENS", "JOBS")},
        "NUMBER": "40",
        "HELD_OUT": "20",
    },
    "GATE": _PASS,
    "SUGGEST": _PASS,
    "SEARCH": {**_PASS, "SAMPLES": "6", "KEEP": "2"},
    "SCORE": _PASS,
    "COMPRESS": {"CONTEXT": "16", "WINDOWS": "2", "LOOKING": "2", "FITTING": "2", "DEVICE": "cpu"},
    "TABLES_BUILD": {"STEPS": "10", "LENGTH": "16", "BATCH": "2", "JOBS": "1", "DEVICE": "cpu"},
    "PRINCIPLES_TRANSFER": {"TRIALS": "8", "SEEDS": "2"},
}
SETTINGS = {f"LPZERO_{command}_{name}": value for command, row in _BY_COMMAND.items() for name, value in row.items()}
"""Variables that give an option where the page does not; a flag on the page wins."""

NUMBERS: tuple[tuple[str, str], ...] = (
    (r"--archs \d+ --repeat \d+", "--archs 12 --repeat 2"),  # trainings
    (r"--archs 1000\b", "--archs 4"),
    (r"--archs 50\b", "--archs 12"),  # of 32 records
    (r"--samples \d\d+", "--samples 6"),  # architectures that are scored
    (r"--percentiles \d+", "--percentiles 3"),
    (r"--max-latency 30ms --budget 5m", "--max-latency 10s"),  # a machine with other work
    (r"--predictor llm --labels 10 --splits 3", "--predictor llm --labels 10 --splits 1 --asked 4"),  # questions
    (r"--table llama-own --labels 32", "--table llama-own --labels 12 --splits 2"),  # draws of labels
    (r"--labels (64|100)\b", "--labels 12"),  # of 32 records
    (r"--initialisations \d+", "--initialisations 2"),
    (r"--max-params 106M", "--max-params 12k"),  # of a checkpoint of some thousand parameters
    (r"--(recover|elastic) \d+", r"--\1 2"),  # steps
    (r"--engine ray --address auto", "--engine ray"),  # a cluster of one machine that ends with the command
    (r"^parents = 25 .*$", "parents = 2"),  # of the schedule: populations, iterations, steps
    (r"^(mutants|crossovers) = 50$", r"\1 = 2"),
    (r"^iterations = 30$", "iterations = 2"),
    (r"^from = 15$", "from = 1"),
    (r"^steps = 100$", "steps = 2"),
    (r"samples=20\b", "samples=6"),  # the same in Python
    (r"generations=5\b", "generations=2"),
)
"""What a number on a page is replaced by."""

WHOLE = (
    *("lpzero tables", "lpzero principles", "lpzero spaces"),
    *("lpzero rank gpt2/own", "lpzero compare gpt2/own", "lpzero search --table gpt2-wt103"),
)
"""Commands that see every record of a table: they build no model for each, or leave out what a shipped proxy was chosen
on, which are parts of the whole table."""


def smaller(text: str) -> str:
    """A command, a script or a file of a page with smaller numbers.

    >>> smaller("lpzero score architecture.toml --percentiles 200")
    'lpzero score architecture.toml --percentiles 3'
    """
    for pattern, replacement in NUMBERS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text
