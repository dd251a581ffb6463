"""The reader of LLM-PP's tables, on the real ones and on damaged copies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError, MissingError
from lpzero.spaces import get_space
from lpzero.spaces.hat_mt.plan import VOCABULARIES
from lpzero.tables import load_table
from lpzero.tables.published import hat_mt

TASK = "wmt14ende"
Rows = list[dict[str, Any]]


def written(folder: Path, split: str, part: str, rows: Rows) -> Path:
    path = folder / "llmpp" / "train-test_seedarchs" / split / TASK / f"{part}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def real(data: Path, split: str, part: str) -> Rows:
    path = data / "llmpp" / "train-test_seedarchs" / split / TASK / f"{part}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def copied(data: Path, tmp_path: Path) -> Path:
    for split in hat_mt.SPLITS:
        for part in ("train", "test"):
            written(tmp_path, split, part, real(data, split, part))
    return tmp_path


def test_the_real_tables(data: Path) -> None:
    ranges = {"wmt14ende": (24.01, 26.10), "wmt14enfr": (43.85, 46.48), "wmt19ende": (27.99, 30.41)}
    tables = [load_table(f"hat-mt-{task}", data=data) for task in VOCABULARIES]
    for table, task in zip(tables, VOCABULARIES, strict=True):
        assert (table.n, table.space, table.protocols, table.higher_is_better) == (30, "hat-mt", (task,), True)
        assert (table.qualities.min(), table.qualities.max()) == ranges[task]
        assert [record.id for record in table.records] == [f"hat-{number:02d}" for number in range(1, 31)]
        assert [split.name for split in table.beside.splits] == ["123", "456", "789"]
        for split in table.beside.splits:
            assert (len(split.labelled), len(split.asked)) == (10, 20)
            assert sorted(split.labelled + split.asked) == list(range(30))
        assert {len(column.values) for column in table.beside.columns} == {30}
    # the same architectures have the same names in every task
    assert len({tuple((r.id, r.architecture) for r in table.records) for table in tables}) == 1


def test_the_first_real_record(data: Path) -> None:
    first = real(data, "123", "train")[0]
    table = load_table(f"hat-mt-{TASK}", data=data)
    index = table.beside.splits[0].labelled[0]
    record = table.records[index]
    assert record.quality == first["scratch"]["valid_BLEU"] == 24.3
    assert dict(record.architecture.whole) == {"encoder_embed_dim": 512, "decoder_embed_dim": 640}
    layers = [record.architecture.layer(i) for i in range(7)]
    assert [one["encoder_ffn_embed_dim"] for one in layers[:6]] == [1024, 1024, 2048, 2048, 2048, 1024]
    assert [one["encoder_self_attention_heads"] for one in layers[:6]] == [4, 4, 4, 8, 4, 4]
    assert layers[6] == {
        "decoder_ffn_embed_dim": 3072,
        "decoder_self_attention_heads": 8,
        "decoder_ende_attention_heads": 4,
        "decoder_arbitrary_ende_attn": 2,
    }
    said = {column.name: column.values[index] for column in table.beside.columns}
    assert said == {
        "hat": 23.51,
        "hat-test": 23.98,
        "sandwich": 23.51,
        "sandwich-test": 23.98,
        "layer-wise-mos": 23.52,
        "layer-wise-mos-test": 24.26,
        "neuron-wise-mos": 23.62,
        "neuron-wise-mos-test": 24.41,
        "test": 25.6,
        "params": 22199936,
        "gflops": 2.669506728,
        "latency": 41.8098220427831,
    }
    kinds = {column.name: (column.cost, column.of_quality) for column in table.beside.columns}
    assert kinds["hat"] == ("expensive", True)
    assert kinds["hat-test"] == ("expensive", False)
    assert kinds["latency"] == ("cheap", False)


def test_no_private_path_is_kept_or_shown(copied: Path, data: Path) -> None:
    rows = real(data, "123", "train")
    assert "sockeye_dir" in rows[0]["scratch"]
    table = load_table(f"hat-mt-{TASK}", data=copied)
    assert "scratch/st-" not in repr(table)
    # whatever stands there is not looked at, and not shown where the rest is wrong
    rows[0]["scratch"]["sockeye_dir"] = ["/home/somebody"]
    rows[1]["scratch"] = "/home/somebody/x"
    path = written(copied, "123", "train", rows)
    with pytest.raises(InputError) as caught:
        hat_mt.read(copied, TASK)
    assert str(caught.value).startswith(f"{path}: line 2: scratch: expected a valid dictionary")


def test_the_unlabelled_architectures(data: Path) -> None:
    files = sorted((data / "llmpp" / "unlabelled").glob("*.jsonl.gz"))
    found = [one for path in files for one in hat_mt.read_unlabelled(path)]
    assert len(found) == len(set(found)) == 3000
    assert {one.depth for one in found} == set(range(7, 13))
    known = {record.architecture for record in load_table(f"hat-mt-{TASK}", data=data).records}
    assert known.isdisjoint(found)
    space, first = get_space("hat-mt", TASK), json.loads(gzip.decompress(files[0].read_bytes()).splitlines()[0])
    assert space.flops(found[0], 30) == pytest.approx(first["scratch"]["total_flops"], rel=4e-4)


def scratch(**values: Any) -> Callable[[Rows], None]:
    return lambda rows: rows[1]["scratch"].update(values)


def info(index: int, text: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[1]["scratch"]["arch_info"][index] = text

    return change


DAMAGES: dict[str, tuple[Callable[[Rows], object], str]] = {
    "no supernet": (lambda rows: rows[1].pop("HAT"), "expected the key HAT, found none"),
    "an unknown supernet": (lambda rows: rows[1].update(Mine={}), "Mine: expected no such key"),
    "a BLEU of 101": (scratch(valid_BLEU=101.0), "valid_BLEU: expected less than or equal to 100, found 101.0"),
    "a BLEU as text": (scratch(valid_BLEU="24"), "valid_BLEU: expected a valid number, found '24'"),
    "nan": (lambda rows: rows[1]["HAT"].update(valid_BLEU=float("nan")), "expected a finite number, found nan"),
    "other numbers": (scratch(valid_BLEU=20.0), "expected what another split says of the architecture"),
    "parameters": (scratch(num_parameters_without_embedding_weights=7), "as the rest of it says, found 7"),
    "operations": (scratch(last_layer_flops=1), "total_flops: expected "),
    "a call": (info(0, "encoder-embed-dim-subtransformer: print(1)"), "expected a whole number, found 'print(1)'"),
    "a call in a list": (info(2, "encoder-ffn-embed-dim-all-subtransformer: [f()]"), "expected a list of 6 whole"),
    "a list too short": (info(2, "encoder-ffn-embed-dim-all-subtransformer: [1024]"), "expected a list of 6 whole"),
    "an unknown line": (info(0, "dropout: 1"), "expected the 10 hyperparameters of HAT, each once, found 'dropout: 1'"),
    "a line twice": (info(0, "decoder-layer-num-subtransformer: 1"), "each once, found 'decoder-layer-num"),
    "a line missing": (lambda rows: rows[1]["scratch"]["arch_info"].pop(), "decoder-arbitrary-ende-attn, found none"),
    "an encoder of five": (info(1, "encoder-layer-num-subtransformer: 5"), "encoder-layer-num: expected 6, found 5"),
    "a wide encoder": (info(0, "encoder-embed-dim-subtransformer: 1024"), "encoder_embed_dim is 1024: expected one of"),
    "again": (lambda rows: rows.__setitem__(1, rows[0]), "expected an architecture once in a split, found it again"),
    "nine": (lambda rows: rows.pop(), "expected 10 architectures, found 9"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named(copied: Path, data: Path, damage: Callable[[Rows], object], message: str) -> None:
    rows = real(data, "456", "train")
    damage(rows)
    path = written(copied, "456", "train", rows)
    for read in (hat_mt.read, hat_mt.read_beside):
        with pytest.raises(InputError) as caught:
            read(copied, TASK)
        text = str(caught.value)
        assert text.startswith(str(path))
        assert message in text
        assert text.isprintable()
        assert "scratch/st-" not in text


def test_the_splits_have_the_same_architectures(copied: Path, data: Path) -> None:
    rows = real(data, "789", "test")
    # one of another task's numbers, whose architecture differs in a head
    text = rows[3]["scratch"]["arch_info"][3]
    rows[3]["scratch"]["arch_info"][3] = text.replace("4", "8", 1) if "4" in text else text.replace("8", "4", 1)
    written(copied, "789", "test", rows)
    with pytest.raises(InputError, match=r"789/wmt14ende: expected the architectures of the split 123, found another"):
        hat_mt.read(copied, TASK)


def test_a_file_that_is_not_there_is_missing(copied: Path) -> None:
    (copied / "llmpp" / "train-test_seedarchs" / "789" / TASK / "test.jsonl").unlink()
    with pytest.raises(MissingError, match=r"test\.jsonl: expected a file, found none"):
        hat_mt.read(copied, TASK)


def test_unlabelled_files_are_read_strictly(tmp_path: Path, data: Path) -> None:
    row = real(data, "123", "train")[0]["scratch"]
    good = {"scratch": {"arch_info": row["arch_info"], "total_flops": 1e9}}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(good) + "\n")
    (found,) = hat_mt.read_unlabelled(path)
    assert found.depth == 7
    for text, message in (("{", "line 2: expected JSON"), ("[]", "line 2: "), ('{"scratch": {}}', "arch_info")):
        path.write_text(json.dumps(good) + "\n" + text)
        with pytest.raises(InputError, match=message):
            hat_mt.read_unlabelled(path)
