"""What a short recovery is worth, for the page of figures."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded


def recovery_section() -> list[str]:
    """A checkpoint without whole layers before and after, and the full one treated alike."""
    if not (RESULTS / "compress-recovery.json").exists():
        return []
    record, rows = recorded("compress-recovery"), []
    steps, loss, learned = (record.document[name] for name in ("steps", "loss", "learned"))
    for row in record.rows():
        weight, before, after = row["weight of the language loss"], row["before"], row["after"]
        rows.append([row["model"], row["parameters"], f"{weight:g}", f"{before:.3f}", f"{after:.3f}"])
    header = ["model", "parameters", "weight of the language loss", "loss before", f"after {steps} steps"]
    return [
        "## Recovery of a compressed checkpoint",
        "",
        f"SmolLM2-135M-Instruct; {loss}. {learned}. The full checkpoint has nothing to learn of its own answers: what",
        f"the text's own loss wins there is the text's, and no recovery. By {record.command}.",
        "",
        *grid(header, rows),
    ]
