"""``lpzero.compress`` with a recovery: what it says, what it leaves, and how it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lpzero
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from lpzero.progress import Progress
from tests.compression.files.cases import write_tokenizer
from tests.compression.tiny import tiny

TEXT = "the cat sat on the mat, and that was that. 12 34 " * 60
SETTINGS: dict[str, Any] = {"context": 8, "fitting": 8, "windows": 4, "widths": 4, "device": "cpu"}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    model: Any = tiny("llama", vocab_size=300)
    model.save_pretrained(tmp_path / "full")
    write_tokenizer(tmp_path / "full")
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path / "full"


def compress(checkpoint: Path, name: str, **changes: Any) -> Any:
    watch = changes.pop("watch", lambda progress: None)
    return lpzero.compress(
        checkpoint,
        output=checkpoint.parent / name,
        calibration=checkpoint.parent / "text.txt",
        keep=0.8,
        settings=CompressSettings(**{**SETTINGS, **changes}),
        watch=watch,
    )


def test_the_choice_and_its_controls_recover_alike(checkpoint: Path) -> None:
    found = compress(checkpoint, "small", recover="3")
    assert found.recovery is not None
    assert (found.recovery.steps, len(found.recovery.divergence), len(found.recovery.loss)) == (3, 3, 3)
    names = [one.model for one in found.losses]
    controls = {name.removesuffix(", recovered") for name in names if name.endswith(", recovered")}
    assert controls
    assert controls <= set(names)
    assert {"full", "chosen", "chosen, not recovered", "chosen, not refitted"} <= set(names)
    assert found.loss("chosen", "text.txt").loss != found.loss("chosen, not recovered", "text.txt").loss
    assert sorted(path.name for path in checkpoint.parent.iterdir()) == ["full", "small", "text.txt"]
    assert "| chosen, not recovered |" in (checkpoint.parent / "small" / "README.md").read_text()


def test_one_that_was_stopped_goes_on_by_the_same_call(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpzero.compression.recovery.recover.SAVE_SECONDS", 0.0)
    whole = compress(checkpoint, "whole", recover="6", controls=False)

    def stop(progress: Progress) -> None:
        if progress.facts.startswith("4/6"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compress(checkpoint, "small", recover="6", controls=False, watch=stop)
    assert not (checkpoint.parent / "small").exists()
    assert (checkpoint.parent / "small.recovery").is_dir()
    told: list[Progress] = []
    again = compress(checkpoint, "small", recover="6", controls=False, watch=told.append)
    assert [one.facts[:3] for one in told if one.step == "recovery"] == ["5/6", "6/6"]
    assert again.recovery.divergence == whole.recovery.divergence
    first, second = (checkpoint.parent / name / "model.safetensors" for name in ("whole", "small"))
    assert first.read_bytes() == second.read_bytes()
    assert not (checkpoint.parent / "small.recovery").exists()


def test_somebody_elses_folder_is_left_alone(checkpoint: Path) -> None:
    mine = checkpoint.parent / "small.recovery"
    mine.mkdir()
    (mine / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="expected what a recovery kept, or nothing, found something else"):
        compress(checkpoint, "small", recover="3", controls=False)
    assert [path.name for path in mine.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"recover": "ten"}, "`recover`: expected a number of steps such as 500, or a time such as 10m, found 'ten'"),
        ({"rank": 4}, "`rank` has no effect without `recover`"),
        ({"recover": "3", "rank": 0}, "rank: expected 1 at least, found 0"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        CompressSettings(**settings)
