"""What is known of a table before it is read: its direction, and where its files are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lpzero.tables.catalog import TABLES
from lpzero.tables.entry import Published


def test_the_direction_in_words() -> None:
    entry = TABLES["gpt2-own"]
    assert replace(entry, higher_is_better=True).direction == "higher is better"
    assert replace(entry, higher_is_better=False).direction == "lower is better"


def test_the_folder_of_the_address_stands_in_the_place_of_the_first_of_the_path() -> None:
    published = Published("hwgpt/arch_ppl_bench_s/*", "https://x.invalid/up/", lambda _data: ())
    assert list(published.files) == ["hwgpt/arch_ppl_bench_s/ppl.pkl"]
    assert published.address("hwgpt/arch_ppl_bench_s/ppl.pkl") == "https://x.invalid/up/arch_ppl_bench_s/ppl.pkl"
    assert published.address("hwgpt/a", "http://mirror/") == "http://mirror/a"


@pytest.mark.parametrize("name", [name for name, entry in TABLES.items() if entry.published is not None])
def test_a_published_table_has_files_and_no_hash_of_records(name: str) -> None:
    entry = TABLES[name]
    assert entry.published is not None
    assert entry.published.files
    assert entry.records_sha256 is None
