"""The state on disk: whole or as it was, of one recovery alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.recovery.state import STATE, Point, load_state, origin, save_state
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError, LpzeroError

CURVE = [Point(1, 0.1, 4.0, 1.5), Point(2, 1 / 3, 3.9, 3.0)]
Made = tuple[list[nn.Parameter], torch.optim.Optimizer]


def made(seed: int, steps: int = 0) -> Made:
    rng = torch.Generator().manual_seed(seed)
    weights = [nn.Parameter(torch.randn(3, 2, generator=rng)), nn.Parameter(torch.randn(4, generator=rng))]
    optimiser = torch.optim.AdamW(weights, lr=0.1)
    for _ in range(steps):
        step((weights, optimiser))
    return weights, optimiser


def step(trained: Made) -> None:
    weights, optimiser = trained
    sum(weight.pow(2).sum() for weight in weights).backward()  # type: ignore[union-attr]
    optimiser.step()
    optimiser.zero_grad()


def test_weights_and_moments_come_back_to_the_last_bit(tmp_path: Path) -> None:
    first, second = made(0, steps=2), made(1)
    save_state(tmp_path / "run", *first, CURVE, "start")
    assert load_state(tmp_path / "run", *second, "start") == CURVE
    for _ in range(3):
        step(first)
        step(second)
    assert all(torch.equal(a, b) for a, b in zip(first[0], second[0], strict=True))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [STATE]


def test_no_state_changes_nothing(tmp_path: Path) -> None:
    weights, optimiser = made(0)
    before = [weight.detach().clone() for weight in weights]
    assert load_state(tmp_path, weights, optimiser, "start") == []
    assert all(torch.equal(a, b) for a, b in zip(before, weights, strict=True))


def test_another_recovery_and_a_damaged_state_are_refused(tmp_path: Path) -> None:
    save_state(tmp_path, *made(0, steps=1), CURVE[:1], "start")
    with pytest.raises(InputError, match="found that of other settings, text or weights"):
        load_state(tmp_path, *made(0), "other")
    content = (tmp_path / STATE).read_bytes()
    for damaged in (content[:-5], b"", b"\xff" * 100):
        (tmp_path / STATE).write_bytes(damaged)
        with pytest.raises(InputError, match="found a damaged one: remove it"):
            load_state(tmp_path, *made(0), "start")


def test_a_full_disk_leaves_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_state(tmp_path, *made(0, steps=1), CURVE[:1], "start")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lpzero.compression.recovery.state.save_file", full)
    with pytest.raises(LpzeroError, match="cannot be written: No space left on device"):
        save_state(tmp_path, *made(0, steps=2), CURVE, "start")
    assert [path.name for path in tmp_path.iterdir()] == [STATE]
    assert load_state(tmp_path, *made(1), "start") == CURVE[:1]


def test_an_origin_is_of_settings_text_and_weights() -> None:
    settings, weights = RecoverySettings(steps=3), [torch.ones(2)]
    text = to_predict("novel.txt", torch.arange(6).reshape(2, 3), "causal", None)
    others = [
        origin(RecoverySettings(steps=3, seed=1), text, weights),
        origin(settings, replace(text, inputs=text.inputs + 1), weights),
        origin(settings, replace(text, labels=text.inputs), weights),
        origin(settings, text, [torch.ones(2, dtype=torch.bfloat16)]),
    ]
    assert origin(settings, text, weights) not in others
    assert origin(settings, replace(text, inputs=text.inputs.clone()), [torch.ones(2)]) == origin(
        settings, text, weights
    )
