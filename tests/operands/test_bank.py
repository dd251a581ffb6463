"""The bank: equal for any number of workers, reused, rebuilt when damaged, keyed by all it depends on."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.engines import Engine, Fault, FaultStatus, Serial
from lpzero.errors import InputError, LpzeroError
from lpzero.files import PART
from lpzero.operands.bank import bank_path, fill_bank, read_sketch
from lpzero.operands.probe import Probe, probe_batch, untrained_operands
from lpzero.operands.sketch import Sketch
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

SHOWN = Probe(batch=2, tokens=8, elements=32)


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return get_space("flexibert")


@pytest.fixture(scope="module")
def architectures(space: SearchSpace) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(3)]


def _equal(left: list[Sketch], right: list[Sketch]) -> bool:
    return all(
        a.shape == b.shape and torch.equal(a.sites[family].values[name], b.sites[family].values[name])
        for a, b in zip(left, right, strict=True)
        for family in a.sites
        for name in a.sites[family].values
    )


SERIAL = Serial()


def _fill(space: SearchSpace, architectures: list[Architecture], home: Path, engine: Engine = SERIAL) -> list[Sketch]:
    banked = fill_bank(space, architectures, SHOWN, home=home, engine=engine, progress=lambda done, total: None)
    assert not banked.faults
    return [read_sketch(path) for path in banked.paths]


def test_workers_and_the_cache_change_nothing(
    space: SearchSpace, architectures: list[Architecture], tmp_path: Path, processes: Engine
) -> None:
    alone = _fill(space, architectures, tmp_path / "a")
    together = _fill(space, architectures, tmp_path / "b", engine=processes)
    assert _equal(alone, together)
    assert _equal(alone, _fill(space, architectures, tmp_path / "a"))
    for a, b in zip(
        sorted((tmp_path / "a").rglob("*.safetensors")),
        sorted((tmp_path / "b").rglob("*.safetensors")),
        strict=True,
    ):
        assert a.name == b.name
        assert a.read_bytes() == b.read_bytes()


def test_what_is_banked_is_not_computed_again(
    space: SearchSpace, architectures: list[Architecture], tmp_path: Path
) -> None:
    calls: list[tuple[int, int]] = []
    for _ in range(2):
        fill_bank(space, architectures * 2, SHOWN, home=tmp_path, engine=Serial(), progress=lambda *c: calls.append(c))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert not list(tmp_path.rglob("*.part"))


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda _: b"",
        lambda _: b"x" * 100,
        lambda content: content[:-50],
        # a bit of a value, of a weight and of the header that nothing but a checksum can tell
        lambda content: _flipped(content, len(content) - 1),
        lambda content: _flipped(content, len(content) // 2),
        lambda content: content.replace(b'"values.grad"', b'"values.gram"'),
    ],
)
def test_a_damaged_file_is_said_and_built_again(
    space: SearchSpace,
    architectures: list[Architecture],
    tmp_path: Path,
    damaged: Callable[[bytes], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = _fill(space, architectures[:1], tmp_path)
    path = bank_path(tmp_path, space, architectures[0], SHOWN)
    path.write_bytes(damaged(path.read_bytes()))
    with pytest.raises(InputError, match="is damaged"):
        read_sketch(path)
    with caplog.at_level(logging.WARNING):
        assert _equal(before, _fill(space, architectures[:1], tmp_path))
    assert "building it again" in caplog.text


def test_an_architecture_that_cannot_be_read_has_a_fault_and_the_others_go_on(
    space: SearchSpace, architectures: list[Architecture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, tried = type(space).build, []

    def build_or_fail(self: SearchSpace, architecture: Architecture, seed: int) -> Any:
        tried.append(architecture.digest)
        if architecture == architectures[0]:
            raise RuntimeError("no kernel image")
        model: Any = build(self, architecture, seed)
        if architecture == architectures[1]:
            with torch.no_grad():
                next(model.parameters()).fill_(torch.nan)
        return model

    monkeypatch.setattr(type(space), "build", build_or_fail)
    fill = partial(fill_bank, space, architectures, SHOWN, home=tmp_path, engine=Serial(), progress=lambda *_: None)
    told: list[tuple[Architecture, Fault]] = []
    banked = fill(faulted=lambda *pair: told.append(pair))
    assert told == [(architectures[i], banked.faults[i]) for i in (0, 1)]
    assert banked.paths == (bank_path(tmp_path, space, architectures[2], SHOWN),)
    assert banked.faults[0] == Fault(FaultStatus.FAILED, "raised RuntimeError: no kernel image")
    assert banked.faults[1].status is FaultStatus.NONFINITE
    assert "is not finite" in banked.faults[1].reason
    tried.clear()
    # what is known of them is enough
    again = fill(before={architectures[i].digest: fault for i, fault in banked.faults.items()})
    assert (again, tried) == (banked, [])


def test_a_cache_that_cannot_be_written_is_said(
    space: SearchSpace, architectures: list[Architecture], tmp_path: Path
) -> None:
    (tmp_path / "bank").write_text("no folder")
    with pytest.raises(LpzeroError, match=r"the bank cannot be written at .*: set LPZERO_HOME"):
        _fill(space, architectures[:1], tmp_path)


def test_the_key_depends_on_everything(architectures: list[Architecture], tmp_path: Path) -> None:
    paths = {
        bank_path(tmp_path, get_space("flexibert", protocol), architecture, probe)
        for protocol in ("trained", "listed")
        for architecture in architectures
        for probe in (
            SHOWN,
            replace(SHOWN, seed=1),
            replace(SHOWN, batch=3),
            replace(SHOWN, tokens=9),
            replace(SHOWN, elements=33),
            replace(SHOWN, device="cuda"),
        )
    }
    assert len(paths) == 2 * 3 * 6


def test_initialisation_follows_the_seed_and_the_architecture(
    space: SearchSpace, architectures: list[Architecture]
) -> None:
    def first_weight(architecture: Architecture, seed: int) -> torch.Tensor:
        return untrained_operands(space, architecture, replace(SHOWN, seed=seed)).tensors["weight"][0].clone()

    weight = first_weight(architectures[0], 0)
    assert torch.equal(weight, first_weight(architectures[0], 0))
    assert not torch.equal(weight, first_weight(architectures[0], 1))
    assert not torch.equal(weight, first_weight(architectures[1], 0))


def test_sizes_are_checked(space: SearchSpace) -> None:
    with pytest.raises(InputError, match="expected at most 512 tokens"):
        probe_batch(space, Probe(tokens=513))
    for wrong in ({"seed": -1}, {"batch": 0}, {"tokens": 1}, {"elements": 15}):
        with pytest.raises(InputError, match=f"^`{next(iter(wrong))}`: expected at least"):
            Probe(**wrong)


def test_a_model_whose_gradients_do_not_fit_is_refused_before_it_is_built(
    space: SearchSpace, architectures: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = space.parameter_counts(architectures[0])["total"]
    # enough for the weights, and not for a gradient of each
    monkeypatch.setattr("lpzero.spaces.models.weights.free_memory", lambda: 6 * parameters)
    built: list[int] = []
    monkeypatch.setattr(type(space), "build", lambda *_: built.append(1))
    with pytest.raises(InputError, match=r"with its gradients, and .* GiB are free"):
        untrained_operands(space, architectures[0], SHOWN)
    assert built == []


def test_what_a_kill_left_is_removed_when_it_can_be_nobodys(
    space: SearchSpace, architectures: list[Architecture], tmp_path: Path
) -> None:
    path = bank_path(tmp_path, space, architectures[0], SHOWN)
    path.parent.mkdir(parents=True)
    old, new = (path.parent / f".{name}{PART}" for name in ("old", "new"))
    for part in (old, new):
        part.touch()
    os.utime(old, (0, 0))
    _fill(space, architectures[:1], tmp_path)
    assert (old.exists(), new.exists(), path.exists()) == (False, True, True)


def test_what_no_model_of_a_space_has_leaves_no_fault(tmp_path: Path) -> None:
    rnn, rng = get_space("rnn"), np.random.default_rng(0)
    sketches = _fill(rnn, [rnn.sample(rng) for _ in range(2)], tmp_path)
    for one in sketches:
        assert {family for family, part in one.sites.items() if not part.sites} == {"attention", "head"}
