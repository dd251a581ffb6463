"""Tokenizers in GGUF: tokens, kinds, merges, and the ways of cutting text that have names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.compression.files.gguf_tokenizer import _SPLITS, pre_tokenizer, write_tokenizer
from lpzero.errors import InputError
from tests.compression.files import cases

gguf = pytest.importorskip("gguf")

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}


def read_back(folder: Path, vocabulary: int) -> Any:
    writer = gguf.GGUFWriter(None, "deci")
    write_tokenizer(writer, folder, vocabulary)
    writer.write_header_to_file(folder / "t.gguf")
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return gguf.GGUFReader(folder / "t.gguf")


def test_ids_have_their_tokens(tmp_path: Path) -> None:
    cases.write_tokenizer(tmp_path)
    document = json.loads((tmp_path / "tokenizer.json").read_text())
    number = len(document["model"]["vocab"])
    reader = read_back(tmp_path, number + 2)
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    assert {token: index for index, token in enumerate(tokens[:number])} == document["model"]["vocab"]
    assert tokens[number:] == [f"[PAD{number}]", f"[PAD{number + 1}]"]
    kinds = reader.get_field("tokenizer.ggml.token_type").contents()
    # control, normal, unused
    assert (kinds[0], kinds[1], kinds[-1]) == (3, 1, 5)
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in document["model"]["merges"]]
    assert reader.get_field("tokenizer.ggml.merges").contents() == merges
    assert reader.get_field("tokenizer.ggml.eos_token_id").contents() == 0
    assert reader.get_field("tokenizer.ggml.pre").contents() == "gpt-2"


def test_a_vocabulary_beyond_the_model_is_refused(tmp_path: Path) -> None:
    cases.write_tokenizer(tmp_path)
    with pytest.raises(InputError, match="expected ids below 100, the model's"):
        read_back(tmp_path, 100)


def test_an_id_without_end_is_refused(tmp_path: Path) -> None:
    cases.write_tokenizer(tmp_path)
    path = tmp_path / "tokenizer.json"
    document = json.loads(path.read_text())
    document["model"]["vocab"][next(iter(document["model"]["vocab"]))] = float("inf")
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="expected a vocabulary and added tokens"):
        read_back(tmp_path, 300)


SEQUENCES = [
    ([BYTES], "gpt-2"),
    ([{"type": "Digits", "individual_digits": True}, BYTES], "smollm"),
    *(
        ([{"type": "Split", "pattern": {"Regex": regex}}, {**BYTES, "use_regex": False}], n)
        for regex, n in _SPLITS.items()
    ),
]


@pytest.mark.parametrize(("steps", "name"), SEQUENCES, ids=[name for _, name in SEQUENCES])
def test_ways_of_cutting_text_have_names(steps: list[Any], name: str) -> None:
    document = {"model": {"type": "BPE"}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps}}
    assert pre_tokenizer(document, Path("t")) == name


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"model": {"type": "Unigram"}, "pre_tokenizer": BYTES},
        {"model": {"type": "BPE"}, "pre_tokenizer": None},
        {"model": {"type": "BPE"}, "pre_tokenizer": {"type": "Metaspace"}},
        {"model": {"type": "BPE"}, "pre_tokenizer": {**BYTES, "add_prefix_space": True}},
        {"model": {"type": "BPE"}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [3]}},
        {
            "model": {"type": "BPE"},
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [{"type": "Split", "pattern": {"Regex": "a"}}, BYTES],
            },
        },
    ],
    ids=["empty", "unigram", "none", "metaspace", "prefix", "number", "regex"],
)
def test_others_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected a byte-level encoding"):
        pre_tokenizer(document, Path("t"))


def test_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_back(tmp_path, 10)
