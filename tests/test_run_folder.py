"""The folder of a run: made whole or not at all, events that survive a full disk, one process at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import lpzero.run_folder as run_folder_module
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import PART, held
from lpzero.reporting.standing import environment
from lpzero.run_folder import CONFIG, ENV, EVENTS, RunFolder, run_plugins
from tests.conftest import Install


def begun(path: Path) -> RunFolder:
    run = RunFolder(path)
    run.begin({"seed": 3})
    return run


def test_a_run_begins_with_settings_environment_and_an_event(tmp_path: Path) -> None:
    run = begun(tmp_path / "runs" / "one")
    assert sorted(path.name for path in run.path.iterdir()) == sorted([CONFIG, ENV, EVENTS])
    assert json.loads((run.path / CONFIG).read_text()) == {"seed": 3}
    assert [path.name for path in run.path.parent.iterdir()] == ["one"]


class _Settings(BaseModel):
    space: str
    formulas: list[str]


def test_a_run_names_the_plugins_of_its_settings_and_goes_on_with_them_alone(install: Install, tmp_path: Path) -> None:
    code, entries = "X = 1\n", {"spaces": {"their-space": "X"}, "primitives": {"sharp": "X", "unused": "X"}}
    install("lpzero_theirs", code, entries, "1.0")
    settings = _Settings(space="their-space", formulas=["sum(sharp(mean(weight)))"])
    run = RunFolder.create(tmp_path / "run", settings)
    identity = {"package": "lpzero_theirs", "version": "1.0"}
    named = [{"group": "spaces", "name": "their-space"}, {"group": "primitives", "name": "sharp"}]
    assert run_plugins(run.path) == [{**one, **identity} for one in named]
    assert environment(run.path)["lpzero_theirs"] == "1.0"
    assert RunFolder.open(run.path, _Settings)[1] == settings
    document = json.loads((run.path / ENV).read_text())
    for version in ("0.9", 3):
        document["plugins"][0]["version"] = version
        (run.path / ENV).write_text(json.dumps(document))
        with pytest.raises(
            InputError, match=r"needs the plug-in space their-space|plugins: expected group, name, package"
        ):
            RunFolder.open(run.path, _Settings)
    document["plugins"] = [{"group": "spaces", "name": "gone", "package": "lpzero_gone", "version": "1"}]
    (run.path / ENV).write_text(json.dumps(document))
    with pytest.raises(MissingError, match="needs the plug-in space gone of the package lpzero_gone 1, which is not"):
        RunFolder.open(run.path, _Settings)


@pytest.mark.parametrize("kind", ["file", "folder", "empty"])
def test_what_is_there_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "run"
    if kind == "file":
        path.write_text("mine")
    else:
        path.mkdir()
        if kind == "folder":
            (path / "mine").write_text("mine")
    before = sorted(str(one) for one in tmp_path.rglob("*"))
    with pytest.raises(InputError, match="exists and is left as it is: give another `output`"):
        begun(path)
    assert sorted(str(one) for one in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_begin_that_is_stopped_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write = run_folder_module.write_json

    def stopped(path: Path, document: Any) -> None:
        if path.name == ENV:
            raise error
        write(path, document)

    monkeypatch.setattr(run_folder_module, "write_json", stopped)
    with pytest.raises((KeyboardInterrupt, LpzeroError)):
        begun(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_a_full_disk_cut_is_no_part_of_the_next(tmp_path: Path) -> None:
    run = begun(tmp_path / "run")
    with (run.path / EVENTS).open("a") as file:
        file.write('{"time": "20')
    run.event("resumed", generation=3)
    events = [json.loads(line)["event"] for line in (run.path / EVENTS).read_text().splitlines()]
    assert events == ["created", "resumed"]


def test_another_process_is_kept_out_and_what_a_kill_left_is_removed(tmp_path: Path) -> None:
    run = begun(tmp_path / "run")
    (run.path / "state").mkdir()
    left = [run.path / f".x{PART}", run.path / "state" / f".y{PART}"]
    for path in left:
        path.touch()
    # a folder that was not yet whole, such as a model's, and a link, whose target is somebody's
    (tmp_path / "mine").mkdir()
    left += [run.path / f".z{PART}", run.path / f".link{PART}"]
    (left[-2] / "deep").mkdir(parents=True)
    (left[-2] / "deep" / "file").touch()
    left[-1].symlink_to(tmp_path / "mine", target_is_directory=True)
    with held(run.path):
        assert not any(path.exists() for path in left)
        with pytest.raises(InputError, match="expected no other process at work there"), held(run.path):
            raise AssertionError("two at once")
    assert (tmp_path / "mine").is_dir()
    with held(run.path):
        pass


def test_what_a_begin_that_was_killed_left_is_removed_when_it_can_be_nobodys(tmp_path: Path) -> None:
    old, new, other = (tmp_path / f".{name}{PART}" for name in ("run.0", "run.1", "other.0"))
    for part in (old, new, other):
        part.mkdir()
    for part in (old, other):
        os.utime(part, (0, 0))
    begun(tmp_path / "run")
    assert [part.exists() for part in (old, new, other)] == [False, True, True]
