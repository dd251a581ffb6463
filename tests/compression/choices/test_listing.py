"""Which replacements a table holds."""

from __future__ import annotations

from lpzero.compression.choices.listing import Part, parts_of
from tests.compression.choosing.test_menu import LAYOUT, layer_scores


def test_nested_sets_of_each_part_from_few_to_all() -> None:
    scores = [layer_scores(seed) for seed in range(LAYOUT.depth)]
    parts = parts_of(LAYOUT, scores, 4)
    assert [(part.layer, part.kind) for part in parts[:3]] == [(0, "groups"), (0, "neurons"), (1, "groups")]
    for part in parts:
        total = LAYOUT.groups if part.kind == "groups" else LAYOUT.neurons
        assert sorted(part.order) == list(range(total))
        # all goes in the end, and something always
        assert 0 < part.removed[0] < part.removed[-1] == total
        best = scores[part.layer].order[part.kind].order()
        for number, one in zip(part.removed, part.replacements, strict=True):
            assert set(one.stays) == set(best[: total - number])


def test_replacements_say_what_stays() -> None:
    part = Part(2, "neurons", (3, 0, 2, 1), (1, 3))
    assert [one.stays for one in part.replacements] == [(0, 1, 2), (1,)]
