"""Jobs with a folder: what is refused leaves none, and what is stopped says how to go on."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from lpzero import Workers
from lpzero.api.long_run import (
    begin_or_resume,
    free_path,
    refuse_beside_resume,
    whole,
    working,
    writable_cache,
)
from lpzero.errors import InputError, LpzeroError, NoResultError
from lpzero.result import Result
from lpzero.run_folder import RunFolder


class _Settings(BaseModel):
    seed: int = 5
    device: str = "cpu"
    deterministic: bool = False


class _Folder(RunFolder[Result]):
    kind, result_file, of, remedy = Result, "result.json", "a run", "delete it"


def _begun(path: Path, resume: Path | None = None, seed: int = 5) -> tuple[_Folder, int]:
    make, prepared = begin_or_resume(
        _Folder,
        _Settings,
        resume=resume,
        begin=lambda: _Settings(seed=seed),
        prepare=lambda config, run: config.seed * (1 if run is None else -1),
        path=lambda config, prepared: path / f"{config.seed}-{prepared}",
    )
    return make(), prepared


def test_a_run_begins_and_goes_on_with_its_own_settings(tmp_path: Path) -> None:
    folder, prepared = _begun(tmp_path, seed=7)
    assert (folder.path, prepared) == (tmp_path / "7-7", 7)
    again, prepared = _begun(tmp_path, resume=folder.path, seed=9)
    assert (again.path, prepared) == (folder.path, -7)
    assert [path.name for path in tmp_path.iterdir()] == ["7-7"]


def test_no_folder_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    make, _ = begin_or_resume(
        _Folder,
        _Settings,
        resume=None,
        begin=_Settings,
        prepare=lambda _config, _run: None,
        path=lambda _config, _prepared: tmp_path / "run",
    )
    with (
        pytest.raises(InputError, match="`jobs`: expected at least 1, found 0"),
        working("job", make, _Settings(), "x", Workers(jobs=0)),
    ):
        pass
    assert not (tmp_path / "run").exists()
    make()
    with pytest.raises(InputError, match="run exists and is left as it is"):
        make()


def test_a_stopped_run_says_how_to_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def stopped(err: BaseException, name: str) -> list[str]:
        caplog.clear()

        def make() -> _Folder:
            return _Folder.create(tmp_path / name, _Settings())

        with pytest.raises(type(err)), working("job", make, _Settings(), "a table", Workers()):
            raise err
        return [record.getMessage() for record in caplog.records]

    with caplog.at_level(logging.INFO, logger="lpzero"):
        place = tmp_path / "a"
        begun = f"job {place}: seed 5, a table"
        kept = f"{place} is kept: continue it with lpzero job --resume {place}"
        assert stopped(KeyboardInterrupt(), "a") == [begun, kept]
        # it has come to its end
        assert len(stopped(NoResultError("nothing"), "b")) == 1


def test_what_has_no_effect_beside_resume_is_named() -> None:
    refuse_beside_resume({"seed": None, "table": None})
    # 0 and False were given
    values: list[Any] = [0, False, "", []]
    for value in values:
        with pytest.raises(InputError, match=r"^`seed` has no effect beside `resume`: a run keeps its settings$"):
            refuse_beside_resume({"table": None, "seed": value})


def test_free_paths_count_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for expected in ("runs/x", "runs/x-2", "runs/x-3"):
        path = free_path("x")
        assert path == Path(expected)
        path.mkdir(parents=True)


def test_a_whole_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert whole("a/../b") == str(tmp_path.resolve() / "b")
    assert whole(Path("~/c")) == str(tmp_path.resolve() / "me" / "c")


def test_a_cache_that_cannot_be_written_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "new" / "home"))
    assert writable_cache() == tmp_path / "new" / "home"
    assert list((tmp_path / "new" / "home").iterdir()) == []
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "file"))
    with pytest.raises(LpzeroError, match=r"file cannot be written: set LPZERO_HOME to one that can$"):
        writable_cache()
