"""Single replacements, measured: against whole models, kept in a file, and chosen by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.compression.choosing.measured import (
    Kept,
    Measuring,
    Replacement,
    choose_by_measure,
    digest_of,
    origin_of,
    parts_of,
    with_measured,
)
from lpzero.compression.choosing.menu import Chosen, Item, Menu, choose, menu_of
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.proof import mean_divergence
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError
from tests.compression.choosing.test_menu import COUNTS, LAYOUT, layer_scores
from tests.compression.tiny import checkpoint_folder, tiny, tokens

ORIGIN = {"checkpoint": "a", "windows": [2, 3]}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_replacement_is_what_the_whole_model_is_with_it(family: str) -> None:
    model = tiny(family)
    layout = read_layout(model)
    windows = to_predict("t", tokens(2, 12), layout.objective, 1)
    measuring = Measuring(model, layout, windows)
    for one in (Replacement(1, "neurons", (0, 3)), Replacement(2, "groups", (1,)), Replacement(0, "groups", ())):
        layers = list(layout.everything.layers)
        layers[one.layer] = replace(layers[one.layer], **{one.kind: one.stays})
        expected = mean_divergence(model, cut(model, layout, Choice(tuple(layers))), windows)
        assert measuring.divergence(one) == pytest.approx(expected, rel=1e-3, abs=1e-7)


def test_what_was_measured_is_kept_and_an_unfinished_line_is_not(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    one, other = Replacement(1, "neurons", (0, 3)), Replacement(1, "neurons", (0, 4))
    Kept(path, ORIGIN).put(one, 0.1 + 0.2)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"replacement": "1 neu')
    kept = Kept(path, ORIGIN)
    assert kept.get(one) == 0.1 + 0.2
    assert kept.get(other) is None
    kept.put(other, 1.0)
    assert path.read_bytes().startswith(whole)
    assert [Kept(path, ORIGIN).get(each) for each in (one, other)] == [0.1 + 0.2, 1.0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"origin": {"checkpoint": "b"}}\n', "found those of another"),
        ("text\n", "expected lines of measured divergences"),
        ('{"origin": {"checkpoint": "a", "windows": [2, 3]}}\n{"divergence": 1}\n', "found others"),
        ("3\n", "found others"),
    ],
)
def test_other_files_are_refused_and_left_as_they_are(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        Kept(path, ORIGIN)
    assert path.read_text() == content


def test_the_choice_is_that_of_a_table_that_is_measured_whole(tmp_path: Path) -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 2, 4))
    asked: list[Replacement] = []

    def measure(one: Replacement) -> float:
        asked.append(one)
        return true[one]

    # what is measured is never below its estimate
    true = {
        one: cost * (1 + (len(one.key) + one.layer) % 3)
        for items in menu
        for item in items
        for one, cost in zip(parts_of(item), (item.attention, item.feed_forward), strict=True)
    }

    def choosing(menu: Menu) -> Chosen:
        return choose(menu, COUNTS, {"params": 250})

    kept = Kept(tmp_path / "kept.jsonl", ORIGIN)
    found = choose_by_measure(menu, choosing, measure, kept)
    whole = tuple(tuple(Item(item.stays, *(true[one] for one in parts_of(item))) for item in items) for items in menu)
    assert found.chosen.selection.cost == pytest.approx(choosing(whole).selection.cost)
    assert len(asked) == len(set(asked)) == found.measured < len(true)
    assert with_measured(menu, kept) == found.menu
    # it goes on with what is kept
    again = choose_by_measure(menu, choosing, lambda one: pytest.fail("measured again"), kept)
    assert again.chosen == found.chosen


def test_a_digest_follows_the_weights(tmp_path: Path) -> None:
    folder = checkpoint_folder(tmp_path / "one")
    other = checkpoint_folder(tmp_path / "other", seed=1)
    assert digest_of(folder) == digest_of(folder) != digest_of(other)


def test_what_is_masked_belongs_to_what_was_measured() -> None:
    inputs = tokens(2, 8)
    one, other = (to_predict("a.txt", inputs, "masked", 1, seed) for seed in (0, 1))
    assert origin_of("checkpoint", "text", one) == origin_of(
        "checkpoint", "text", to_predict("a.txt", inputs, "masked", 1)
    )
    assert origin_of("checkpoint", "text", one) != origin_of("checkpoint", "text", other)
