"""A table of choices of a tiny checkpoint."""

from __future__ import annotations

from pathlib import Path

from lpzero.compression.choices.build import ChoicesSettings, build_choices
from lpzero.compression.choices.table import ChoicesTable
from tests.compression.tiny import checkpoint_folder, written_text

SMALL = ChoicesSettings(windows=3, context=8, widths=3)


def made(folder: Path, family: str = "llama", settings: ChoicesSettings = SMALL, depth: int = 6) -> ChoicesTable:
    """Make the table, and the checkpoint and text beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text.txt"
    text.write_text(written_text(200))
    source = checkpoint_folder(folder / "full", family, num_hidden_layers=depth)
    return build_choices(source, text, folder / "table", settings)
