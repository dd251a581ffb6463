"""The bank, and what formulas are evaluated on, for a measurement that has no run folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from lpzero.engines import Serial, open_engine
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.evaluation import Evaluation
from lpzero.evolution.together import Together
from lpzero.evolution.trial import pack_banks, probes_of, trial_of
from lpzero.evolution.weighted.evaluation import WeightedEvaluation
from lpzero.operands.bank import Banked, fill_bank
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.spaces import Architecture
from lpzero.spaces.space import SearchSpace


def filled(space: SearchSpace, architectures: Sequence[Architecture], probe: Probe, jobs: int = 1) -> Banked:
    """The sketches of all architectures, none of which may lack one."""
    with open_engine(jobs=jobs) as engine:
        found = fill_bank(space, architectures, probe, home=cache_home(), engine=engine, progress=lambda *_: None)
    assert not found.faults, next(iter(found.faults.values()))
    return found


def banked(space: SearchSpace, architectures: Sequence[Architecture], probe: Probe, jobs: int = 1) -> tuple[Path, ...]:
    """Files of the sketches of all architectures."""
    return filled(space, architectures, probe, jobs).paths


def begun(setting: Setting[EvolveConfig], jobs: int = 1) -> Evaluation | WeightedEvaluation:
    """What an evolution evaluates formulas with."""
    banks = [filled(setting.space, setting.seen_architectures, probe, jobs) for probe in probes_of(setting)]
    with TemporaryDirectory() as folder:
        # what is mapped stays when its name is gone
        return trial_of(Together((setting,)), pack_banks(Path(folder), banks), Serial()).begin()
