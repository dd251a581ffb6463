"""Searches by a schedule of predictors, for the page of figures."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded

PARTS = {
    "hat-mt": "`hat-mt`, the paper's sizes: ridge with 10 labels, then a Gaussian process with 30; predicted BLEU",
    "replay": "`gpt2-own` replayed: `snip`, then its losses looked up; loss",
}
OTHERS = ("plain", "plain, as many", "random, as many")


def schedule_section() -> list[str]:
    """Schedules beside plain search with the dear predictor."""
    if not (RESULTS / "schedule.json").exists():
        return []
    record, rows = recorded("schedule"), []
    for part, what in PARTS.items():
        (row,) = record.rows(part=part, seed="all")
        seeds = len(record.rows(part=part)) - 1
        calls = f"{row['dear calls']:.0f} of {row['of plain search']:.0f}"
        share = f"{row['share, %']:.1f} % ({row['share without a cache, %']:.1f} %)"
        best = [f"{row[f'best: {one}']:.4f}" for one in ("schedule", *OTHERS)]
        less = [row[f"better than {one.replace(', ', ' with ')}, %"] for one in OTHERS]
        rows.append([what, str(seeds), calls, share, *best, *less, row["the best is reported, all fits"]])
    header = ["what", "seeds", "dear calls", "share (without a cache)", "best", *(f"best: {one}" for one in OTHERS)]
    header += ["better than plain by, %", "than plain, as many", "than random, as many", "best reported, all fits"]
    return [
        "## Schedules of predictors",
        "",
        "A cheap predictor first and a dear one later, beside the same evolution with the dear one alone, its first",
        "architectures, as many as the schedule asked the dear one about, and a random search with as many: means, and",
        f"mean relative differences of the best, paired by seed, with intervals of 95 %. By {record.command}.",
        "",
        *grid(header, rows),
    ]
