"""Trials: packed once a run, small to travel, equal to an evaluation of the sketches; at the end the file goes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpzero.evolution.run as run_module
from lpzero.engines import Serial
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.evaluation import evaluation
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.evolution.run import execute
from lpzero.evolution.together import Together
from lpzero.evolution.trial import Trial, pack_banks, probes_of, remove_packed, trial_of
from lpzero.formula.grammar import draw, get_grammar
from lpzero.operands.bank import Banked, fill_bank, read_sketch
from lpzero.operands.probe import Probe


def _bank(setting: Setting[EvolveConfig], probe: Probe, home: Path) -> Banked:
    return fill_bank(
        setting.space,
        setting.seen_architectures,
        probe,
        home=home,
        engine=Serial(),
        progress=lambda *_: None,
    )


@pytest.fixture
def twice(setting: Setting[EvolveConfig]) -> Setting[EvolveConfig]:
    """A setting of two initialisations."""
    return replace(setting, config=setting.config.model_copy(update={"initialisations": 2}))


def test_a_trial_evaluates_as_its_sketches_do(twice: Setting[EvolveConfig], home: Path, tmp_path: Path) -> None:
    banks = tuple(_bank(twice, probe, home) for probe in probes_of(twice))
    packed = pack_banks(tmp_path, banks)
    assert [path.relative_to(tmp_path).as_posix() for path in packed] == [
        "state/bank.safetensors",
        "state/bank-2.safetensors",
    ]
    trial = trial_of(Together((twice,)), packed, Serial())
    sketches, other = ([read_sketch(path) for path in bank.paths] for bank in banks)
    quality = twice.table.oriented[twice.seen]
    wanted = evaluation(sketches, quality, len(twice.parts.search), "cpu", joint=True, others=[other])
    rng = np.random.default_rng(0)
    formulas = [draw(get_grammar("typed"), rng) for _ in range(40)]
    # as a worker gets it
    assert pickle.loads(pickle.dumps(trial)).begin()(formulas) == wanted(formulas)  # noqa: S301
    # made anew when a run goes on, whatever lies there, and the same
    content = packed[0].read_bytes()
    packed[0].unlink()
    packed[0].write_bytes(content[:-1])
    assert pack_banks(tmp_path, banks) == packed
    assert packed[0].read_bytes() == content
    remove_packed(tmp_path)
    assert not list((tmp_path / "state").iterdir())
    remove_packed(tmp_path)


def test_what_travels_does_not_hold_the_sketches(setting: Setting[EvolveConfig], home: Path, tmp_path: Path) -> None:
    packed = pack_banks(tmp_path, [_bank(setting, setting.probe, home)])
    trial = trial_of(Together((setting,)), packed, Serial())
    assert packed[0].stat().st_size > 500_000
    assert len(pickle.dumps(trial)) < 2000
    assert trial == pickle.loads(pickle.dumps(trial))  # noqa: S301
    assert hash(trial) == hash(trial_of(Together((setting,)), packed, Serial()))


def test_a_run_keeps_its_packed_sketches_until_it_has_its_result(
    setting: Setting[EvolveConfig], home: Path, tmp_path: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, there = Trial.begin, []

    def watched(self: Trial) -> Any:
        there.append((tmp_path / "run" / "state" / "bank.safetensors").exists())
        return begin(self)

    monkeypatch.setattr(Trial, "begin", watched)
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)

    def failing(*_args: Any, **_named: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(run_module, "final_reports", failing)
        execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet)
    assert list((run.path / "state").glob("bank*"))
    execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet)
    assert len(there) >= 2
    assert all(there)
    assert not list((run.path / "state").glob("*bank*"))
