"""What formulas are tried on, small enough to travel to worker processes, each of which reads the bank by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lpzero.evolve.config import EvolveConfig
from lpzero.evolve.evaluation import Evaluation, evaluation
from lpzero.evolve.setting import Setting
from lpzero.operands.bank import Pass, derived_seed, read_sketch
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Trial:
    """What formulas are tried on, as it travels to other processes: equal trials give equal evaluations.

    Attributes:
        space: Which models the architectures stand for.
        shown: The pass whose sketches are in the bank.
        banks: For each pass, the files of the sketches.
        architectures: The search split, then the validation split.
        quality: Of each, higher is better.
        groups: Of each; the same model has the same label.
        searched: How many of them are the search split.
        resamples: Bootstrap resamples of the objective; 0 for plain tau-a.
        quantile: Which of them the objective takes.
        joint: Whether the objective is tau-a on both splits together instead.
        rules: Whether rules prune formulas before they are evaluated.
    """

    space: SearchSpace
    shown: Pass
    banks: tuple[tuple[Path, ...], ...]
    architectures: tuple[Architecture, ...]
    quality: tuple[float, ...]
    groups: tuple[int, ...]
    searched: int
    resamples: int
    quantile: float
    joint: bool
    rules: bool = True

    def begin(self) -> Evaluation:
        """Read the bank.

        Raises:
            InputError: All architectures of the search split have the same quality.
        """
        sketches, *others = ([read_sketch(path) for path in bank] for bank in self.banks)
        return evaluation(
            sketches,
            np.array(self.quality),
            self.searched,
            self.shown.device,
            groups=np.array(self.groups),
            resamples=self.resamples,
            quantile=self.quantile,
            seed=self.shown.seed,
            joint=self.joint,
            rules=self.rules,
            others=others,
        )


def passes_of(setting: Setting[EvolveConfig]) -> tuple[Pass, ...]:
    """One an initialisation; the first is that of the run's seed, which everything else is measured on."""
    others = range(1, setting.config.initialisations)
    seeds = [derived_seed(setting.shown.seed, "initialisation", str(number)) for number in others]
    return (setting.shown, *(replace(setting.shown, seed=seed) for seed in seeds))


def trial_of(setting: Setting[EvolveConfig], banks: tuple[tuple[Path, ...], ...]) -> Trial:
    """What islands evaluate formulas on: the sketches in the files of each pass."""
    config, seen = setting.config, setting.seen
    return Trial(
        space=setting.space,
        shown=setting.shown,
        banks=banks,
        architectures=setting.seen_architectures,
        quality=tuple(setting.table.oriented[seen].tolist()),
        groups=tuple(setting.groups[seen].tolist()),
        searched=len(setting.parts.search),
        resamples=config.resamples if config.objective == "stable" else 0,
        quantile=config.quantile,
        joint=config.objective == "joint",
        rules=config.rules,
    )
