"""The figures of predictors: what labels buy, and whether the chances of a gate come true."""

from __future__ import annotations

from record import RESULTS
from records import brief, grid, recorded, short

CURVES = ("gpt2-wt103", "transxl-wt103", "gpt2-own", "llama-own", "flexibert-own")


def predictor_section() -> list[str]:
    """Predictors, beside those that anybody has."""
    named = [(table, f"predictor-curve-{table}") for table in CURVES]
    there = [(table, name) for table, name in named if (RESULTS / f"{name}.json").exists()]
    rows = []
    for table, name in there:
        record = recorded(name)
        rows += [
            [
                *(f"`{table}`", str(row["labels"]), *(brief(row[who]) for who in ("ridge", "spec_ridge", "params"))),
                *(brief(row["coverage of 90 %"]), record.command),
            ]
            for row in record.rows()
        ]
    lines = [
        "## Predictors",
        "",
        "What a ridge that has seen so many labels says of the others, mean over 20 draws of labels: tau-a over all",
        "pairs, and at matched size in brackets; beside it the same ridge on the specification alone, and a line",
        "through the parameters. The last but one column is the share of qualities inside intervals of 90 %.",
        "",
        *grid(["table", "labels", "ridge", "`spec_ridge`", "`params`", "inside", "command"], rows),
    ]
    return lines + (_gate() if (RESULTS / "gate.json").exists() else [])


def _gate() -> list[str]:
    record = recorded("gate")
    rows = [
        [
            *(f"`{row['table']}`", str(row["labels"]), row["pairs"], short(row["cannot say"]), brief(row["Brier"])),
            *(short(row["Brier of the larger"]), short(row["right"]), short(row["larger is right"])),
            *(short(row["calibration error"]), brief(row["stated: came true"])),
        ]
        for row in record.rows()
    ]
    header = ["table", "labels", "pairs", "cannot say", "Brier", "of the larger", "right", "larger is right"]
    return [
        f"Which of two trains better, by {record.command}: the probability of",
        "`lpzero gate` for pairs that nobody labelled (Brier score, mean and standard deviation over the draws),",
        "beside always saying the larger one. The last columns are the mean distance of what was stated from the",
        "share that came true, and both for five ranges of it; always saying a half has a Brier score of .25.",
        "",
        *grid([*header, "calibration error", "stated: came true"], rows),
    ]
