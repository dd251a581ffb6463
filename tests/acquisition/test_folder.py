"""The folder of suggestions: folders first, then the file, which is replaced whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.acquisition.attempts_file import suggested
from lpzero.acquisition.folder import SuggestionFolder
from lpzero.acquisition.suggester import Suggester
from lpzero.acquisition.suggestion import LABELS, START, Suggestion
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


def test_it_keeps_what_it_has_where_it_cannot_be_written(
    tmp_path: Path,
    small: SearchSpace,
    asks: Callable[..., Suggester],
    loss: Callable[[Architecture], float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = SuggestionFolder(tmp_path / "next", "quality")
    assert folder.lines(small, Tried(small)) == []
    batch = asks().ask(2).suggestions
    labelled = [Attempt(one.architecture, AttemptStatus.OK, loss(one.architecture)) for one in batch]
    lines = [suggested(one, f"a{i}", labelled[i]) for i, one in enumerate(batch)]
    folder.write(small, batch, lines)
    before = folder.file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            folder.write(small, [], lines[:1])
    assert folder.file.read_bytes() == before
    assert [one.attempt for one in folder.lines(small, Tried(small))] == labelled
    # a folder that is there is left as it is
    folder.write(small, batch, lines)


def test_an_architecture_has_its_folder_and_its_card(
    tmp_path: Path, small: SearchSpace, drawn: tuple[Architecture, ...]
) -> None:
    folder = SuggestionFolder(tmp_path, "quality")
    some = [Suggestion(drawn[0], 2.5, 2.0, 3.0, 0.25, LABELS), Suggestion(drawn[1], None, None, None, None, START)]
    folder.write(small, some, [])
    said = []
    for one in some:
        path = tmp_path / folder.configuration(folder.name(small, one.architecture))
        assert path.exists()
        assert Architecture.from_json(json.loads((path.parent / "architecture.json").read_text()))
        said.append((path.parent / "README.md").read_text())
    assert "expected of its training: 2.5, from 2 to 3" in said[0]
    assert "chance of beating the best label: 0.250" in said[0]
    assert "too few labels" in said[1]
