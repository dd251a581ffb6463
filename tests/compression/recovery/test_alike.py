"""One recovery for several models: folders of their own, answers in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.recovery.alike import Alike, folder_beside
from lpzero.compression.recovery.recover import ANSWERS
from lpzero.compression.recovery.settings import RecoverySettings
from tests.compression.recovery.test_recover import TEXT, pair


def test_each_has_a_folder_and_all_have_the_answers(tmp_path: Path) -> None:
    small, full = pair()
    learn = Alike(full, TEXT, RecoverySettings(steps=2), tmp_path)
    first, second = learn("chosen", small), learn("whole layers, least first", full)
    assert [point.step for point in (*first.curve, *second.curve)] == [1, 2, 1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [ANSWERS, "chosen", "whole-layers-least-first"]
    # asked for the first, and kept for the second
    assert second.curve[0].divergence == pytest.approx(0, abs=1e-6)


def test_a_folder_stands_beside_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder_beside(tmp_path / "small") == tmp_path / "small.recovery"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert folder_beside(Path()) == tmp_path / "here.recovery"
