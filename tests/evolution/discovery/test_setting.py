"""What a search against a table works on: a split that keeps models together, and what is refused before a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.evolution.discovery.config import TableConfig
from lpzero.evolution.discovery.setting import load
from lpzero.operands.probe import probe_batch
from lpzero.proxy.score import shape_of
from lpzero.spaces import get_space
from lpzero.tables import load_table

TABLE = load_table("gpt2-own")
GIVEN: dict[str, Any] = {"space": "gpt2", "protocol": "own", "table": "gpt2-own", "search_size": 20}


def config(**changes: Any) -> TableConfig:
    return TableConfig(**{**GIVEN, "validation_size": 10, "tokens": 8, **changes})


def test_the_parts_have_the_sizes_and_share_no_model() -> None:
    setting = load(config(), TABLE)
    parts = (setting.parts.search, setting.parts.validation, setting.parts.test)
    assert [len(part) for part in parts[:2]] == [20, 10]
    assert sorted(i for part in parts for i in part) == list(range(TABLE.n))
    keys = [{setting.space.model_key(TABLE.records[i].architecture) for i in part} for part in parts]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]
    for i, label in enumerate(setting.groups.tolist()):
        for j in range(i):
            same = setting.space.model_key(TABLE.records[i].architecture) == setting.space.model_key(
                TABLE.records[j].architecture
            )
            assert same == (label == setting.groups[j])


def test_what_is_seen_is_search_then_validation() -> None:
    setting = load(config(), TABLE)
    assert setting.seen == [*setting.parts.search, *setting.parts.validation]
    assert setting.seen_architectures == tuple(TABLE.records[i].architecture for i in setting.seen)


def test_a_large_test_is_drawn_from_by_the_seed() -> None:
    whole, some = load(config(), TABLE), load(config(test_size=12), TABLE)
    assert whole.tested == list(whole.parts.test)
    assert whole.held_out == list(range(TABLE.n))
    assert some.parts == whole.parts
    assert (len(set(some.tested)), len(set(some.held_out))) == (12, 12)
    assert set(some.tested) < set(whole.parts.test)
    assert some.tested == load(config(test_size=12), TABLE).tested
    assert some.held_out != load(config(test_size=12, seed=1), TABLE).held_out


def test_the_split_follows_from_the_seed_alone() -> None:
    one, again = load(config(), TABLE), load(config(elements=64, batch=2), None)
    assert one.parts == again.parts
    assert load(config(seed=1), TABLE).parts != one.parts
    quality = [replace(record, quality=float(i)) for i, record in enumerate(TABLE.records)]
    assert load(config(), replace(TABLE, records=tuple(quality))).parts == one.parts


def test_the_probe_is_that_of_the_settings() -> None:
    setting = load(config(seed=5, batch=3, tokens=7, elements=32), TABLE)
    batch = probe_batch(setting.space, setting.probe)
    assert batch.input_ids.shape == (3, 7)
    assert (setting.probe.seed, setting.probe.elements, setting.probe.device) == (5, 32, "cpu")
    assert setting.space == get_space("gpt2", "own")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": "flexibert"}, "^table gpt2-own is of space gpt2, found `space` flexibert$"),
        ({"protocol": "lts"}, "^table gpt2-own was measured on other models than 'lts': expected own$"),
        ({"table": "nothing"}, "unknown table 'nothing': expected one of"),
        ({"tokens": 65}, "^expected at most 64 tokens for gpt2, found 65$"),
        ({"search_size": TABLE.n + 1}, "found"),
    ],
)
def test_what_a_setting_makes_impossible_is_said_at_once(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(config(**changes))


def test_no_random_state_moves() -> None:
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    state = str(np.random.get_state())  # noqa: NPY002  (what must not move)
    load(config(), TABLE)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert str(np.random.get_state()) == state  # noqa: NPY002  (likewise)


@pytest.mark.parametrize("kind", ["matched", "width"])
def test_which_pairs_count_follows_from_the_shapes(kind: str) -> None:
    setting = load(config(pairs=kind), TABLE)
    shapes = [shape_of(setting.space, one) for one in setting.seen_architectures]
    counted = setting.counted
    assert counted is not None
    for i, one in enumerate(shapes):
        for j, other in enumerate(shapes):
            larger, smaller = sorted([one.decoder_params, other.decoder_params])[::-1]
            close = larger <= 1.25 * smaller if kind == "matched" else one.width == other.width
            assert counted[i, j] == (close and i != j)
    assert load(config(), TABLE).counted is None


def test_a_search_split_without_a_pair_that_counts_is_refused() -> None:
    message = "no two of the 4 architectures of the search split are of matched size: raise"
    with pytest.raises(InputError, match=message):
        for seed in range(20):
            load(config(pairs="matched", search_size=4, validation_size=0, seed=seed), TABLE)


def test_records_that_break_principles_take_no_part() -> None:
    rule = {"op": "ge", "feature": "d_model", "value": 128}
    listed = [{"id": "wide", "statement": "", "rule": rule}]
    document = {"schema": "lpzero.principles/1", "space": {"name": "gpt2"}, "principles": listed}
    setting = load(config(principles=document, search_size=8, validation_size=4), TABLE)
    parts = setting.parts
    wide = [i for i, one in enumerate(TABLE.records) if int(one.architecture["d_model"]) >= 128]
    assert sorted((*parts.search, *parts.validation, *parts.test)) == wide == setting.held_out
    assert 4 < len(wide) < TABLE.n
    assert (len(parts.search), len(parts.validation)) == (8, 4)
    with pytest.raises(InputError, match=r"^`principles`: space\.name: expected gpt2, found 'flexibert'$"):
        load(config(principles={**document, "space": {"name": "flexibert"}}), TABLE)
