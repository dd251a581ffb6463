"""The readers of tables that are fuzzed: cards and records of lpzero's own, imported files, and the published ones."""

from __future__ import annotations

import gzip
import hashlib
import json
import pickle
from pathlib import Path

from benchmarks.fuzz import seeds
from benchmarks.fuzz.inputs import text_of, written


def _table(folder: Path, card: bytes, lines: bytes) -> None:
    from lpzero.tables import load_table

    written(gzip.compress(lines, 1, mtime=0), folder, "records.jsonl.gz")
    written(card, folder, "card.json")
    load_table(str(folder))


def card(data: bytes, folder: Path, name: str) -> None:
    """A card whose hash is right, where it is a card at all."""
    lines = seeds.records(name).encode()
    card = json.loads(seeds.card(name))
    right = hashlib.sha256(lines).hexdigest().encode()
    number = f'"records": {card["records"]}'.encode()
    _table(folder, data.replace(card["records_sha256"].encode(), right).replace(number, b'"records": 4'), lines)


def records(data: bytes, folder: Path, name: str) -> None:
    """Records that the card vouches for."""
    card = json.loads(seeds.card(name))
    number = len(data.decode("utf-8", "replace").splitlines())
    card |= {"records": number, "records_sha256": hashlib.sha256(data).hexdigest()}
    _table(folder, json.dumps(card).encode(), data)


def packed_records(data: bytes, folder: Path) -> None:
    """Records whose gzip file is the input, or has it somewhere inside."""
    from lpzero.tables import load_table

    lines = seeds.records("llama-own").encode()
    facts = {"records": 4, "records_sha256": hashlib.sha256(lines).hexdigest()}
    written(json.dumps({**json.loads(seeds.card("llama-own")), **facts}).encode(), folder, "card.json")
    packed = gzip.compress(lines, 1, mtime=0)
    # an input that is no gzip says where a good file is changed
    whole = data if data[:2] == b"\x1f\x8b" else packed[: len(data)] + data + packed[len(data) :]
    written(whole, folder, "records.jsonl.gz")
    load_table(str(folder))


def imported(data: bytes, folder: Path, name: str) -> None:
    """A user's own file."""
    from lpzero.spaces import get_space
    from lpzero.tables.imports.user_file import import_table

    import_table(written(data, folder, name), get_space("gpt2", "own"))


def glue(data: bytes, folder: Path) -> None:
    """The file of FlexiBERT on GLUE."""
    from lpzero.tables.published import flexibert_glue

    (folder / "flexibert").mkdir(exist_ok=True)
    written(data, folder, flexibert_glue.FILE)
    flexibert_glue.read(folder)


def lts(data: bytes, folder: Path) -> None:
    """A summary, and behind a mark the configuration that both its records have."""
    from lpzero.tables.published import gpt2_wt103

    summary, _, config = data.partition(b"\n---\n")
    place = folder / gpt2_wt103.FOLDER
    for number in ("j0", "j1"):
        (place / "config_0" / number).mkdir(parents=True, exist_ok=True)
        written(config, place / "config_0" / number, "model_config.yaml")
    written(summary, place, "ppl_summary.yaml")
    gpt2_wt103.read(folder)


def _hwgpt(content: bytes, folder: Path) -> None:
    from lpzero.tables.published import hwgpt
    from lpzero.tables.published.registry import registered

    for file in registered(hwgpt.pattern("s")):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        written(content, folder, file)
    hwgpt.read(folder, "s")


def hwgpt_pickle(data: bytes, folder: Path) -> None:
    """A pickle byte by byte: each letter of the input is one, as its seeds have it, and so is what is no UTF-8."""
    _hwgpt(bytes(ord(letter) & 0xFF for letter in text_of(data)), folder)


def hat_mt(data: bytes, folder: Path) -> None:
    """Rows of LLM-PP: one file of a table."""
    from lpzero.spaces import get_space
    from lpzero.tables.published import hat_mt

    for _ in hat_mt._measured(written(data, folder, "train.jsonl"), get_space(hat_mt.SPACE)):
        pass


def hat_mt_unlabelled(data: bytes, folder: Path) -> None:
    """Architectures without measurements, gzipped where the input is not a gzip file itself."""
    from lpzero.tables.published import hat_mt

    packed = data if data[:2] == b"\x1f\x8b" else gzip.compress(data, 1, mtime=0)
    hat_mt.read_unlabelled(written(packed, folder, "a.jsonl.gz"))


def hwgpt_values(data: bytes, folder: Path) -> None:
    """A good pickle of whatever a JSON document holds; what is none is itself the pickle."""
    try:
        content = pickle.dumps(json.loads(text_of(data)), 4)
    except (ValueError, RecursionError):
        content = data
    _hwgpt(content, folder)
