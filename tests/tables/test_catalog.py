"""The catalogue of known tables, and the registry of their files."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.tables import TABLES, TableEntry, get_entry

ENTRIES = pytest.mark.parametrize("entry", TABLES.values(), ids=TABLES)


def test_the_names() -> None:
    assert list(TABLES) == ["flexibert-glue", "gpt2-wt103"]
    assert all(entry.name == name for name, entry in TABLES.items())


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown table 'glue': expected one of flexibert-glue, gpt2-wt103"):
        get_entry("glue")


@ENTRIES
def test_every_file_has_a_checksum_and_a_pinned_address(entry: TableEntry) -> None:
    assert len(entry.files) == {"flexibert-glue": 1, "gpt2-wt103": 202}[entry.name]
    for file, digest in entry.files.items():
        assert re.fullmatch("[0-9a-f]{64}", digest)
        address = entry.address(file)
        assert re.match(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/", address)
        assert address.endswith(file.partition("/")[2])


def test_the_addresses() -> None:
    flexibert = get_entry("flexibert-glue").address("flexibert/BERT_benchmark.json")
    assert flexibert.endswith("/2d76e01b9586cad7340e8268dadba3056efd070b/data/BERT_benchmark.json")
    gpt2 = get_entry("gpt2-wt103").address("lts/random_GPT2_wt103/ppl_summary.yaml")
    assert gpt2.endswith("/archai/nlp/nas/saved_logs/random_GPT2_wt103/ppl_summary.yaml")
    mirrored = get_entry("flexibert-glue").address("flexibert/BERT_benchmark.json", "http://mirror/x/")
    assert mirrored == "http://mirror/x/BERT_benchmark.json"


@ENTRIES
def test_the_checksums_are_those_of_the_real_files(entry: TableEntry, data: Path) -> None:
    for file, digest in entry.files.items():
        assert hashlib.sha256((data / file).read_bytes()).hexdigest() == digest


def test_importing_the_tables_loads_neither_torch_nor_a_client() -> None:
    code = "import sys, lpzero.tables; print(sorted({'torch', 'pooch', 'requests', 'tqdm'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
