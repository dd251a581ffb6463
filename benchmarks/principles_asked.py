"""Principles that a real language model proposes: how many of its rules does the source bear out?

``python benchmarks/principles_asked.py --endpoint http://127.0.0.1:8765/v1 --model NAME``, from the checkout. Each seed
shows the model another sample of the top and of the rest, and the whole of ``lpzero principles ask`` runs, which mines
the table where nothing that the model says survives.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import lpzero  # noqa: E402
from benchmarks.record import record  # noqa: E402
from lpzero.llm import Access, Endpoint, default_path  # noqa: E402
from lpzero.principles import Principles, as_text  # noqa: E402

HEADER = ["table", "seed", "reply", "proposed", "survived", "advice", "kept", "top kept", "rules", "dropped"]


def main() -> None:
    """Ask the model that the options name, and record what becomes of its proposals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", default="http://127.0.0.1:8765/v1")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--tables", nargs="+", default=["gpt2-own", "rnn-own"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-tokens", type=int, default=800)
    parser.add_argument("--cache", type=Path, default=None)
    given = parser.parse_args()
    began = time.perf_counter()
    rows = list(_rows(given))
    proposed, survived = sum(row[3] for row in rows), sum(row[4] for row in rows)
    record(
        "principles-asked",
        f"python benchmarks/principles_asked.py --model {given.model} --tables {' '.join(given.tables)} "
        f"--seeds {given.seeds} --max-tokens {given.max_tokens}",
        HEADER,
        rows,
        model=given.model,
        replies=", ".join(f"{number} {status}" for status, number in Counter(row[2] for row in rows).items()),
        proposed=f"{proposed} rules in {len(rows)} replies",
        survived=f"{survived}, {survived / proposed:.0%}" if proposed else "0: no reply has a rule",
        rules="those of the model; (mined) where none of them survived, and the table was mined",
        seconds=round(time.perf_counter() - began),
    )


def _rows(given: argparse.Namespace) -> Iterator[list[Any]]:
    for table in given.tables:
        for seed in range(given.seeds):
            endpoint = Endpoint(
                *(given.endpoint, given.model),
                key_variable=None,
                timeout=900,
                deadline=1800,
                max_tokens=given.max_tokens,
                seed=seed,
            )
            access = Access(endpoint, cache=given.cache or default_path())
            with tempfile.TemporaryDirectory() as home:
                found = lpzero.ask_principles(table, Path(home) / "p.json", access, top="20%", or_mine=True, seed=seed)
            yield _row(table, seed, found)


def _row(table: str, seed: int, found: Any) -> list[Any]:
    listed = Principles.model_validate(found.document).principles
    active = [as_text(one.rule) for one in listed if one.rule is not None and one.status == "active"]
    dropped = [one.history[-1].reason for one in listed if one.status == "dropped" and one.history]
    advice = sum(one.status == "advice" for one in listed)
    told = "; ".join(active) + (" (mined)" if found.by == "miner" else "")
    reasons = "; ".join(dropped) or found.reason or "-"
    shares = [found.source.kept, found.source.top_kept]
    return [table, seed, found.status, found.proposed, found.survived, advice, *shares, told, reasons]


if __name__ == "__main__":
    main()
