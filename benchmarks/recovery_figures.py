"""What a short recovery is worth, for the page of figures."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded

COLUMNS = ("before", "after", "other text, before", "other text, after")


def recovery_section() -> list[str]:
    """A checkpoint without whole layers before and after, and the full one treated alike."""
    if not (RESULTS / "compress-recovery.json").exists():
        return []
    record, rows = recorded("compress-recovery"), []
    steps, loss, other, learned = (record.document[name] for name in ("steps", "loss", "other", "learned"))
    for row in record.rows():
        losses = [f"{row[name]:.3f}" for name in COLUMNS]
        rows.append([row["model"], row["parameters"], f"{row['weight of the language loss']:g}", *losses])
    header = ["model", "parameters", "weight of the language loss", *COLUMNS]
    return [
        "## Recovery of a compressed checkpoint",
        "",
        f"SmolLM2-135M-Instruct, {steps} steps of {learned}.",
        f"Losses are {loss};",
        f"the other text is {other}. The full checkpoint",
        "has nothing to learn of its own answers: they only shake it, since AdamW makes steps of what is rounded;",
        "and what the text's own loss wins there is the text's, and no recovery.",
        f"By {record.command}.",
        "",
        *grid(header, rows),
    ]
