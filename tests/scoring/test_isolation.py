"""A model's own process: its environment, its result, and the errors that it ends with, as values."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
import torch

from lpzero.engines import Limits
from lpzero.errors import InputError, LpzeroError
from lpzero.scoring.isolation import environment, require_isolation, score_isolated
from lpzero.scoring.score import Request

REQUEST = Request(("snip", "params"), 3, 1, 8, "cpu", 0, None, 1)
GPT2 = {"model_type": "gpt2", "n_layer": 1, "n_embd": 16, "n_head": 2, "vocab_size": 60, "n_positions": 32}


def test_the_result_is_that_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(GPT2))
    here = REQUEST.scorer().score(str(file))
    before = torch.random.get_rng_state()
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        there = score_isolated(str(file), REQUEST, ["snip", "params"], Limits(300.0, 4 << 30))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert here.model_copy(update={"scores": []}) == there.model_copy(update={"scores": []})
    assert [row.value for row in here.scores] == [row.value for row in there.scores]
    # nothing is left of its home
    assert not list(tmp_path.glob("lpzero-*"))


def test_a_model_that_takes_too_long_ends(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import time\ntime.sleep(1000)\n")
    with pytest.raises(LpzeroError) as caught:
        score_isolated(str(tmp_path / "m.py"), REQUEST, ["snip", "params"], Limits(0.3, None))
    expected = f"{tmp_path}/m.py: expected a result within 0.3 s, found none: give it a longer `time_limit`"
    assert str(caught.value) == expected


def test_only_harmless_names_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HF_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "HTTPS_PROXY",
        "SSH_AUTH_SOCK",
        "PYTHONPATH",
        "LC",
        "LPZERO_JOBS",
    ):
        monkeypatch.setenv(name, "secret")
    for name in ("LANG", "LC_ALL", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "kept")
    monkeypatch.setenv("LPZERO_HOME", "cache")
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    found = environment(tmp_path / "home")
    assert "secret" not in found.values()
    assert {name for name, value in found.items() if value == "kept"} == {"LANG", "LC_ALL", "OMP_NUM_THREADS"}
    assert found["HOME"] == found["TMPDIR"] == str(tmp_path / "home")
    # the other process may be in another folder
    assert found["LPZERO_HOME"] == str(Path("cache").absolute())
    assert (found["LPZERO_DATA"], found["HF_HUB_OFFLINE"]) == (str(tmp_path), "1")
    monkeypatch.delenv("LPZERO_DATA")
    assert "LPZERO_DATA" not in environment(tmp_path)


def test_where_processes_cannot_be_isolated_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    require_isolation()
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(InputError, match=r"^`isolate`: expected Linux or macOS, found "):
            require_isolation()
