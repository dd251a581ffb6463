"""Labels from files: what is damaged is refused with its line."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.fuzz import seeds
from lpzero.errors import InputError
from lpzero.predictors.labels import labels_of, read_architectures, read_labels, table_noise
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_trained

Drawn = Callable[[int], Any]


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows_of(architectures: Any, quality: Any) -> list[dict[str, Any]]:
    return [{"architecture": a.to_json(), "quality": q} for a, q in zip(architectures, quality, strict=True)]


def test_labels_are_read_and_said_again_kept_once(
    tmp_path: Path, small: SearchSpace, drawn: Drawn, caplog: pytest.LogCaptureFixture
) -> None:
    some = drawn(3)
    path = written(tmp_path, rows_of([*some, some[0]], [1.0, 2, 3.5, 1.0]))
    with caplog.at_level(logging.WARNING, "lpzero"):
        found = read_labels(path, small, higher_is_better=False, noise=0.2)
    assert found.architectures == some
    assert found.quality.tolist() == [1.0, 2.0, 3.5]
    assert (found.higher_is_better, found.noise) == (False, 0.2)
    assert "1 lines say again" in caplog.text


def test_what_is_damaged_is_refused_with_its_line(tmp_path: Path, small: SearchSpace, drawn: Drawn) -> None:
    some = drawn(3)
    foreign = get_space("flexibert", "own").sample(np.random.default_rng(0))
    for rows, message in (
        (rows_of(some, [1.0, "good", 2.0]), "line 2: quality: expected a finite number, found 'good'"),
        (rows_of(some, [1.0, None, 2.0]), "line 2: quality: expected a finite number"),
        (rows_of([some[0], foreign], [1.0, 2.0]), "line 2: expected an architecture of gpt2, protocol own"),
        (rows_of([some[0], some[1], some[0]], [1.0, 2.0, 3.0]), "line 3: expected the quality 1.0 that line 1 gives"),
        (rows_of(some[:1], [1.0]), "expected at least 2 different architectures, found 1"),
        (rows_of([some[0], some[0]], [1.0, 1.0]), "expected at least 2 different architectures, found 1"),
    ):
        with pytest.raises(InputError, match=message):
            read_labels(written(tmp_path, rows), small, higher_is_better=True)


def test_architectures_are_read_with_any_quality_or_none(tmp_path: Path, small: SearchSpace, drawn: Drawn) -> None:
    some = drawn(3)
    bare = [{"id": f"a{i}", "architecture": one.to_json()} for i, one in enumerate(some)]
    found = read_architectures(written(tmp_path, bare), small)
    assert (found.ids, found.architectures) == (("a0", "a1", "a2"), some)
    assert read_architectures(written(tmp_path, rows_of(some, [1.0, "?", None])), small).architectures == some
    names = [*(n for c in small.choices.whole for n in c.names), *(n for c in small.choices.layer for n in c.names)]
    with pytest.raises(InputError, match="line 1: expected the columns"):
        read_architectures(written(tmp_path, [{"id": "x", names[0]: 3}]), small)


def test_a_table_lends_its_labels_and_its_noise(small: SearchSpace) -> None:
    table, trainings, _ = load_trained("gpt2-own")
    first = table.records[0]
    twice = replace(table, records=(*table.records, replace(first, id="again", quality=first.quality + 1)))
    found = labels_of(twice, [1, 0, table.n], 0.5)
    assert found.architectures == (table.records[1].architecture, first.architecture)
    assert found.quality == pytest.approx([table.records[1].quality, first.quality + 0.5])
    assert (found.higher_is_better, found.noise) == (False, 0.5)
    # as its card says
    assert table_noise(table, trainings, small) == pytest.approx(0.008229, abs=1e-6)
    # of records alone what is there twice tells
    assert table_noise(twice, (), small) == pytest.approx(np.sqrt(0.5))
    assert table_noise(table, (), small) is None


def test_the_distillation_set_of_llm_pp_is_read_as_it_was_published(tmp_path: Path, small: SearchSpace) -> None:
    path = tmp_path / "111.jsonl.gz"
    path.write_bytes(gzip.compress(seeds.hat_mt(measured=False).encode()))
    found = read_architectures(path, get_space("hat-mt"))
    assert found.ids == ("line-1", "line-2")
    assert [one.layer(6)["decoder_arbitrary_ende_attn"] for one in found.architectures] == [2, -1]
    # of another space it is a file of a kind that is not known
    with pytest.raises(InputError, match=r"expected a file with the suffix .csv"):
        read_architectures(path, small)
