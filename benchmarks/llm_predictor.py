"""A small real language model as a predictor, behind a real server, beside a ridge and what costs nothing."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from record import record

from lpzero import evaluate_predictor
from lpzero.llm import Access, Endpoint, default_path
from lpzero.predictors.prompted import Asking
from lpzero.predictors.result import EvalResult, SpreadOver

HEADER = ("table", "predictor", "mean error", "tau-a", "rho", "without a value", "asked about")


def rows(result: EvalResult) -> list[list[Any]]:
    """One a predictor."""
    asked = result.splits * (result.n - result.labels)
    return [
        [
            *(result.table, row.predictor, _cell(row.mae), _cell(row.tau_a), _cell(row.rho), row.failed),
            asked if result.asked is None else result.asked.replies // result.asked.samples,
        ]
        for row in result.rows
    ]


def _cell(found: SpreadOver) -> float | str:
    return "-" if found.mean is None else found.mean


def main() -> None:
    """Ask the model that the options name, and record the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", default="http://127.0.0.1:8765/v1")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--tables", nargs="+", default=["hat-mt-wmt14ende"])
    parser.add_argument("--labels", type=int, default=10)
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--asked", type=int, default=20)
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--cache", type=Path, default=None)
    given = parser.parse_args()
    endpoint = Endpoint(
        *(given.endpoint, given.model),
        key_variable=None,
        timeout=600,
        deadline=1800,
        temperature=given.temperature,
        max_tokens=40,
    )
    asking = Asking(Access(endpoint, cache=given.cache or default_path()), given.samples)
    found, facts = [], {}
    for table in given.tables:
        began = time.perf_counter()
        result = evaluate_predictor(
            table,
            "llm",
            labels=given.labels,
            splits=given.splits,
            asked=given.asked,
            features=["spec"],
            asking=asking,
            device="cpu",
        )
        asked = result.asked
        assert asked is not None
        found += rows(result)
        statuses = ", ".join(f"{number} {status}" for status, number in asked.statuses.items())
        facts[table] = (
            f"replies: {statuses}; {asked.repaired} repaired, {asked.cached} of the cache; {asked.calls} calls, "
            f"{asked.input} tokens read, {asked.output} written; {time.perf_counter() - began:.0f} s"
        )
    command = f"python benchmarks/llm_predictor.py --tables {' '.join(given.tables)} --labels {given.labels}"
    command += f" --splits {given.splits} --asked {given.asked} --samples {given.samples}"
    command += f" --temperature {given.temperature:g} --model {given.model}"
    about = (
        "SmolLM2, 135 M parameters, instruct, quantised, by llama.cpp; a schema is sent"
        if given.model == "smollm2"
        else given.model
    )
    record("llm-predictor", command, HEADER, found, model=about, **facts)


if __name__ == "__main__":
    main()
