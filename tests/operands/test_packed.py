"""The packed file: what is in it, that nobody writes to it, and that what lies there already is made anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from lpzero.errors import InputError, LpzeroError
from lpzero.operands import packed as packed_module
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.matrices import LANES, SETS, Outline, outline_of
from lpzero.operands.operand import OPERANDS
from lpzero.operands.packed import Packed, mapped, pack
from lpzero.operands.sketch import Sketch, sketch

ELEMENTS = 20
Outlines = dict[Path, Outline]


@pytest.fixture
def sketches(tiny: Any, tokens: Batch) -> list[Sketch]:
    """Five models of other weights; the third shows no attention in its second layer."""
    found = []
    for number in range(5):
        for parameter in tiny.parameters():
            parameter.data *= 1.1
        if number == 2:
            hook = tiny.register_forward_hook(
                lambda _m, _a, o: type(o)(o.loss, o.hidden_states, (o.attentions[0], None))
            )
        found.append(sketch(extract(tiny, tiny.site_map(), tokens), elements=ELEMENTS, seed=number))
        if number == 2:
            hook.remove()
    return found


@pytest.fixture
def bank(sketches: list[Sketch], monkeypatch: pytest.MonkeyPatch) -> tuple[list[Path], list[Path], Outlines]:
    """Paths of a bank, those that were read, in order, and the outlines."""
    paths = [Path(f"{number:064x}.safetensors") for number in range(len(sketches))]
    read: list[Path] = []

    def read_sketch(path: Path, *, verify: bool) -> Sketch:
        assert not verify
        read.append(path)
        return sketches[paths.index(path)]

    monkeypatch.setattr(packed_module, "read_sketch", read_sketch)
    return paths, read, {path: outline_of(one) for path, one in zip(paths, sketches, strict=True)}


def test_every_site_of_every_model_has_its_row(sketches: list[Sketch], bank: Any, tmp_path: Path) -> None:
    packed = Packed.open(pack(bank[0], bank[2], tmp_path / "state" / "bank.safetensors"))
    assert (packed.models, packed.layers, packed.elements) == (5, 4, ELEMENTS)
    for operand in OPERANDS.values():
        begins = packed.arrays[f"{operand.sites}.begins"]
        assert len(begins) == 6
        for model, one in enumerate(sketches):
            part = one.sites[operand.site_family]
            rows = [i for i, site in enumerate(part.sites) if operand.group in (None, site.group)]
            where = slice(begins[model], begins[model + 1])
            cells = [model * 4 + part.sites[i].layer for i in rows]
            assert packed.arrays[f"{operand.sites}.cells"][where].tolist() == cells
            weights = packed.arrays[f"{operand.sites}.weights"][where]
            np.testing.assert_array_equal(weights, part.weights[rows])
            np.testing.assert_array_equal(packed.arrays[f"{operand.sites}.counts"][where], weights.sum(1).round())
            np.testing.assert_array_equal(
                packed.arrays[f"{operand.name}.values"][where], part.values[operand.family][rows]
            )
        assert begins[3] - begins[2] == (1 if operand.name == "attention" else begins[2] - begins[1])


def test_the_file_and_the_sketches_in_memory_are_the_same_arrays(
    sketches: list[Sketch], bank: Any, tmp_path: Path
) -> None:
    file, memory = mapped(pack(bank[0], bank[2], tmp_path / "p")), Packed.of_sketches(sketches).arrays
    assert file.keys() == memory.keys()
    for name in file:
        np.testing.assert_array_equal(file[name], memory[name], err_msg=name)
        assert file[name].dtype == memory[name].dtype


def test_a_slice_from_anywhere_can_be_made_whole_vectors_long(sketches: list[Sketch]) -> None:
    packed = Packed.of_sketches(sketches)
    for name in SETS:
        last = int(packed.arrays[f"{name}.begins"][-1])
        rows = {len(packed.arrays[f"{name}.{what}"]) for what in ("cells", "weights", "counts")}
        assert len(rows) == 1
        assert min(rows) >= last + LANES - 1
        assert min(rows) % LANES == 0


def test_the_file_is_safetensors_and_its_large_arrays_begin_at_64_bytes(bank: Any, tmp_path: Path) -> None:
    path = pack(bank[0], bank[2], tmp_path / "p")
    arrays = mapped(path)
    with safe_open(path, framework="np") as file:
        assert set(file.keys()) == set(arrays)
        for name in file.keys():  # noqa: SIM118  (no mapping)
            np.testing.assert_array_equal(file.get_tensor(name), arrays[name])
    for name, array in arrays.items():
        if name.split(".")[-1] in ("values", "weights", "counts", "cells"):
            assert array.ctypes.data % 64 == 0, name


def test_nobody_can_write_to_the_file(bank: Any, tmp_path: Path) -> None:
    packed = Packed.open(pack(bank[0], bank[2], tmp_path / "p"))
    for array in packed.arrays.values():
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_the_file_is_made_anew_and_whoever_has_the_old_one_goes_on(bank: Any, tmp_path: Path) -> None:
    paths, read, outlines = bank
    path = pack(paths, outlines, tmp_path / "p")
    assert read == paths
    before = Packed.open(path)
    assert Packed.open(pack(paths[1:], outlines, path)).models == 4
    assert before.models == 5
    assert float(before.arrays["weight.values"].sum()) != 0


def test_a_changed_number_is_not_worked_on(bank: Any, tmp_path: Path) -> None:
    path = pack(bank[0], bank[2], tmp_path / "p")
    content = path.read_bytes()
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    path.write_bytes(bytes(changed))
    assert pack(bank[0], bank[2], path).read_bytes() == content


@pytest.mark.parametrize("harm", ["cut", "empty", "no header", "longer", "not ours"])
def test_a_damaged_file_is_said_and_made_anew(bank: Any, tmp_path: Path, harm: str) -> None:
    paths, _, outlines = bank
    path = pack(paths, outlines, tmp_path / "p")
    content = path.read_bytes()
    header = b"[1]".ljust(8)
    path.write_bytes(
        {
            "cut": content[:-100],
            "empty": b"",
            "no header": b"\xff" * 100,
            "longer": content + b"0" * 64,
            "not ours": len(header).to_bytes(8, "little") + header,
        }[harm]
    )
    with pytest.raises(InputError, match=r"damaged .*: begin the run again"):
        Packed.open(path)
    assert Packed.open(pack(paths, outlines, path)).models == 5
    assert path.read_bytes() == content


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"expected a packed bank at {tmp_path / 'p'}, found nothing"):
        Packed.open(tmp_path / "p")


def test_a_folder_that_cannot_be_written_is_said(bank: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LpzeroError, match="the packed bank cannot be written at"):
        pack(bank[0], bank[2], tmp_path / "file" / "p")


def test_what_fails_half_way_leaves_the_old_file(bank: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, _, outlines = bank
    path = pack(paths, outlines, tmp_path / "p")
    content = path.read_bytes()
    read: Callable[..., Sketch] = packed_module.read_sketch
    reads = []

    def failing(one: Path, *, verify: bool) -> Sketch:
        reads.append(one)
        if len(reads) == 2:
            raise InputError("damaged")
        return read(one, verify=verify)

    monkeypatch.setattr(packed_module, "read_sketch", failing)
    with pytest.raises(InputError, match="damaged"):
        pack(paths[:4], outlines, path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["p"]


def test_another_sketch_than_the_one_that_was_checked_is_refused(bank: Any, tmp_path: Path) -> None:
    paths, _, outlines = bank
    # the third model shows less than the others
    with pytest.raises(InputError, match=f"{paths[2]} has changed since it was checked: begin again"):
        pack(paths, {**outlines, paths[2]: outlines[paths[1]]}, tmp_path / "p")
    assert list(tmp_path.iterdir()) == []


def test_other_elements_are_refused(tiny: Any, tokens: Batch) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    mixed = [sketch(operands, elements=elements, seed=0) for elements in (16, 20)]
    with pytest.raises(InputError, match=r"expected sketches with one number of elements, found \[16, 20\]"):
        Packed.of_sketches(mixed)
    with pytest.raises(InputError, match="found no sketch"):
        Packed.of_sketches([])


def test_arrays_from_elsewhere_are_taken_as_they_are(sketches: list[Sketch]) -> None:
    arrays = dict(Packed.of_sketches(sketches).arrays)
    packed = Packed.of_arrays(arrays)
    assert all(packed.arrays[name] is array for name, array in arrays.items())


def test_a_header_that_promises_other_shapes_is_refused(bank: Any, tmp_path: Path) -> None:
    path = pack(bank[0], bank[2], tmp_path / "p")
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["weight.values"]["shape"][0] += 1
    text = json.dumps(header, separators=(",", ":")).encode().ljust(size)
    path.write_bytes(content[:8] + text + content[8 + size :])
    with pytest.raises(InputError, match="damaged"):
        Packed.open(path)


def test_counts_are_those_of_one_sum_over_all_rows(sketches: list[Sketch]) -> None:
    packed = Packed.of_sketches(sketches)
    for name in SETS:
        weights = torch.from_numpy(packed.arrays[f"{name}.weights"])
        np.testing.assert_array_equal(packed.arrays[f"{name}.counts"], weights.double().sum(-1).round())
