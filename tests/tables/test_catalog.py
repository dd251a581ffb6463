"""The catalogue of known tables, and the registry of their files."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.tables import TABLES, get_entry
from lpzero.tables.entry import Published

PUBLISHED = {entry.name: entry.published for entry in TABLES.values() if entry.published is not None}
EACH = pytest.mark.parametrize(("name", "published"), PUBLISHED.items(), ids=PUBLISHED)


def test_the_names() -> None:
    assert list(TABLES) == [
        *("flexibert-own", "gpt2-own", "llama-own", "llama-scratch-own", "rnn-own"),
        *("flexibert-glue", "gpt2-wt103", "transxl-wt103", "hwgpt-s", "hwgpt-m"),
        *("hat-mt-wmt14ende", "hat-mt-wmt14enfr", "hat-mt-wmt19ende"),
    ]
    assert all(entry.name == name for name, entry in TABLES.items())


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        InputError,
        match="unknown table 'glue': expected one of flexibert-own, gpt2-own, llama-own, llama-scratch-own",
    ):
        get_entry("glue")


def test_the_first_table_of_a_space_comes_with_the_package() -> None:
    for space in ("flexibert", "gpt2"):
        assert next(entry for entry in TABLES.values() if entry.space == space).published is None


def test_every_table_stands_for_protocols_of_its_space() -> None:
    for entry in TABLES.values():
        known = get_space(entry.space).protocols
        assert entry.protocols
        assert set(entry.protocols) <= set(known)


@EACH
def test_every_file_has_a_checksum_and_a_pinned_address(name: str, published: Published) -> None:
    files = {"flexibert-glue": 1, "gpt2-wt103": 202, "transxl-wt103": 202, "hwgpt-s": 1, "hwgpt-m": 2}
    files |= dict.fromkeys(("hat-mt-wmt14ende", "hat-mt-wmt14enfr", "hat-mt-wmt19ende"), 6)
    assert len(published.files) == files[name]
    for file, digest in published.files.items():
        assert re.fullmatch("[0-9a-f]{64}", digest)
        address = published.address(file)
        assert re.match(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/", address)
        assert address.endswith(file.partition("/")[2])


def test_the_addresses() -> None:
    flexibert = PUBLISHED["flexibert-glue"].address("flexibert/BERT_benchmark.json")
    assert flexibert.endswith("/2d76e01b9586cad7340e8268dadba3056efd070b/data/BERT_benchmark.json")
    gpt2 = PUBLISHED["gpt2-wt103"].address("lts/random_GPT2_wt103/ppl_summary.yaml")
    assert gpt2.endswith("/archai/nlp/nas/saved_logs/random_GPT2_wt103/ppl_summary.yaml")
    transxl = PUBLISHED["transxl-wt103"].address("lts/random_TransXL_wt103/ppl_summary.yaml")
    assert transxl.endswith("/archai/nlp/nas/saved_logs/random_TransXL_wt103/ppl_summary.yaml")
    hwgpt = PUBLISHED["hwgpt-m"].address("hwgpt/arch_ppl_bench_m/ppl_observations_tracker_0_1000.pkl")
    pinned = "https://raw.githubusercontent.com/automl/HW-GPT-Bench/795cba8124826acc600df1bd2bb516b22f207671"
    assert hwgpt == f"{pinned}/arch_ppl_bench_m/ppl_observations_tracker_0_1000.pkl"
    hat = PUBLISHED["hat-mt-wmt19ende"].address("llmpp/train-test_seedarchs/123/wmt19ende/test.jsonl")
    pinned = "https://raw.githubusercontent.com/UBC-NLP/llmas/35980b8faf884c51d25fa45a644b47729f152e03"
    assert hat == f"{pinned}/data/train-test_seedarchs/123/wmt19ende/test.jsonl"
    mirrored = PUBLISHED["flexibert-glue"].address("flexibert/BERT_benchmark.json", "http://mirror/x/")
    assert mirrored == "http://mirror/x/BERT_benchmark.json"


@EACH
def test_the_checksums_are_those_of_the_real_files(name: str, published: Published, data: Path) -> None:
    assert published.files, name
    for file, digest in published.files.items():
        assert hashlib.sha256((data / file).read_bytes()).hexdigest() == digest


def test_importing_the_tables_loads_neither_torch_nor_a_client() -> None:
    code = "import sys, lpzero.tables; print(sorted({'torch', 'pooch', 'requests', 'tqdm'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
