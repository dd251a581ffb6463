"""The columns of a user's file: an architecture in cells is read as itself, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables.imports.columns import Columns, Texts
from lpzero.tables.imports.lines import Lines, Row

SPACES = {name: get_space(*name.split("-")) for name in ("gpt2-own", "flexibert-own", "llama-own", "gpt2-lts")}


LAYERS = """
name = "layers"
model_type = "qwen2"
[fixed]
vocab_size = 13
max_position_embeddings = 16
num_attention_heads = 2
num_key_value_heads = 1
intermediate_size = 8
use_sliding_window = true
sliding_window = 4
bos_token_id = 0
eos_token_id = 0
[choices]
num_hidden_layers = [2, 3]
hidden_size = [8, 16]
[per_layer]
layer_types = ["full_attention", "sliding_attention"]
"""


def row(cells: dict[str, Any]) -> Row:
    return Row("my.csv: line 3", 3, cells)


def typed(architecture: Architecture, columns: Columns) -> dict[str, Any]:
    """The cells of an architecture as JSON has them."""
    layers = [architecture.layer(i) for i in range(architecture.depth)]
    return {**dict(architecture.whole), **{name: [layer[name] for layer in layers] for name in columns.layer}}


@pytest.mark.parametrize("name", list(SPACES))
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1 << 30), quality=st.floats(-1e6, 1e6), between=st.sampled_from([" ", ";", " ; ", ";  "]))
def test_an_architecture_in_cells_is_read_as_itself(name: str, seed: int, quality: float, between: str) -> None:
    space = SPACES[name]
    columns = Columns.of(space, "loss")
    architecture = space.sample(np.random.default_rng(seed))
    cells = typed(architecture, columns)
    as_json = columns.entry(row({**cells, "loss": quality, "id": "x"}), text=False)
    assert (as_json.architecture, as_json.quality, as_json.id) == (architecture, quality, "x")
    texts = {
        key: between.join(map(str, value)) if isinstance(value, list) else str(value) for key, value in cells.items()
    }
    as_text = columns.entry(row({**texts, "loss": repr(quality)}), text=True)
    assert (as_text.architecture, as_text.quality, as_text.id) == (architecture, quality, "line-3")
    document = json.dumps(architecture.to_json())
    assert columns.entry(row({"architecture": document, "loss": repr(quality)}), text=True).architecture == architecture


def lines(*names: str) -> Lines:
    return Lines("my.csv: line 1", names, iter(()), True, "")


def test_the_columns_of_a_file() -> None:
    columns = Columns.of(SPACES["gpt2-own"], "loss")
    columns.check(lines("heads", "d_inner", "loss", "d_model"))
    columns.check(lines("id", "architecture", "loss"))
    for names, found in (
        (("d_model", "d_inner", "heads"), "found no column 'loss': name the quality's column with `quality`"),
        (("d_model", "d_inner", "loss"), "found no column 'heads': change the columns"),
        (("d_model", "d_inner", "heads", "loss", "colour"), "found the unknown column 'colour': change the columns"),
        (("architecture", "loss", "heads"), "found the unknown column 'heads': change the columns"),
    ):
        with pytest.raises(InputError, match=rf"^my\.csv: line 1: expected the columns .*loss, and id .*{found}$"):
            columns.check(lines(*names))


@pytest.fixture
def configurations(space_file: Path) -> Columns:
    return Columns.of(get_space(str(space_file)), "loss")


OWN = ("n_layer", "n_embd", "n_head")
SHARED = ("num_hidden_layers", "hidden_size", "num_attention_heads")


@pytest.mark.parametrize("names", [OWN, SHARED, ("num_hidden_layers", "n_embd", "num_attention_heads")])
@pytest.mark.parametrize("text", [True, False], ids=["text", "JSON"])
def test_a_configuration_is_named_as_its_class_or_as_all_families_do(
    configurations: Columns, names: tuple[str, ...], text: bool
) -> None:
    values = (2, 12, 4)
    cells = dict(zip(names, map(str, values) if text else values, strict=True))
    configurations.check(lines(*names, "loss"))
    entry = configurations.entry(row({**cells, "loss": "1.5" if text else 1.5}), text=text)
    assert entry.architecture == Architecture.of("tiny", {"n_embd": 12, "n_head": 4}, [{}, {}])


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("n_embd", "n_head", "loss"), "found no column 'n_layer': change the columns"),
        ((*OWN, "loss", "vocab_size"), "found 'vocab_size', which the space does not choose: take that column out"),
        ((*OWN, "loss", "colour"), "found the unknown column 'colour': change the columns"),
        (("2", "8", "4", "1.5"), "found numbers: write the names of the columns into the first line"),
    ],
)
def test_the_columns_of_configurations_are_named_with_their_other_names(
    configurations: Columns, names: tuple[str, ...], found: str
) -> None:
    with pytest.raises(InputError) as caught:
        configurations.check(lines(*names))
    expected = (
        "n_layer (or num_hidden_layers), n_embd (or hidden_size), n_head (or num_attention_heads), loss, and id where "
        "there is one"
    )
    assert str(caught.value) == f"my.csv: line 1: expected the columns {expected}, {found}"


def test_a_field_has_one_column(configurations: Columns) -> None:
    found = "found 'n_embd' and 'hidden_size': take one of them out"
    with pytest.raises(InputError, match=f"^my.csv: line 1: expected each field in one column, {found}$"):
        configurations.check(lines(*OWN, "loss", "hidden_size"))
    with pytest.raises(InputError, match="expected a column of its own for the quality, found 'hidden_size'"):
        Columns.of(configurations.space, "hidden_size")


@pytest.mark.parametrize("depth", ["3", "0", "-1", "2.0", "two", "9" * 18, "9" * 3000])
def test_a_number_of_layers_outside_the_space_is_named(configurations: Columns, depth: str) -> None:
    cells = {"n_layer": depth, "n_embd": "8", "n_head": "2", "loss": "1"}
    with pytest.raises(InputError, match=r"^my\.csv: line 3: n_layer: expected 1, 2, found ") as caught:
        configurations.entry(row(cells), text=True)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("depth", [True, [1], None, 10**300, 1.0])
def test_a_number_of_layers_of_another_kind_is_named(configurations: Columns, depth: Any) -> None:
    with pytest.raises(InputError, match=r"^my\.csv: line 3: n_layer: expected 1, 2, found "):
        configurations.entry(row({"n_layer": depth, "n_embd": 8, "n_head": 2, "loss": 1.0}), text=False)


def test_lists_say_how_many_layers_there_are_and_the_number_must_agree(tmp_path: Path) -> None:
    path = tmp_path / "layers.toml"
    path.write_text(LAYERS)
    columns = Columns.of(get_space(str(path)), "loss")
    columns.check(lines("hidden_size", "layer_types", "loss"))
    columns.check(lines("hidden_size", "layer_types", "num_hidden_layers", "loss"))
    cells = {"hidden_size": "8", "layer_types": "full_attention sliding_attention", "loss": "1"}
    first = columns.entry(row(cells), text=True).architecture
    assert columns.entry(row({**cells, "num_hidden_layers": "2"}), text=True).architecture == first
    with pytest.raises(InputError, match="num_hidden_layers: expected 2, as many as the lists have values, found 3"):
        columns.entry(row({**cells, "num_hidden_layers": "3"}), text=True)


@pytest.mark.parametrize("quality", ["id", "architecture", "d_model", "heads"])
def test_the_quality_has_a_column_of_its_own(quality: str) -> None:
    message = f"^expected a column of its own for the quality, found '{quality}': give it another name$"
    with pytest.raises(InputError, match=message):
        Columns.of(SPACES["gpt2-own"], quality)


GOOD = {"d_model": "128", "d_inner": "64 128", "heads": "2 4", "loss": "2.5"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "nan"}, "loss: expected a finite number, found 'nan'"),
        ({"loss": "1e999"}, "loss: expected a finite number, found inf"),
        ({"loss": "0x10"}, "loss: expected a finite number, found '0x10'"),
        ({"loss": "1_0"}, "loss: expected a finite number, found '1_0'"),
        ({"heads": "2"}, "expected lists of one length, one value a layer, found 2 of d_inner, 1 of heads"),
        ({"heads": "2 3"}, "expected an architecture of gpt2, protocol own, found another: layer 1: heads is 3"),
        ({"d_model": "many"}, "expected an architecture of gpt2, protocol own, found another: .*d_model is 'many'"),
        ({"d_model": "9" * 30}, "expected an architecture of gpt2, protocol own, found another: .*d_model is '999"),
        ({"id": " "}, "id: expected a line of text or a whole number, found ' '"),
        ({"id": "a\nb"}, "id: expected a line of text or a whole number, found"),
    ],
)
def test_a_cell_of_text_that_is_wrong_is_named(changes: dict[str, str], message: str) -> None:
    columns = Columns.of(SPACES["gpt2-own"], "loss")
    with pytest.raises(InputError, match=rf"^my\.csv: line 3: {message}") as raised:
        columns.entry(row({**GOOD, **changes}), text=True)
    assert len(str(raised.value).splitlines()) == 1


TYPED: dict[str, Any] = {"d_model": 128, "d_inner": [64, 128], "heads": [2, 4], "loss": 2.5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": True}, "loss: expected a finite number, found true"),
        ({"loss": None}, "loss: expected a finite number, found null"),
        ({"loss": "2.5"}, "loss: expected a finite number, found '2.5'"),
        ({"loss": 10**400}, "loss: expected a finite number, found "),
        ({"d_model": [128]}, "d_model: expected one value, found a list"),
        ({"d_model": None}, "d_model: expected one value, found null"),
        ({"heads": 2}, "heads: expected a list, one value a layer, found 2"),
        ({"heads": {"a": 1}}, "heads: expected a list, one value a layer, found an object"),
        ({"heads": [2, [4]]}, "expected an architecture of gpt2, protocol own, found another"),
        ({"id": 1.5}, "id: expected a line of text or a whole number, found 1.5"),
        ({"id": True}, "id: expected a line of text or a whole number, found true"),
        ({"architecture": {"space": "gpt2"}}, "expected an architecture of gpt2, protocol own, found another"),
    ],
)
def test_a_value_that_is_wrong_is_named(changes: dict[str, Any], message: str) -> None:
    columns = Columns.of(SPACES["gpt2-own"], "loss")
    assert columns.entry(row({**TYPED, "id": 7}), text=False).id == "7"
    with pytest.raises(InputError, match=rf"^my\.csv: line 3: {message}"):
        columns.entry(row({**TYPED, **changes}), text=False)


def test_names_with_texts_and_numbers_are_told_apart() -> None:
    texts = Texts.of(["SDP", 5, 9])
    assert [texts.read(text) for text in ("SDP", "5", "7", "-3", "7.5", "x")] == ["SDP", 5, 7, -3, "7.5", "x"]
    decimals = Texts.of([0.5, 1.0])
    assert [decimals.read(text) for text in ("0.5", "1.0", "1", "2e-1", ".5", "5.", "1e", "")] == [
        *(0.5, 1.0, 1.0, 0.2, 0.5, 5.0),
        *("1e", ""),
    ]
    flags = Texts.of([True, False])
    assert [flags.read(text) for text in ("True", "1", "true", "FALSE")] == [True, "1", True, False]
