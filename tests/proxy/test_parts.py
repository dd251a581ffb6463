"""Which records are ranked, and which lend labels: sets of real tables, and of proxies with their provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.exclusion import looked_at, same_models
from lpzero.proxy.parts import LEAST, Parts, parts_of
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table

OWN = load_table("gpt2-own")
EVERY = set(range(OWN.n))


@pytest.fixture(scope="module")
def glue(data: Path) -> Table:
    """A table with duplicates that three protocols read."""
    return load_table("flexibert-glue", data=data)


def _parts(proxies: Sequence[Proxy | str], table: Table = OWN, protocol: str | None = None, **options: Any) -> Parts:
    loaded = [load_proxy(proxy) if isinstance(proxy, str) else proxy for proxy in proxies]
    space = get_space(table.space, table.protocol(protocol))
    return parts_of(loaded, table, space, **{"include_seen": False, "labels": None, "seed": 0, **options})


def _found(seed: int, size: int, name: str = "gpt2/own") -> Proxy:
    """A shipped proxy, as if another run had found it on parts of this size."""
    proxy = load_proxy(name)
    assert proxy.provenance is not None
    settings = {**proxy.provenance.settings, "search_size": size, "validation_size": size}
    changed = proxy.provenance.model_copy(update={"settings": settings, "seed": seed})
    return replace(proxy, name=f"{seed}", provenance=changed)


def test_what_was_chosen_on_nothing_is_judged_on_all_and_lends_no_label() -> None:
    assert _parts(["params", "snip"]) == Parts(tuple(range(OWN.n)), (), (False, False))
    assert _parts(["flexibert/own"]).tested == tuple(range(OWN.n)), "found on another table"


def test_what_a_proxy_was_chosen_on_is_left_out_and_lends_its_labels() -> None:
    seen = looked_at(load_proxy("gpt2/own"), OWN)
    found = _parts(["gpt2/own"])
    assert found.tested == tuple(sorted(EVERY - seen))
    assert found.labelled == tuple(sorted(seen))
    assert found.seen == (False,)


def test_it_is_left_out_for_all() -> None:
    first, second = _found(1, 8), _found(2, 12)
    seen = looked_at(first, OWN) | looked_at(second, OWN)
    assert len(seen) > len(looked_at(second, OWN))
    found = _parts([first, "depth", second])
    assert found.tested == tuple(sorted(EVERY - seen))
    assert found.labelled == tuple(sorted(seen))
    assert found.seen == (False, False, False)


def test_include_seen_ranks_all_and_marks_who_has_seen_some() -> None:
    found = _parts(["depth", "gpt2/own"], include_seen=True)
    assert found.tested == tuple(range(OWN.n))
    assert found.labelled == tuple(sorted(looked_at(load_proxy("gpt2/own"), OWN)))
    assert found.seen == (False, True)


def test_what_nobody_can_say_is_refused_or_marked_as_seen_throughout() -> None:
    unknown = replace(load_proxy("gpt2/own"), provenance=None)
    with pytest.raises(InputError, match="does not say on which architectures"):
        _parts([unknown])
    assert _parts([unknown], include_seen=True) == Parts(tuple(range(OWN.n)), (), (True,))
    # of another version of the table nobody can say either
    shorter = replace(OWN, records=OWN.records[:-1])
    with pytest.raises(InputError, match="found on another version of gpt2-own"):
        _parts(["gpt2/own"], shorter)
    assert _parts(["gpt2/own", "depth"], shorter, include_seen=True) == Parts(
        tuple(range(shorter.n)), (), (True, False)
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("labels", [4, 30, 64])
def test_labels_come_from_what_was_seen_first(labels: int, seed: int) -> None:
    seen = looked_at(load_proxy("gpt2/own"), OWN)
    found = _parts(["gpt2/own"], labels=labels, seed=seed)
    assert len(found.labelled) == labels
    assert set(found.labelled) <= seen
    assert found.tested == tuple(sorted(EVERY - seen)), "what was seen stays out whether it lends its label or not"


def test_labels_beyond_what_was_seen_are_left_out_as_well() -> None:
    seen = looked_at(load_proxy("gpt2/own"), OWN)
    found = _parts(["gpt2/own"], labels=80)
    assert len(found.labelled) == 80
    assert seen < set(found.labelled)
    assert found.tested == tuple(sorted(EVERY - set(found.labelled)))
    # those that were drawn are left out even where what was seen is ranked
    ranked = _parts(["gpt2/own"], labels=80, include_seen=True)
    assert ranked.labelled == found.labelled
    assert ranked.tested == tuple(sorted(EVERY - (set(found.labelled) - seen)))
    assert ranked.seen == (True,)


def test_the_seed_draws_the_labels() -> None:
    first, again, other = (_parts(["params"], labels=20, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first.tested == tuple(sorted(EVERY - set(first.labelled)))


@pytest.mark.parametrize("protocol", ["trained", "listed", "legacy"])
def test_no_model_lends_its_label_and_is_ranked(protocol: str, glue: Table) -> None:
    groups = glue.groups(get_space(glue.space, protocol))
    for seed in range(3):
        found = _parts(["params"], glue, protocol, labels=101, seed=seed)
        assert 4 <= len(found.labelled) <= 101
        assert not {groups[i] for i in found.labelled} & {groups[i] for i in found.tested}
        assert {*found.labelled, *found.tested} == set(range(glue.n))
        # single records fill up what a group has left
        assert len(found.labelled) == 101


@pytest.mark.parametrize("protocol", ["trained", "listed", "legacy"])
@pytest.mark.parametrize("name", ["flexibert/listed", "flexibert/best"])
def test_a_model_that_was_seen_under_another_protocol_is_left_out(name: str, protocol: str, glue: Table) -> None:
    looked = looked_at(load_proxy(name), glue)
    found = _parts([name], glue, protocol)
    assert found.tested == tuple(sorted(set(range(glue.n)) - same_models(glue, looked)))
    for other in glue.protocols:
        groups = glue.groups(get_space(glue.space, other))
        assert not {groups[i] for i in looked} & {groups[i] for i in found.tested}
    # qualities that did not decide for it are nobody's to lend
    assert found.labelled == tuple(sorted(looked))
    assert len(looked) + len(found.tested) < glue.n


@pytest.mark.parametrize(("labels", "proxies", "most"), [(3, [], 124), (125, [], 124), (0, ["gpt2/own"], 124)])
def test_labels_out_of_their_range_are_refused(labels: int, proxies: list[str], most: int) -> None:
    with pytest.raises(InputError) as caught:
        _parts(proxies or ["params"], labels=labels)
    assert str(caught.value) == (
        f"`labels`: expected from 4 to {most}, which leaves 4 of the 128 architectures of gpt2-own to rank, found "
        f"{labels}"
    )
    assert len(_parts(proxies or ["params"], labels=most).tested) == LEAST


def test_nothing_left_to_rank_is_refused() -> None:
    both = [_found(0, 62), _found(1, 62)]
    left_out = len(looked_at(both[0], OWN) | looked_at(both[1], OWN))
    assert left_out > OWN.n - LEAST
    said = (
        f"gpt2-own: {left_out} of 128 architectures are left out, since a proxy was chosen on them, or a control has "
        "their labels: rank fewer proxies at a time, or give `include_seen`"
    )
    with pytest.raises(InputError) as caught:
        _parts(both)
    assert str(caught.value) == said
    with pytest.raises(InputError) as caught:
        _parts(both, labels=8)
    assert str(caught.value) == said + ", or fewer `labels`"
    assert len(_parts(both[:1]).tested) == LEAST
    assert _parts(both, include_seen=True).seen == (True, True)
