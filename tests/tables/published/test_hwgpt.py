"""The reader of HW-GPT-Bench, on the real tables and on damaged copies of a few records."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError, MissingError
from lpzero.fitness.strata import equal, matched
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table
from lpzero.tables.published import hwgpt
from lpzero.tables.published.registry import registered

Records = list[dict[str, Any]]
S = "hwgpt/arch_ppl_bench_s/ppl.pkl"
M = tuple(f"hwgpt/arch_ppl_bench_m/ppl_observations_tracker_{part}.pkl" for part in ("0_1000", "1000_2000"))


def measured(number: int, scale: str = "s", **changed: Any) -> dict[str, Any]:
    """A record whose number stands in its perplexity, in the upstream form."""
    deepest, width, heads = (12, 384, 8) if scale == "s" else (24, 512, 12)
    ratios = [2 + (number >> bit) % 2 for bit in range(deepest)]
    arch = {
        "sample_embed_dim": width,
        "sample_n_layer": deepest - 1,
        "sample_layer_indices": list(range(deepest - 1)),
        "sample_n_head": [heads] * deepest,
        "sample_mlp_ratio": ratios,
        "sample_bias": True,
    }
    return {"accuracy": 0.4, "perplexity": 25.5 + number, "arch": arch, **changed}


def write(folder: Path, records: Any, file: str = S) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(records, 4))
    return path


@pytest.fixture(scope="module")
def small(data: Path) -> Table:
    """The table of the scale s."""
    return load_table("hwgpt-s", data=data)


@pytest.fixture(scope="module")
def medium(data: Path) -> Table:
    """What there is of the table of the scale m."""
    return load_table("hwgpt-m", data=data)


def test_the_real_table_of_s(small: Table) -> None:
    assert (small.n, small.space, small.protocols, small.higher_is_better) == (10_000, "hwgpt", ("s",), False)
    assert small.qualities.min() == 22.159135818481445
    assert small.qualities.max() == 41.91941833496094
    np.testing.assert_array_equal(small.oriented, -small.qualities)
    assert small.duplicates() == ()
    assert Counter(record.architecture["hidden_size"] for record in small.records) == {768: 3373, 192: 3324, 384: 3303}
    assert Counter(record.architecture.depth for record in small.records) == {10: 3373, 12: 3341, 11: 3286}
    assert sum(record.architecture["bias"] is True for record in small.records) == 5049


def test_the_first_real_record(small: Table) -> None:
    record = small.records[0]
    assert (record.id, record.quality) == ("ppl-0", 33.12157440185547)
    assert dict(record.architecture.whole) == {"hidden_size": 384, "bias": False}
    assert record.architecture.integers("heads") == (12, 4, 12, 12, 4, 4, 4, 8, 12, 4)
    assert record.architecture.integers("mlp_ratio") == (2, 3, 4, 2, 3, 3, 2, 3, 2, 4)
    assert small.records[-1].id == "ppl-9999"


def test_the_real_table_of_m(medium: Table) -> None:
    assert (medium.n, medium.protocols, medium.duplicates()) == (1050, ("m",), ())
    assert medium.qualities.min() == 21.29375457763672
    assert medium.qualities.max() == 35.572715759277344
    ids = [medium.records[i].id for i in (0, 524, 525, -1)]
    assert ids == ["0_1000-0", "0_1000-524", "1000_2000-0", "1000_2000-524"]
    assert Counter(record.architecture.depth for record in medium.records) == {23: 375, 24: 356, 22: 319}


def test_the_tables_say_what_they_are(small: Table, medium: Table) -> None:
    for table in (small, medium):
        assert "The weights are inherited from one trained supernet" in table.notes[0]
        assert "none was trained from scratch" in table.notes[0]
    assert "whole" in small.notes[-1]
    assert "A part of the upstream table" in medium.notes[-1]
    assert "first two files of ten" in medium.notes[-1]
    assert "1,050 of 5,245" in medium.notes[-1]
    assert tuple(registered(hwgpt.pattern("m"))) == M


def tau_a(scores: np.ndarray, quality: np.ndarray, pairs: np.ndarray) -> float:
    signs = np.sign(scores[:, None] - scores) * np.sign(quality[:, None] - quality)
    return float(signs[pairs].mean())


def test_the_number_of_parameters_ranks_as_it_is_known_to(small: Table) -> None:
    """Known of another draw of 400: .926 over all pairs, .776 within a width, .358 where decoders are within 5 %."""
    space = get_space("hwgpt", "s")
    drawn = np.random.default_rng(0).choice(small.n, 400, replace=False)
    architectures = [small.records[i].architecture for i in drawn]
    counts = [space.parameter_counts(architecture) for architecture in architectures]
    width = np.array([space.width(architecture) for architecture in architectures])
    decoder = np.array([one["nonembedding"] for one in counts])
    quality = small.oriented[drawn]
    # the upstream count: an output of its own, and a vocabulary of 50,254
    upstream = decoder + 2 * 50_254 * width
    for scores in (np.array([one["total"] for one in counts]), upstream):
        assert tau_a(scores, quality, equal(np.zeros(400))) == pytest.approx(0.926, abs=0.01)
        assert tau_a(scores, quality, equal(width)) == pytest.approx(0.776, abs=0.03)
        assert tau_a(scores, quality, matched(decoder, 1.05)) == pytest.approx(0.358, abs=0.045)


def test_the_parameters_of_decoders_rank_the_part_of_m_as_they_rank_the_whole(medium: Table) -> None:
    """Known of all of it: .570 where decoders are within 25 %, .312 within 5 %."""
    space = get_space("hwgpt", "m")
    counts = [space.parameter_counts(record.architecture)["nonembedding"] for record in medium.records]
    decoder = np.array(counts)
    assert tau_a(decoder, medium.oriented, matched(decoder)) == pytest.approx(0.570, abs=0.03)
    assert tau_a(decoder, medium.oriented, matched(decoder, 1.05)) == pytest.approx(0.312, abs=0.03)


def test_a_small_table(tmp_path: Path) -> None:
    write(tmp_path, [measured(5), measured(3)])
    records = hwgpt.read(tmp_path, "s")
    assert [(record.id, record.quality) for record in records] == [("ppl-0", 30.5), ("ppl-1", 28.5)]
    # what lies behind the depth is not used
    assert records[0].architecture.integers("mlp_ratio") == (3, 2, 3, 2, 2, 2, 2, 2, 2, 2, 2)
    assert records[0].architecture.integers("heads") == (8,) * 11


def test_the_files_of_m_are_one_table(tmp_path: Path) -> None:
    write(tmp_path, [measured(0, "m"), measured(1, "m")], M[0])
    with pytest.raises(MissingError, match=r"tracker_1000_2000\.pkl: expected a file, found none"):
        hwgpt.read(tmp_path, "m")
    write(tmp_path, [measured(1, "m"), measured(2, "m")], M[1])
    # the second record of the first file is there again
    assert [record.id for record in hwgpt.read(tmp_path, "m")] == ["0_1000-0", "0_1000-1", "1000_2000-1"]


def test_an_architecture_that_is_there_again_has_to_agree(tmp_path: Path) -> None:
    again = measured(1)
    # only what lies behind the depth differs
    again["arch"]["sample_mlp_ratio"][-1] = 4
    write(tmp_path, [measured(0), measured(1), again])
    assert [record.id for record in hwgpt.read(tmp_path, "s")] == ["ppl-0", "ppl-1"]
    path = write(tmp_path, [measured(0), measured(1), again | {"perplexity": 26.25}])
    with pytest.raises(InputError) as caught:
        hwgpt.read(tmp_path, "s")
    assert str(caught.value) == (
        f"{path}: record 2: expected the perplexity 26.5 that record ppl-1 has with the same architecture, found 26.25"
    )


def set_in(*keys: str | int, value: Any) -> Callable[[Records], None]:
    def change(records: Records) -> None:
        place: Any = records[1]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def drop(*keys: str) -> Callable[[Records], None]:
    def change(records: Records) -> None:
        place: Any = records[1]
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


DAMAGES: dict[str, tuple[Callable[[Records], None], str]] = {
    "no perplexity": (drop("perplexity"), "expected the key perplexity, found none"),
    "nan": (set_in("perplexity", value=float("nan")), "perplexity: expected a finite number, found nan"),
    "infinite": (set_in("perplexity", value=float("inf")), "perplexity: expected a finite number, found inf"),
    "below one": (set_in("perplexity", value=0.5), "perplexity: expected greater than or equal to 1, found 0.5"),
    "text": (set_in("perplexity", value="30"), "perplexity: expected a valid number, found '30'"),
    "true": (set_in("perplexity", value=True), "perplexity: expected a valid number, found True"),
    "an accuracy of two": (set_in("accuracy", value=2.0), "accuracy: expected less than or equal to 1, found 2.0"),
    "no architecture": (drop("arch"), "expected the key arch, found none"),
    "unknown key": (set_in("arch", "sample_dropout", value=0.5), "arch.sample_dropout: expected no such key"),
    "width": (set_in("arch", "sample_embed_dim", value=1024), "hidden_size is 1024: expected one of 192, 384, 768"),
    "bias is a number": (set_in("arch", "sample_bias", value=1), "arch.sample_bias: expected a valid boolean, found 1"),
    "heads": (set_in("arch", "sample_n_head", 3, value=16), "layer 3: heads is 16: expected one of 4, 8, 12"),
    "ratio": (set_in("arch", "sample_mlp_ratio", 0, value=5), "layer 0: mlp_ratio is 5: expected one of 2, 3, 4"),
    "a ratio as text": (set_in("arch", "sample_mlp_ratio", 0, value="2"), "expected a valid integer, found '2'"),
    "too few heads": (
        set_in("arch", "sample_n_head", value=[4] * 11),
        "expected 12 values of sample_n_head and sample_mlp_ratio, found 11 and 12",
    ),
    "other layers": (
        set_in("arch", "sample_layer_indices", 0, value=5),
        "expected the first 11 layers, found others in sample_layer_indices",
    ),
    "depth": (set_in("arch", "sample_n_layer", value=12), "expected the first 12 layers, found others"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_named(tmp_path: Path, damage: Callable[[Records], None], message: str) -> None:
    records = copy.deepcopy([measured(0), measured(1), measured(2)])
    damage(records)
    path = write(tmp_path, records)
    with pytest.raises(InputError) as caught:
        hwgpt.read(tmp_path, "s")
    text = str(caught.value)
    assert text.startswith(f"{path}: record 1: ")
    assert message in text
    assert text.isprintable()


@pytest.mark.parametrize("depth", [9, 13])
def test_a_depth_that_there_is_not_is_named(depth: int, tmp_path: Path) -> None:
    record = measured(0)
    record["arch"] |= {"sample_n_layer": depth, "sample_layer_indices": list(range(depth))}
    write(tmp_path, [record, measured(1)])
    # thirteen would be twelve layers, if nobody looked: the lists are no longer
    with pytest.raises(InputError, match=rf"record 0: sample_n_layer: expected one of 10, 11, 12, found {depth}$"):
        hwgpt.read(tmp_path, "s")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ({"a": 1, "b": 2}, "expected a list of records, found dict"),
        ([3, 4], "record 0: expected a valid dictionary"),
        ([measured(0), []], "record 1: expected a valid dictionary"),
        ([measured(0), Path("x")], "found the instruction STACK_GLOBAL at byte"),
    ],
    ids=["no list", "numbers", "list", "a class"],
)
def test_a_damaged_file_is_named(records: Any, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, records)
    with pytest.raises(InputError) as caught:
        hwgpt.read(tmp_path, "s")
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
