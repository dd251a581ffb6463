"""The reader of FlexiBERT on GLUE, on the real table and on damaged copies of its first records."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError, MissingError
from lpzero.fitness import judge
from lpzero.spaces import get_space
from lpzero.tables import load_table
from lpzero.tables.published import flexibert_glue
from lpzero.training.card import figures

Documents = list[dict[str, Any]]


def layer(**changed: Any) -> dict[str, Any]:
    return {
        "operation_type": "SA",
        "operation_parameter": "SDP",
        "num_operation_heads": 2,
        "feed_forward_dimension": 512,
        "num_feed_forward": 1,
        **changed,
    }


def trained(identity: int) -> dict[str, Any]:
    overrides = {"hidden_size": 128, "nas_config": {"encoder_layers": [layer(), layer()]}}
    return {
        "id": identity,
        "is_running": False,
        "completed": True,
        "scores": {"cola": 20.5, "glue": 60 + identity},
        "hparams": {"use_tpu": True, "model_hparam_overrides": overrides},
    }


def write(folder: Path, text: str) -> Path:
    file = folder / flexibert_glue.FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_real_table(data: Path) -> None:
    table = load_table("flexibert-glue", data=data)
    assert (table.n, table.space, table.quality) == (500, "flexibert", "GLUE")
    assert table.qualities.min() == pytest.approx(53.665)
    assert table.qualities.max() == pytest.approx(75.13)
    assert table.qualities.std(ddof=1) == pytest.approx(3.83, abs=0.005)
    np.testing.assert_array_equal(table.oriented, table.qualities)
    assert [record.id for record in table.records] == [str(i) for i in range(500)]
    assert sum(record.architecture["hidden_size"] == 128 for record in table.records) == 251


def test_the_first_real_record(data: Path) -> None:
    record = load_table("flexibert-glue", data=data).records[0]
    assert record.quality == 74.73375
    assert record.architecture["hidden_size"] == 256
    assert record.architecture.depth == 4
    assert record.architecture.layer(1) == {
        "operation": "LT",
        "parameter": "DCT",
        "heads": 2,
        "feed_forward": 512,
        "feed_forward_layers": 3,
    }


def test_nine_pairs_measure_the_noise_of_training(data: Path) -> None:
    table = load_table("flexibert-glue", data=data)
    pairs = table.duplicates()
    assert [len(pair) for pair in pairs] == [2] * 9
    differences = np.array([table.qualities[first] - table.qualities[second] for first, second in pairs])
    # The difference of two runs has twice the variance of one run.
    assert np.sqrt(np.mean(differences**2) / 2) == pytest.approx(0.60, abs=0.005)


def test_the_groups_of_the_real_table_keep_duplicates_together(data: Path) -> None:
    table = load_table("flexibert-glue", data=data)
    listed, built = (table.groups(get_space("flexibert", protocol)) for protocol in ("listed", "trained"))
    for pair in table.duplicates():
        assert len({listed[index] for index in pair}) == len({built[index] for index in pair}) == 1
    # What was trained ignores the operations, so that more records share a model.
    assert len(set(built)) <= len(set(listed)) <= 491


def test_the_operations_were_never_trained(data: Path) -> None:
    # Inside a cell of depth and hidden size the number of layers of a kind would rank the qualities, if it mattered.
    table = load_table("flexibert-glue", data=data)
    cells: dict[tuple[int, Any], list[int]] = {}
    for index, record in enumerate(table.records):
        cells.setdefault((record.architecture.depth, record.architecture["hidden_size"]), []).append(index)
    assert sorted(cells) == [(2, 128), (2, 256), (4, 128), (4, 256)]
    assert all(len(indices) > 100 for indices in cells.values())
    operations = figures(table, "trained")["operations"]
    for kind in ("SA", "LT", "DSC"):
        taus = []
        for indices in cells.values():
            layers = [map(dict, table.records[index].architecture.layers) for index in indices]
            counts = [sum(layer["operation"] == kind for layer in listed) for listed in layers]
            taus.append(stats.kendalltau(counts, table.qualities[indices]).statistic)
        assert max(np.abs(taus)) < 0.11
        assert operations[kind]["inside"] == pytest.approx([min(taus), max(taus)], abs=1e-6)
    assert any("compared them by identity" in note and "within .11 of 0" in note for note in table.notes)


def test_feed_forward_layers_help_in_the_first_block_and_hurt_in_the_last(data: Path) -> None:
    """What decision 6 says of models with two layers."""
    table = load_table("flexibert-glue", data=data)
    found = {}
    for hidden in (128, 256):
        two = [
            record
            for record in table.records
            if len(record.architecture.layers) == 2 and dict(record.architecture.whole)["hidden_size"] == hidden
        ]
        quality = np.array([record.quality for record in two])
        for place in (0, 1):
            counts = np.array([dict(r.architecture.layers[place])["feed_forward_layers"] for r in two], dtype=float)
            judged = judge(counts, quality).correlation
            assert judged is not None
            found[hidden, place] = round(judged.tau_a, 2)
    assert found == {(128, 0): 0.34, (128, 1): -0.13, (256, 0): 0.3, (256, 1): -0.18}


def test_small_table(tmp_path: Path) -> None:
    write(tmp_path, json.dumps([trained(7), trained(3)]))
    records = flexibert_glue.read(tmp_path)
    assert [(record.id, record.quality) for record in records] == [("7", 67.0), ("3", 63.0)]


def set_in(*path: str | int, value: Any) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        place: Any = documents[1]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def drop(*path: str) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        place: Any = documents[1]
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


LAYER = ("hparams", "model_hparam_overrides", "nas_config", "encoder_layers", 0)

DAMAGES: dict[str, tuple[Callable[[Documents], None], str]] = {
    "not completed": (set_in("completed", value=False), "record 1: completed: expected True, found False"),
    "running": (set_in("is_running", value=True), "record 1: is_running: expected False, found True"),
    "no quality": (drop("scores", "glue"), "record 1: expected the key scores.glue, found none"),
    "nan": (set_in("scores", "glue", value=float("nan")), "scores.glue: expected a finite number, found nan"),
    "infinite": (set_in("scores", "glue", value=float("inf")), "expected a finite number, found inf"),
    "text": (set_in("scores", "glue", value="70.1"), "expected a valid number, found '70.1'"),
    "null": (set_in("scores", "glue", value=None), "expected a valid number, found None"),
    "true": (set_in("scores", "glue", value=True), "expected a valid number, found True"),
    "sentinel": (set_in("scores", "glue", value=-1), "expected greater than or equal to 0, found -1"),
    "same id": (set_in("id", value=0), "record 0: expected every id once, found 0 again at position 1"),
    "no id": (drop("id"), "record at position 1: expected the key id, found none"),
    "no hidden size": (
        drop("hparams", "model_hparam_overrides", "hidden_size"),
        "record 1: expected the key hparams.model_hparam_overrides.hidden_size",
    ),
    "hidden size": (set_in("hparams", "model_hparam_overrides", "hidden_size", value=512), "record 1: "),
    "operation": (set_in(*LAYER, "operation_type", value="FFT"), "record 1: "),
    "parameter": (set_in(*LAYER, "operation_parameter", value="DCT"), "record 1: "),
    "unknown key": (set_in(*LAYER, "dropout", value=0.1), "encoder_layers.0.dropout: expected no such key"),
    "no layers": (set_in(*LAYER[:-1], value=[]), "record 1: "),
    "layer is text": (set_in(*LAYER, value="SA"), "record 1: "),
    "long text": (set_in("scores", "glue", value="x" * 5000), "expected a valid number, found 'xxxx"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_named(tmp_path: Path, damage: Callable[[Documents], None], message: str) -> None:
    documents = copy.deepcopy([trained(0), trained(1), trained(2)])
    damage(documents)
    file = write(tmp_path, json.dumps(documents))
    with pytest.raises(InputError) as caught:
        flexibert_glue.read(tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{file}: record ")
    assert message in text
    assert "\n" not in text
    assert len(text) < len(str(file)) + 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps([trained(0), trained(1)])[:-40], "expected JSON, found a fault at character"),
        ("", "expected JSON, found a fault at character 0 of 0"),
        ('[{"id": 0, "id": 1}]', "found: the key 'id' twice in one object"),
        ("[" * 100_000, "expected JSON"),
        ('{"0": {}}', "expected a list of records, found dict"),
        ("[3]", "record at position 0: expected a valid dictionary"),
        ("[null]", "record at position 0: "),
    ],
    ids=["truncated", "empty", "key twice", "deep", "no list", "number", "null"],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        flexibert_glue.read(tmp_path)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_bytes_than_text(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(InputError, match="expected a readable file of UTF-8 text, found: other bytes at 1"):
        flexibert_glue.read(tmp_path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"BERT_benchmark\.json: expected a file, found none"):
        flexibert_glue.read(tmp_path)


def test_a_table_with_fewer_records_is_not_the_published_one(tmp_path: Path) -> None:
    write(tmp_path, json.dumps([trained(0), trained(1)]))
    with pytest.raises(InputError, match="flexibert-glue is damaged: expected 500 records, found 2 in"):
        load_table("flexibert-glue", data=tmp_path)


def test_the_name_of_the_table_is_added_to_a_fault(tmp_path: Path) -> None:
    write(tmp_path, "[")
    with pytest.raises(InputError, match=r"^table flexibert-glue is damaged: .*: restore the upstream file$"):
        load_table("flexibert-glue", data=tmp_path)
