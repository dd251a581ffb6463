"""What formulas are tried on: it travels to workers without the sketches, which they all read where these lie once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from lpzero.engines import Engine, Shared
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.evaluation import Evaluation, evaluation
from lpzero.evolution.together import Together
from lpzero.evolution.weighted.evaluation import WeightedEvaluation
from lpzero.fitness.strata import counted_pairs
from lpzero.fitness.weights import Labels
from lpzero.formula.grammar import WEIGHTED
from lpzero.operands.bank import Banked
from lpzero.operands.packed import Packed, mapped, pack
from lpzero.operands.probe import Probe
from lpzero.seeds import derived_seed


@dataclass(frozen=True)
class Trial:
    """What formulas are tried on, as it travels to other processes: equal trials give equal evaluations.

    Attributes:
        probe: The pass that the architectures were shown first.
        packed: For each pass, the arrays of the packed sketches: of the search split, then of the validation split.
        quality: Of each architecture, higher is better.
        groups: Of each; the same model has the same label.
        searched: How many of them are the search split.
        resamples: Bootstrap resamples of the objective; 0 for plain tau-a.
        quantile: Which of them the objective takes.
        joint: Whether the objective is tau-a on both splits together instead.
        rules: Whether rules prune formulas before they are evaluated.
        weighted: Whether formulas are sums whose weights are fitted.
        pairs: Which pairs of architectures count: ``"all"``, ``"matched"`` or ``"width"``.
        sizes: What says so, of each; see :attr:`.Setting.sizes`.
        tables: The table that each architecture is of, numbered from 0; empty where there is one.
        worst: Whether, of several tables, the objective is the least of them instead of their mean.
    """

    probe: Probe
    packed: tuple[Shared, ...]
    quality: tuple[float, ...]
    groups: tuple[int, ...]
    searched: int
    resamples: int
    quantile: float
    joint: bool
    rules: bool = True
    weighted: bool = False
    pairs: Literal["all", "matched", "width"] = "all"
    sizes: tuple[float, ...] = ()
    tables: tuple[int, ...] = ()
    worst: bool = False

    def begin(self) -> Evaluation | WeightedEvaluation:
        """Begin to evaluate; the sketches stay where they are.

        Raises:
            InputError: All architectures of the search split have the same quality.
        """
        tables = np.array(self.tables) if self.tables else None
        packed, *others = (Packed.of_arrays(shared.arrays()) for shared in self.packed)
        plain = evaluation(
            packed,
            np.array(self.quality),
            self.searched,
            self.probe.device,
            groups=np.array(self.groups),
            resamples=self.resamples,
            quantile=self.quantile,
            seed=self.probe.seed,
            joint=self.joint,
            rules=self.rules,
            others=others,
            directed=self.weighted,
            counted=counted_pairs(self.pairs, np.array(self.sizes)),
            tables=tables,
            worst=self.worst,
        )
        if not self.weighted:
            return plain
        labels = Labels.of(np.array(self.quality), np.array(self.groups), tables)
        return WeightedEvaluation(plain, labels.to(self.probe.device))


def probes_of(setting: Setting[EvolveConfig]) -> tuple[Probe, ...]:
    """One an initialisation; the first is that of the run's seed, which everything else is measured on."""
    others = range(1, setting.config.initialisations)
    seeds = [derived_seed(setting.probe.seed, "initialisation", str(number)) for number in others]
    return (setting.probe, *(replace(setting.probe, seed=seed) for seed in seeds))


def pack_banks(folder: Path, banks: Sequence[Banked]) -> tuple[Path, ...]:
    """Pack the sketches of every probe for the time of a run.

    Args:
        folder: That of the run.
        banks: The sketches of each probe.

    Returns:
        The packed file of each probe.

    Raises:
        InputError: A sketch is damaged.
        LpzeroError: The folder cannot be written.
    """
    return tuple(
        pack(bank.paths, bank.outlines, _packed_file(folder, number)) for number, bank in enumerate(banks, start=1)
    )


def remove_packed(folder: Path) -> None:
    """Remove the packed files of a run that needs them no more."""
    number = 1
    while (path := _packed_file(folder, number)).exists():
        # some systems keep a file while a worker maps it
        with suppress(PermissionError):
            path.unlink()
        number += 1


def _packed_file(folder: Path, number: int) -> Path:
    return folder / "state" / ("bank.safetensors" if number == 1 else f"bank-{number}.safetensors")


def trial_of(together: Together, packed: Sequence[Path], engine: Engine) -> Trial:
    """What islands evaluate formulas on.

    Args:
        together: What the evolution works on.
        packed: For each pass, the packed sketches of what the search may see.
        engine: Where formulas will be evaluated.
    """
    config = together.config
    return Trial(
        probe=together.first.probe,
        packed=tuple(engine.share(path, mapped) for path in packed),
        quality=tuple(together.quality.tolist()),
        groups=tuple(together.groups.tolist()),
        searched=together.searched,
        resamples=config.resamples if config.objective == "stable" else 0,
        quantile=config.quantile,
        joint=config.objective == "joint",
        rules=config.rules,
        weighted=config.grammar == WEIGHTED,
        pairs=config.pairs,
        sizes=tuple(together.sizes.tolist()),
        tables=tuple(together.tables.tolist()) if len(together.settings) > 1 else (),
        worst=config.worst,
    )
