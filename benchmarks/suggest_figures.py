"""The section of ``docs/figures.md`` on what to train next."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded

NAME, TOLD = "suggest", "suggest-operands"


def suggest_section() -> list[str]:
    """Replays of tables; nothing where there is no record."""
    if not (RESULTS / f"{NAME}.json").exists():
        return []
    told = (RESULTS / f"{TOLD}.json").exists()
    return [
        "## What to train next",
        "",
        "Trainings until one of the best 1 % of a table is found (of a band of about equal size, 3 %), means over 20",
        "seeds; labels are told when they are asked for. Differences are paired by seed, with intervals of 95 %. The",
        "strongest count is chosen by all labels: nobody could have it before.",
        "",
        *_grid(NAME),
        *(["", "The same where it is told `operands` as well:", "", *_grid(TOLD)] if told else []),
    ]


def _grid(name: str) -> list[str]:
    """The rows of a record."""
    record = recorded(name)
    header = ["architectures of", "number", "random search", "random 8, ridge", "attention 4, ridge"]
    header += ["strongest count (looks at labels)", "suggest, 4 at a time", "1 at a time"]
    header += ["4 at a time less random 8", "less attention 4", "command"]
    rows = [
        [
            *(row["architectures of"], str(row["number"]), f"{row['random search, expected']:.1f}"),
            *(f"{row['random 8, ridge']:.1f}", f"{row['attention 4, ridge']:.1f}", str(row["by the strongest count"])),
            *(f"{row['suggest, 4 at a time']:.1f}", f"{row['suggest, 1 at a time']:.1f}"),
            *(row["4 at a time less random 8"], row["less attention 4"], record.command),
        ]
        for row in record.rows()
    ]
    return grid(header, rows)
