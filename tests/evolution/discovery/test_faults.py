"""Models that raise, give no numbers, allocate without end, never return or end their process: the run goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.engines import Fault, FaultStatus, Limits, Serial, open_engine
from lpzero.errors import InputError, LpzeroError, NoResultError
from lpzero.evolution.discovery.faults import FAULTS, bank_run, read_faults, without
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.evolution.run import execute
from lpzero.evolution.together import Together
from lpzero.progress import Progress
from lpzero.proxy.discovery import LeftOut
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.flexibert.space import FlexiBert


def misbehave(how: str, model: nn.Module) -> None:
    """What a model of somebody may do."""
    if how == "raises":
        raise RuntimeError("no kernel image")
    if how == "nan":
        with torch.no_grad():
            next(model.parameters()).fill_(torch.nan)
    if how == "hoards":
        hoard = []
        while True:
            hoard.append(torch.ones(1 << 24))
    if how == "sleeps":
        time.sleep(3600)
    if how == "dies":
        os.kill(os.getpid(), signal.SIGKILL)


class Wicked(FlexiBert):
    """A space some of whose models misbehave.

    Args:
        protocol: The protocol.
        bad: Digest of an architecture -> how its model misbehaves.
    """

    def __init__(self, protocol: str, bad: Mapping[str, str]) -> None:
        super().__init__(protocol)
        self.bad = dict(bad)

    def build(self, architecture: Architecture, seed: int) -> Any:
        """Build it, and misbehave."""
        model = super().build(architecture, seed)
        misbehave(self.bad.get(architecture.digest, ""), model)
        return model


EXPECTED = {
    "raises": "failed",
    "nan": "nonfinite",
    "hoards": "out_of_memory",
    "sleeps": "timeout",
    "dies": "killed",
}


def wicked(setting: Setting, behaviours: Mapping[int, str]) -> Setting:
    """The setting with models of these records misbehaving."""
    bad = {setting.table.records[i].architecture.digest: how for i, how in behaviours.items()}
    return replace(setting, space=Wicked(setting.space.protocol, bad))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is limited on Linux alone")
def test_every_misbehaviour_has_a_status_and_the_run_goes_on(
    setting: Setting, tmp_path: Path, home: Path, quiet: Any
) -> None:
    search, validation, test = setting.parts.search, setting.parts.validation, setting.parts.test
    behaviours = dict(zip((*search[:2], *validation[:3]), EXPECTED, strict=True))
    records = setting.table.records
    bad = wicked(setting, {**behaviours, test[0]: "raises"})
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    with open_engine("process", 2, limits=Limits(seconds=20, memory=700 << 20)) as engine:
        document = execute(run, Together((bad,)), home=tmp_path / "home", engine=engine, watch=quiet).to_json()
    wanted = {records[i].id: EXPECTED[how] for i, how in behaviours.items()} | {records[test[0]].id: "failed"}
    assert {one["id"]: one["status"] for one in document["left_out"]} == wanted
    assert [one["part"] for one in document["left_out"]] == ["search"] * 2 + ["validation"] * 3 + ["test"]
    assert document["best"]["test"]["n"] == len(test) - 1
    assert document["best"]["search"]["n"] == len(search) - 2
    # a run that knows the faults tries none of them again, and gives the same without any worker
    known = EvolutionRunFolder.create(tmp_path / "known", setting.config)
    (known.path / FAULTS).write_text((run.path / FAULTS).read_text())
    again = execute(known, Together((bad,)), home=tmp_path / "home", engine=Serial(), watch=quiet).to_json()
    for key in ("best", "front", "baselines", "left_out", "evaluated"):
        assert again[key] == document[key]


def test_too_few_to_search_on_is_an_error_with_the_first_reason(setting: Setting, tmp_path: Path, quiet: Any) -> None:
    bad = wicked(setting, dict.fromkeys(setting.parts.search[:6], "raises"))
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    with pytest.raises(LpzeroError, match=r"6 of 14 architectures could not be read, which leaves 2 .*no kernel image"):
        execute(run, Together((bad,)), home=tmp_path / "home", engine=Serial(), watch=quiet)


def test_too_few_to_test_on_is_no_result(setting: Setting, tmp_path: Path, home: Path, quiet: Any) -> None:
    bad = wicked(setting, dict.fromkeys(setting.parts.test[3:], "raises"))
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    with pytest.raises(NoResultError, match=r"11 of 14 architectures of the sealed test could not be read: failed"):
        execute(run, Together((bad,)), home=home, engine=Serial(), watch=quiet)


def test_a_setting_without_some_architectures(setting: Setting) -> None:
    record = setting.table.records[setting.parts.validation[0]]
    kept, left_out = without(setting, {record.architecture.digest: Fault(FaultStatus.TIMEOUT, "not done within 5 s")})
    assert left_out == (LeftOut(id=record.id, part="validation", status="timeout", reason="not done within 5 s"),)
    assert kept.parts.validation == setting.parts.validation[1:]
    assert (kept.parts.search, kept.parts.test) == (setting.parts.search, setting.parts.test)


def test_damaged_faults_are_refused(setting: Setting, tmp_path: Path) -> None:
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    assert read_faults(run) == {}
    for damaged in ('{"a": 3}', '{"a": ["strange", ""]}', '{"a": ["failed"]}'):
        (run.path / FAULTS).write_text(damaged)
        with pytest.raises(InputError, match=r"faults\.json: expected the faults of a run: begin a new run"):
            read_faults(run)


def test_a_run_that_is_stopped_keeps_the_faults_that_it_had(
    setting: Setting, tmp_path: Path, home: Path, quiet: Any
) -> None:
    first, *_ = setting.parts.search
    bad = wicked(setting, {first: "raises"})
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)

    def stop(progress: Progress) -> None:
        if progress.facts.startswith("3/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bank_run(run, bad, (bad.probe,), home=tmp_path / "home", engine=Serial(), watch=stop)
    assert [fault.status for fault in read_faults(run).values()] == [FaultStatus.FAILED]
