"""Free memory: what the machine has, or less where the control groups of a container say so."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from lpzero.errors import InputError
from lpzero.spaces.models import memory, weights
from lpzero.spaces.models.memory import free_memory, group_limits


def group(folder: Path, version: int, limit: str, used: int, inactive: int) -> None:
    """A control group with a limit, as Linux shows it."""
    limited, usage, cached = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        2: ("memory.max", "memory.current", "inactive_file"),
    }[version]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / limited).write_text(f"{limit}\n")
    (folder / usage).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{cached} {inactive}\nfile 9\n")


def owner(folder: Path, *lines: str) -> Path:
    path = folder / "cgroup"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_it_is_never_more_than_what_the_machine_has() -> None:
    assert 0 < free_memory() <= psutil.virtual_memory().total


def test_version_2_counts_what_is_used_but_for_files_that_were_only_read(tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    group(groups / "a" / "b", 2, "1000", used=700, inactive=150)
    assert group_limits(owner(tmp_path, "0::/a/b"), groups) == [450]


def test_every_group_above_counts(tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    group(groups / "a" / "b", 2, "max", used=700, inactive=0)
    group(groups / "a", 2, "900", used=800, inactive=0)
    group(groups, 2, "5000", used=800, inactive=0)
    assert group_limits(owner(tmp_path, "0::/a/b"), groups) == [100, 4200]


def test_version_1_has_its_own_names(tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    group(groups / "memory" / "a", 1, "1000", used=300, inactive=50)
    lines = ("9:name=systemd:/", "4:memory:/a", "3:cpuset:/", "0::/")
    assert group_limits(owner(tmp_path, *lines), groups) == [750]


def test_a_container_that_sees_its_group_as_the_root_is_heard(tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    group(groups, 2, "1000", used=1200, inactive=0)
    assert group_limits(owner(tmp_path, "0::/docker/abc"), groups) == [0]


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert group_limits(tmp_path / "nowhere", tmp_path) == []
    assert group_limits(owner(tmp_path, "0::/", "4:memory:/x"), tmp_path) == []


def test_the_least_of_all_is_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = tmp_path / "groups"
    group(groups, 2, "1000000", used=400000, inactive=0)
    monkeypatch.setattr(memory, "_GROUPS", groups)
    monkeypatch.setattr(memory, "_OWN_GROUPS", owner(tmp_path, "0::/"))
    assert free_memory() == 600000


def test_the_refusal_says_what_is_needed_and_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "free_memory", lambda: 1 << 30)
    weights.check_memory(1 << 28)
    with pytest.raises(
        InputError, match=r"a model of 300,000,000 parameters needs about 1\.1 GiB .* 1\.0 GiB are free"
    ):
        weights.check_memory(300_000_000)
    with pytest.raises(InputError, match="GiB are free"):
        weights.build_seeded(lambda: weights.Linear(1 << 14, (1 << 14) + 1, bias=False), 0, weights.xavier)
