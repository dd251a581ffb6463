"""What each number of labels buys on every table: the ridge beside the trivial predictors, and what intervals hold."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from record import record

from lpzero import Workers, predictor_curve
from lpzero.predictors.result import CurveResult, PredictorFigures

TABLES = ("gpt2-wt103", "transxl-wt103", "flexibert-own", "gpt2-own", "llama-own")
SHOWN = ("spec_ridge", "params")


def rows(result: CurveResult) -> Iterator[list[Any]]:
    """One a number of labels: the predictor's figures, and the tau-a of others."""
    found = {(row.predictor, row.labels): row for row in result.rows}
    first = result.rows[0].predictor
    for labels in result.labels:
        own = found[first, labels]
        others = [_pair(found[name, labels]) for name in SHOWN]
        yield [
            *(result.table, labels, _pair(own), *others),
            *(_cell(own.tau_a.sd), _cell(own.mae.mean), _cell(found["mean", labels].mae.mean)),
            *(_cell(own.coverage.mean), _cell(own.coverage.sd), _cell(own.width.mean), _cell(own.in_support.mean)),
        ]


def _pair(row: PredictorFigures) -> str:
    return f"{_cell(row.tau_a.mean)} ({_cell(row.matched.mean)})"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def main() -> None:
    """Judge the tables that are named, and record the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--predictor", default="ridge")
    parser.add_argument("--labels", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--name", default="predictor-curve")
    given = parser.parse_args()
    results = []
    for table in given.tables:
        result = predictor_curve(
            table,
            given.predictor,
            labels=given.labels,
            splits=given.splits,
            device="cpu",
            workers=Workers(jobs=given.jobs),
        )
        results.append(result)
    header = (
        *("table", "labels", given.predictor, *SHOWN, "sd over draws", "mean error", "error of the mean"),
        *("coverage of 90 %", "sd over draws", "width", "in support"),
    )
    command = f"python benchmarks/predictor_curve.py --name {given.name} --tables {' '.join(given.tables)}"
    command += f" --predictor {given.predictor} --labels {' '.join(map(str, given.labels))} --splits {given.splits}"
    facts = {"tau_a": "over all pairs, and at matched size in brackets", "features": ", ".join(results[0].features)}
    record(given.name, command, header, [row for result in results for row in rows(result)], **facts)


if __name__ == "__main__":
    main()
