"""What jobs begin with: the device, the probe, tables and proxies in every form."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lpzero.api.setup import loaded_proxies, measured_space, probe_of, resolve_device, table_space
from lpzero.errors import InputError, MissingError
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table


@pytest.mark.parametrize("available", [False, True])
def test_the_device_is_what_is_here(monkeypatch: pytest.MonkeyPatch, available: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert resolve_device("cpu") == "cpu"
    with pytest.raises(InputError, match=r"^`device`: expected one of auto, cpu, cuda, found 'tpu'$"):
        resolve_device("tpu")
    assert resolve_device("auto") == ("cuda" if available else "cpu")
    if available:
        assert resolve_device("cuda") == "cuda"
    else:
        with pytest.raises(MissingError, match=r"^`device` cuda: torch sees no CUDA device here: use `device` cpu$"):
            resolve_device("cuda")


def test_a_probe_is_checked() -> None:
    assert probe_of(3, 1, 2, "cpu") == Probe(seed=3, batch=1, tokens=2, device="cpu")
    for name, values in {"seed": (-1, 1, 2), "batch": (0, 0, 2), "tokens": (0, 1, 1)}.items():
        with pytest.raises(InputError, match=f"^`{name}`: expected at least"):
            probe_of(*values, "cpu")


def test_a_table_is_a_name_a_folder_or_itself(folder: Path) -> None:
    table = load_table(str(folder))
    for given in (str(folder), folder, table):
        measured, space = measured_space(given, None)
        assert measured.digest == table.digest
        assert (space.name, space.protocol) == ("flexibert", "own")
    assert measured_space("gpt2-own", "own")[1].name == "gpt2"
    with pytest.raises(InputError, match="table few-own was measured on other models than 'trained': expected own"):
        measured_space(folder, "trained")


def test_proxies_are_texts_paths_or_themselves(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text('{"schema": 1, "name": "one", "formula": "sum(l1(weight))", "higher_is_better": false}')
    one = load_proxy(str(file))
    assert loaded_proxies([file, str(file), one, "depth"]) == [one, one, one, load_proxy("depth")]
    with pytest.raises(InputError, match="nothing"):
        loaded_proxies(["depth", "nothing"])


def test_the_space_of_a_table_may_be_said_again(space_file: Path) -> None:
    space = get_space(str(space_file))
    facts = {"name": "mine", "quality": "loss", "unit": "nats", "source": "", "licence": "", "notes": (), "records": ()}
    table = Table(
        **facts,  # type: ignore[arg-type]
        space="tiny",
        protocols=(space.protocol,),
        higher_is_better=False,
        reference=str(space_file),
    )
    for said in (None, "tiny", str(space_file)):
        assert table_space(table, said, None) == space
    with pytest.raises(InputError, match=r"^table mine is of space tiny, found `space` gpt2$"):
        table_space(table, "gpt2", None)
    with pytest.raises(InputError, match=r"^table mine was measured on other models than 'own': expected config-"):
        table_space(table, None, "own")
    space_file.write_text(space_file.read_text().replace("[8, 12]", "[8, 16]"))
    with pytest.raises(InputError, match="changed since: expected what had the protocol config-"):
        table_space(table, str(space_file), None)
