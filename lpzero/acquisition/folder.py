"""The folder of suggestions: a file to fill in, and the architectures as folders that transformers loads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lpzero.acquisition.attempts import Tried
from lpzero.acquisition.attempts_file import Line, read_attempts, write_attempts
from lpzero.acquisition.result import SuggestResult
from lpzero.acquisition.suggestion import Suggestion
from lpzero.files import write_json
from lpzero.pretrained.folder import write_configuration
from lpzero.pretrained.whole import CONFIGURATION
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

NEXT, ARCHITECTURES, SUGGESTED = "next.csv", "architectures", "suggested.json"
KEY = 16
"""Letters of an architecture's key that name its folder."""


@dataclass(frozen=True)
class SuggestionFolder:
    """What was suggested so far: ``next.csv`` with a line each, ``architectures/KEY/`` with what to train.

    The file keeps every line that was ever written to it, with what the user filled in: it is replaced whole, so that a
    process that dies loses none.

    Attributes:
        path: The folder.
        quality: The column with the quality.
    """

    path: Path
    quality: str

    @property
    def file(self) -> Path:
        """The file to fill in."""
        return self.path / NEXT

    def lines(self, space: SearchSpace, tried: Tried) -> list[Line]:
        """The lines that are there, as of :func:`lpzero.acquisition.attempts_file.read_attempts`."""
        return read_attempts(self.file, space, tried, quality=self.quality) if self.file.exists() else []

    def name(self, space: SearchSpace, architecture: Architecture) -> str:
        """What an architecture is called in the file, and its folder."""
        return space.key(architecture)[:KEY]

    def configuration(self, name: str) -> str:
        """The configuration of an architecture, within the folder."""
        return f"{ARCHITECTURES}/{name}/{CONFIGURATION}"

    def write(self, space: SearchSpace, suggestions: Sequence[Suggestion], lines: Sequence[Line]) -> None:
        """Write the folders of what is suggested, and then the file.

        Args:
            space: The space.
            suggestions: What is new.
            lines: Every line of the file, those of the suggestions included.

        Raises:
            LpzeroError: A folder cannot be written.
            OSError: The file cannot be.
        """
        for one in suggestions:
            name = self.name(space, one.architecture)
            # one that a process left which died before it wrote the file is the same
            if not (self.path / self.configuration(name)).exists():
                write_configuration(self.path / ARCHITECTURES / name, space, one.architecture, _card(one))
        write_attempts(self.file, lines, quality=self.quality)

    def keep(self, result: SuggestResult) -> None:
        """Keep what was suggested last, for whoever looks at the folder; raises OSError where it cannot be written."""
        write_json(self.path / SUGGESTED, result.to_json())


def _card(suggestion: Suggestion) -> str:
    """What is said of an architecture, in Markdown."""
    lines = ["Suggested by `lpzero suggest`. It was not trained.", ""]
    if suggestion.value is None:
        lines.append("- by counts and a proxy: there were too few labels")
    else:
        lines += [
            f"- expected of its training: {suggestion.value:.6g}, from {suggestion.low:.6g} to {suggestion.high:.6g}",
            f"- chance of beating the best label: {suggestion.chance:.3f}",
        ]
    return "\n".join(lines)
