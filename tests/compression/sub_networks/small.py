"""A tiny checkpoint with its texts, and a table of its sub-networks."""

from __future__ import annotations

from pathlib import Path

from lpzero.compression.sub_networks.build import Source
from lpzero.compression.sub_networks.file import Units, write_file
from lpzero.compression.sub_networks.settings import SubNetworkSettings
from lpzero.compression.sub_networks.space import SubNetworks, open_space
from tests.compression.tiny import checkpoint_folder, written_text

UNITS = Units((0, 4, 7, 10), ((1, 0), (0, 1), (1, 0)), (tuple(range(10)), tuple(reversed(range(10))), tuple(range(10))))
"""Of the tiny LLaMA: 3 layers of 2 groups and 10 neurons."""
SETTINGS = SubNetworkSettings(7400, 2, tolerance=0.1, widths=3, context=8, windows=2, looking=2)


def source(folder: Path, family: str = "llama") -> Source:
    """A checkpoint and two texts."""
    checkpoint_folder(folder / "full", family)
    (folder / "learn.txt").write_text(written_text(200))
    (folder / "check.txt").write_text(written_text(60, seed=5))
    return Source(folder / "full", folder / "learn.txt", folder / "check.txt")


def small_space(folder: Path, family: str = "llama", units: Units = UNITS) -> SubNetworks:
    """The sub-networks of the checkpoint."""
    checkpoint_folder(folder / "full", family)
    (folder / "space").mkdir()
    return open_space(write_file(folder / "space", folder / "full", units))
