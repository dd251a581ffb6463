"""Folders that are written whole: what a kill left goes, what is somebody's stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lpzero.errors import InputError, LpzeroError
from lpzero.files import DAY
from lpzero.pretrained.whole import CARD, check_free, check_writable, whole_folder


def test_what_a_kill_left_long_ago_is_removed(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in (".model.1.part", ".model.2.part", ".other.1.part"))
    for folder in (old, new, other):
        folder.mkdir()
    os.utime(old, (time.time() - DAY - 60,) * 2)
    os.utime(other, (time.time() - DAY - 60,) * 2)
    with whole_folder(tmp_path / "model") as part:
        (part / CARD).write_text("card")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".model.2.part", ".other.1.part", "model"]


def test_files_take_their_place_at_the_end(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "deep" / "model") as part:
        (part / CARD).write_text("card")
        assert not (tmp_path / "deep" / "model").exists()
    assert (tmp_path / "deep" / "model" / CARD).read_text() == "card"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]


def test_what_a_link_points_to_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o750)
    mode = (tmp_path / "mine").stat().st_mode
    with whole_folder(tmp_path / "model") as part:
        (part / CARD).write_text("card")
        (part / "there").symlink_to(tmp_path / "mine", target_is_directory=True)
    assert (tmp_path / "model" / "there").is_symlink()
    assert (tmp_path / "mine").stat().st_mode == mode


def test_a_folder_that_is_not_free_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for path in (tmp_path, tmp_path / "mine"):
        with pytest.raises(InputError, match="give another folder"):
            check_free(path)


def test_what_cannot_be_written_is_seen_before_the_work(tmp_path: Path) -> None:
    check_writable(tmp_path / "deep" / "model")
    check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LpzeroError, match="/proc/model cannot be written: "):
        check_writable(Path("/proc/model"))
