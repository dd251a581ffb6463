"""A table of choices is made: against whole models, resumed, and refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.compression.choices.build import MEASURED, ChoicesSettings, build_choices
from lpzero.compression.choices.table import CARD, UNITS, units_file
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.proof import mean_divergence
from lpzero.compression.texts import read_tokenizer, to_predict, tokenised, windows
from lpzero.errors import InputError
from lpzero.progress import Progress
from tests.compression.choices.made import SMALL, made


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_divergences_are_those_of_the_cut_models(tmp_path: Path, family: str) -> None:
    table = made(tmp_path, family, depth=3)
    model = load_checkpoint(tmp_path / "full")
    layout = read_layout(model)
    text = tokenised(read_tokenizer(tmp_path / "full"), (tmp_path / "text.txt").read_text(), "text.txt")
    asked = to_predict("text.txt", windows(text, 3, 8), layout.objective, None)
    assert table.card.records == len(table.records) == layout.depth * (layout.groups + 3)
    for record in table.records[:: max(1, len(table.records) // 5)]:
        layers = list(layout.everything.layers)
        whole = layers[record.layer]
        stays = tuple(unit for unit in getattr(whole, record.part) if unit not in record.removed)
        changed = replace(whole, groups=stays) if record.part == "groups" else replace(whole, neurons=stays)
        layers[record.layer] = changed
        expected = mean_divergence(model, cut(model, layout, Choice(tuple(layers))), asked)
        assert record.divergence == pytest.approx(expected, rel=1e-3, abs=1e-6)


class _Stopped(Exception):
    pass


def test_a_build_that_was_stopped_goes_on_to_the_same_table(tmp_path: Path) -> None:
    whole = made(tmp_path / "a", depth=2)
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 5:
            raise _Stopped

    folder = tmp_path / "b"
    with pytest.raises(_Stopped):
        build_choices(tmp_path / "a" / "full", tmp_path / "a" / "text.txt", folder, SMALL, watch=stop)
    kept = (folder / MEASURED).read_bytes()
    assert not (folder / CARD).exists()
    again = build_choices(tmp_path / "a" / "full", tmp_path / "a" / "text.txt", folder, SMALL)
    assert (folder / MEASURED).read_bytes().startswith(kept)
    assert again.records == whole.records
    for name in (units_file(0, "groups"), units_file(1, "neurons")):
        assert (folder / UNITS / name).read_bytes() == (tmp_path / "a" / "table" / UNITS / name).read_bytes()


def test_a_folder_of_another_text_or_seed_is_refused(tmp_path: Path) -> None:
    made(tmp_path, depth=2)
    with pytest.raises(InputError, match="expected units of this checkpoint, text and seed"):
        build_choices(tmp_path / "full", tmp_path / "text.txt", tmp_path / "table", replace(SMALL, seed=1))
    with pytest.raises(InputError, match="expected divergences of this checkpoint and text"):
        build_choices(tmp_path / "full", tmp_path / "text.txt", tmp_path / "table", replace(SMALL, windows=2))


def test_what_cannot_be_looked_at_is_refused(tmp_path: Path) -> None:
    made(tmp_path, depth=2)
    with pytest.raises(InputError, match="`windows`: expected at least 2, found 1"):
        ChoicesSettings(windows=1)
    with pytest.raises(InputError, match="expected at most the model's 32 tokens, found 33"):
        build_choices(tmp_path / "full", tmp_path / "text.txt", tmp_path / "new", replace(SMALL, context=33))
    with pytest.raises(InputError, match="`layers`: expected layers from 0 to 1, found 2"):
        build_choices(tmp_path / "full", tmp_path / "text.txt", tmp_path / "new", replace(SMALL, layers=(0, 2)))
    assert not (tmp_path / "new" / CARD).exists()


def test_a_sample_of_layers_is_that_of_the_whole_table(tmp_path: Path) -> None:
    whole = made(tmp_path / "a", depth=3)
    some = made(tmp_path / "b", depth=3, settings=replace(SMALL, layers=(0, 2)))
    assert some.records == tuple(record for record in whole.records if record.layer != 1)


def test_a_folder_of_somebody_is_left_as_it_is(tmp_path: Path) -> None:
    made(tmp_path, depth=2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / CARD).write_text("mine")
    for folder in (tmp_path / "mine", tmp_path / "full"):
        before = {path: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(InputError, match="expected a new folder or one that this command began, found neither"):
            build_choices(tmp_path / "full", tmp_path / "text.txt", folder, SMALL)
        assert {path: path.read_bytes() for path in folder.iterdir()} == before
