"""Architectures that no pass could be made of: a run goes on without them, and its result says which and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lpzero.engines import Engine, Fault, FaultStatus
from lpzero.errors import InputError, LpzeroError
from lpzero.evolution.discovery.config import Config
from lpzero.evolution.discovery.setting import Setting
from lpzero.files import write_json
from lpzero.operands.bank import Banked, bank_path, fill_bank
from lpzero.operands.probe import Probe
from lpzero.progress import Watch, counting
from lpzero.proxy.discovery import LeftOut
from lpzero.run_folder import RunFolder
from lpzero.settings import read_document
from lpzero.spaces.architecture import Architecture

FAULTS = "faults.json"
LEAST = 4
"""Architectures that a search needs."""


@dataclass(frozen=True)
class BankedSetting:
    """What a search works on once its bank is there.

    Attributes:
        left_out: Architectures of the search and validation parts without a sketch.
        banks: For each probe, the sketches of the search split, then of the validation split.
    """

    left_out: tuple[LeftOut, ...]
    banks: tuple[Banked, ...]


def bank_run(
    run: RunFolder[Any],
    setting: Setting[Config],
    probes: Sequence[Probe],
    *,
    home: Path,
    engine: Engine,
    watch: Watch,
) -> tuple[Setting[Config], BankedSetting]:
    """Bank what a search may see; the sealed test is not even extracted before the report.

    Args:
        run: Keeps the faults: a run that goes on leaves out the same architectures, and tries none of them again.
        setting: Table, split and pass.
        probes: What architectures are shown, once each.
        home: The cache folder.
        engine: Where models are built and run; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        The setting without the architectures that have no sketch, and the bank of the others.

    Raises:
        LpzeroError: Fewer than 4 architectures of the search part are left.
    """
    faults = read_faults(run)

    def faulted(architecture: Architecture, fault: Fault) -> None:
        faults[architecture.digest] = fault
        write_faults(run, faults)

    banks = [
        fill_bank(
            setting.space,
            setting.seen_architectures,
            probe,
            home=home,
            engine=engine,
            progress=counting(watch, "operands"),
            before=faults,
            faulted=faulted,
        )
        for probe in probes
    ]
    kept, left_out = without(setting, faults)
    # what has no sketch under one probe is left out under all of them
    sketched = [
        replace(bank, paths=tuple(bank_path(home, kept.space, one, probe) for one in kept.seen_architectures))
        for bank, probe in zip(banks, probes, strict=True)
    ]
    return kept, BankedSetting(left_out, tuple(sketched))


def without(setting: Setting[Config], faults: dict[str, Fault]) -> tuple[Setting[Config], tuple[LeftOut, ...]]:
    """A setting without some architectures of its search and validation parts, and a word on each of them.

    Args:
        setting: The setting.
        faults: Digest of an architecture -> its fault.

    Raises:
        LpzeroError: Fewer than 4 architectures of the search part are left.
    """
    records, left_out = setting.table.records, []
    kept: dict[str, tuple[int, ...]] = {}
    for part in ("search", "validation"):
        members = getattr(setting.parts, part)
        kept[part] = tuple(i for i in members if records[i].architecture.digest not in faults)
        for i in sorted(set(members) - set(kept[part])):
            fault = faults[records[i].architecture.digest]
            left_out.append(LeftOut(id=records[i].id, part=part, status=fault.status.value, reason=fault.reason))
    if len(kept["search"]) < LEAST:
        raise LpzeroError(
            f"{len(left_out)} of {len(setting.seen)} architectures could not be read, which leaves "
            f"{len(kept['search'])} to search on: {left_out[0].status}: {left_out[0].reason}"
        )
    return replace(setting, parts=replace(setting.parts, **kept)), tuple(left_out)


def write_faults(run: RunFolder[Any], faults: dict[str, Fault]) -> None:
    """Keep the faults of a run, by digest of the architecture."""
    write_json(run.path / FAULTS, {key: [fault.status.value, fault.reason] for key, fault in faults.items()})


def read_faults(run: RunFolder[Any]) -> dict[str, Fault]:
    """The faults that a run had so far; raises InputError where the file is damaged."""
    path = run.path / FAULTS
    if not path.exists():
        return {}
    try:
        pairs: dict[str, Any] = read_document(path)
        return {key: Fault(FaultStatus(status), str(reason)) for key, (status, reason) in pairs.items()}
    except (TypeError, ValueError):
        raise InputError(f"{path}: expected the faults of a run: begin a new run") from None
