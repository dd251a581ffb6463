"""The section of ``docs/figures.md`` on sub-networks of a checkpoint, before they learn anything."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded

NAME = "compress"


def compress_section() -> list[str]:
    """Losses by method and size; nothing where there is no record."""
    if not (RESULTS / f"{NAME}.json").exists():
        return []
    record = recorded(NAME)
    header = record.document["header"]
    rows = [
        [row[0], *(cell if isinstance(cell, str) else f"{cell:.3f}" for cell in row[1:-1]), f"{row[-1]:.0f}"]
        for row in record.document["rows"]
    ]
    return [
        "## Sub-networks of a checkpoint",
        "",
        f"Losses of sub-networks of at most so many parameters of {record.document['checkpoint']},",
        f"on {record.document['text']}; the full model has {record.document['loss_of_the_full_model']:.3f}.",
        "Nothing is trained. The methods choose by 16 windows of 256 tokens of another text of the same kind (what is",
        "`measured` by 4, after the estimate of `taylor`), and refit on some more of it. Seconds are those of choosing",
        "and refitting on one thread, less the pass forward and backward, 34 s, that all of them share. What has no",
        "figure was not measured, or there is no such choice.",
        "",
        *grid(header, rows),
        "",
        f"Repeat: {record.command}",
        "",
    ]
