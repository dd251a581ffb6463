"""Where caches are: the environment first, and no folder before it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.paths import cache_home, writable


def test_the_environment_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for given, expected in ((str(tmp_path / "x"), tmp_path / "x"), ("~/y", tmp_path / "y"), ("z", Path("z"))):
        monkeypatch.setenv("LPZERO_HOME", given)
        assert cache_home() == expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unset", [True, False])
def test_without_it_the_users_cache_folder_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unset: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    if unset:
        monkeypatch.delenv("LPZERO_HOME", raising=False)
    else:
        # set to nothing, as shells do
        monkeypatch.setenv("LPZERO_HOME", "")
    found = cache_home()
    assert found.name == "lpzero"
    assert tmp_path in found.parents


def test_a_user_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_HOME", "~nosuchuser/x")
    with pytest.raises(InputError, match=r"^LPZERO_HOME: expected a folder, found ~nosuchuser/x: "):
        cache_home()


def test_a_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    assert writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    assert writable(tmp_path / "a" / "b")


def test_what_cannot_be_a_folder_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    assert not writable(tmp_path / "file")
    assert not writable(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "kept"
    if Path("/proc").is_dir():
        # not even for root
        assert not writable(Path("/proc/lpzero"))
