"""A user's own file as a table: what goes out comes back, and whatever is wrong is refused with its line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError, LpzeroError
from lpzero.spaces import SPACES, Architecture, get_space
from lpzero.spaces.llama.space import OWN_FOLDER, open_subnetworks
from lpzero.tables import Record, load_table
from lpzero.tables.imports import user_file as imported
from lpzero.tables.imports.columns import Columns
from lpzero.tables.imports.user_file import Imported, import_table, write_new

EACH = [(name, protocol) for name in SPACES for protocol in get_space(name).protocols]


def flat(record: Record) -> dict[str, Any]:
    """A record as columns: lists for what each layer has."""
    layers = [record.architecture.layer(i) for i in range(record.architecture.depth)]
    # a name of either stack is in its own layers alone
    names = dict.fromkeys(name for layer in layers for name in layer)
    lists = {name: [layer[name] for layer in layers if name in layer] for name in names}
    return {"id": record.id, **dict(record.architecture.whole), **lists, "quality": record.quality}


def nested(record: Record) -> dict[str, Any]:
    """A record as columns: one for the whole architecture."""
    return {"id": record.id, "architecture": record.architecture.to_json(), "quality": record.quality}


def as_csv(rows: Sequence[dict[str, Any]], between: str = " ") -> str:
    def cell(value: Any) -> Any:
        if isinstance(value, list):
            return between.join(map(str, value))
        return json.dumps(value) if isinstance(value, dict) else value

    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def as_json_lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


FORMATS: dict[str, tuple[str, Callable[[Sequence[Record]], str]]] = {
    "CSV, spaces": (".csv", lambda records: as_csv([flat(record) for record in records])),
    "CSV, semicolons": (".csv", lambda records: as_csv([flat(record) for record in records], "; ")),
    "CSV, documents": (".csv", lambda records: as_csv([nested(record) for record in records])),
    "JSON lines": (".jsonl", lambda records: as_json_lines([flat(record) for record in records])),
    "JSON lines, documents": (".jsonl", lambda records: as_json_lines([nested(record) for record in records])),
}


def records_of(found: Imported) -> list[Record]:
    return [Record(r.id, Architecture.from_json(r.architecture), r.quality) for r in found.records]


def round_trip(path: Path, records: Sequence[Record], form: str, space: str, protocol: str | None = None) -> bool:
    """Whether records that are written in a form and imported are the same, none dropped."""
    suffix, text = FORMATS[form]
    path = path.with_suffix(suffix)
    path.write_text(text(records), encoding="utf-8")
    found = import_table(path, get_space(space, protocol))
    return records_of(found) == list(records) and found.dropped == 0


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["gpt2-wt103", "transxl-wt103"])
def test_a_published_table_round_trips(data: Path, tmp_path: Path, name: str, form: str) -> None:
    table = load_table(name, data=data)
    assert round_trip(tmp_path / "file", table.records, form, table.space)


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_with_repeated_trainings_names_both_lines(data: Path, tmp_path: Path, form: str) -> None:
    table = load_table("flexibert-glue", data=data)
    suffix, text = FORMATS[form]
    path = tmp_path / f"file{suffix}"
    path.write_text(text(table.records))
    header = suffix == ".csv"
    second, first = min((later, earlier) for earlier, later, *_ in table.duplicates())
    with pytest.raises(InputError) as caught:
        import_table(path, get_space("flexibert"))
    assert str(caught.value) == (
        f"{path}: line {second + 1 + header}: expected the quality {table.records[first].quality} that line "
        f"{first + 1 + header} gives the same architecture, found {table.records[second].quality}: keep one of the "
        "two lines"
    )
    others = {index for group in table.duplicates() for index in group[1:]}
    kept = [record for index, record in enumerate(table.records) if index not in others]
    assert len(kept) == 491
    assert round_trip(tmp_path / "file", kept, form, "flexibert")


@pytest.mark.property
@pytest.mark.parametrize(("space", "protocol"), [*EACH, ("gpt2", "own-4096")])
@given(
    seed=st.integers(0, 2**32),
    qualities=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=8, unique=True),
    form=st.sampled_from(list(FORMATS)),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_drawn_round_trips(
    tmp_path: Path, space: str, protocol: str, seed: int, qualities: list[float], form: str
) -> None:
    rng = np.random.default_rng(seed)
    drawn: dict[Architecture, None] = {}
    while len(drawn) < len(qualities):
        drawn[get_space(space, protocol).sample(rng)] = None
    records = [Record(f"r{i}", a, q) for i, (a, q) in enumerate(zip(drawn, qualities, strict=True))]
    assert round_trip(tmp_path / "file", records, form, space, protocol)


@pytest.mark.parametrize(("name", "protocol"), EACH)
def test_no_two_values_of_a_name_are_written_alike(name: str, protocol: str) -> None:
    space = get_space(name, protocol)
    columns = Columns.of(space, "quality")
    for choice in (*space.choices.whole, *space.choices.front, *space.choices.layer):
        for i, part in enumerate(choice.names):
            values = {combination[i] for combination in choice.values}
            texts = (columns.whole | columns.listed)[part].values
            assert set(texts.values()) == values
            assert len(texts) == len(values)


# A small file of the space flexibert, to be damaged: line 1 is the header of the CSV.
ROWS: list[dict[str, Any]] = [
    {
        "hidden_size": 128,
        "operation": ["SA", "DSC"],
        "parameter": ["SDP", 5],
        "heads": [2, heads],
        "feed_forward": [512, feed_forward],
        "feed_forward_layers": [1, 3],
        "quality": quality,
    }
    for heads, feed_forward, quality in [(2, 512, 1.5), (4, 512, 2.0), (2, 1024, 3), (4, 1024, -4e-1)]
]
SPACE = get_space("flexibert", "listed")


def damaged(index: int, **changes: Any) -> list[dict[str, Any]]:
    return [row | changes if i == index else row for i, row in enumerate(ROWS)]


def refused(path: Path, text: str, quality: str = "quality") -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_table(path, SPACE, quality=quality)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 600
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_without_ids_a_record_is_named_after_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("\n" + as_csv(ROWS[:2]) + "\n" + as_csv(ROWS).split("\n", 3)[3])
    found = import_table(path, SPACE)
    assert [record.id for record in found.records] == ["line-3", "line-4", "line-6", "line-7"]
    assert [record.quality for record in found.records] == [1.5, 2.0, 3.0, -0.4]
    assert found.records[0].architecture["layers"][1]["parameter"] == 5
    path = tmp_path / "file.jsonl"
    path.write_text(as_json_lines(ROWS))
    assert [record.id for record in import_table(path, SPACE).records] == ["line-1", "line-2", "line-3", "line-4"]


def test_the_order_of_the_columns_is_free_and_the_quality_has_any_name(tmp_path: Path) -> None:
    rows = [{"loss": row["quality"], **dict(reversed(row.items()))} for row in ROWS]
    for row in rows:
        del row["quality"]
    path = tmp_path / "file.csv"
    path.write_text(as_csv(rows))
    plain = tmp_path / "plain.csv"
    plain.write_text(as_csv(ROWS))
    assert import_table(path, SPACE, quality="loss").records == import_table(plain, SPACE).records


def test_the_same_again_is_kept_once(tmp_path: Path) -> None:
    rows = [{"id": f"r{i}", **row} for i, row in enumerate([*ROWS, ROWS[1], ROWS[0]])]
    for suffix, text in ((".csv", as_csv), (".jsonl", as_json_lines)):
        path = tmp_path / f"file{suffix}"
        path.write_text(text([*rows, rows[2]]))
        found = import_table(path, SPACE)
        assert [record.id for record in found.records] == ["r0", "r1", "r2", "r3"]
        assert found.dropped == 3


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    numbers = ["+1.", "-.5e+3", "0007", "1E2"]
    path.write_text(as_csv([row | {"quality": number} for row, number in zip(ROWS, numbers, strict=True)]))
    assert [record.quality for record in import_table(path, SPACE).records] == [1.0, -500.0, 7.0, 100.0]


def test_an_id_may_be_a_whole_number(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(as_json_lines([{"id": i, **row} for i, row in enumerate(ROWS)]))
    assert [record.id for record in import_table(path, SPACE).records] == ["0", "1", "2", "3"]


ALL = "hidden_size, operation, parameter, heads, feed_forward, feed_forward_layers, quality"
OTHER = "expected an architecture of flexibert, protocol listed, found another: "

# What is wrong in the third record, in both formats: changes, and the message behind the number of the line.
CELLS = {
    "quality text": ({"quality": "good"}, "quality: expected a finite number, found 'good'"),
    "quality nan": ({"quality": float("nan")}, "quality: expected a finite number, found "),
    "quality infinite": ({"quality": float("inf")}, "quality: expected a finite number, found "),
    "value outside": ({"hidden_size": 300}, OTHER + "architecture: hidden_size is 300: expected one of 128, 256"),
    "decimal point": ({"hidden_size": 128.0}, OTHER + "architecture: hidden_size is "),
    "word for a number": ({"heads": [2, "two"]}, OTHER + "layer 1: heads is 'two': expected one of 2, 4"),
    "combination outside": ({"parameter": ["SDP", 7]}, OTHER + "layer 1: parameter is 7: expected one of 5, 9"),
    "parameter of another": ({"parameter": [9, 5]}, OTHER + "layer 0: parameter is 9: expected one of 'SDP', 'WMA'"),
    "operation unknown": ({"operation": ["SA", "sa"]}, OTHER + "layer 1: operation is 'sa': expected one of "),
    "shorter list": (
        {"heads": [2]},
        "expected lists of one length, one value a layer, found 2 of operation, 2 of parameter, 1 of heads, "
        "2 of feed_forward, 2 of feed_forward_layers",
    ),
    "another depth": (
        {name: [value[0]] * 3 for name, value in ROWS[0].items() if isinstance(value, list)},
        OTHER + "depth is 3: expected one of 2, 4",
    ),
    "long text": ({"hidden_size": "x" * 100_000}, OTHER + "architecture: hidden_size is 'xxx"),
    "long number": ({"hidden_size": 10**4000}, OTHER + "architecture: hidden_size is "),
    "contradiction": (
        {**ROWS[0], "quality": 7},
        "expected the quality 1.5 that line {first} gives the same architecture, found 7.0: keep one of the two lines",
    ),
}


@pytest.mark.parametrize(("changes", "message"), CELLS.values(), ids=CELLS)
def test_a_wrong_cell(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    rows = damaged(2, **changes)
    assert refused(tmp_path / "f.csv", as_csv(rows)).startswith("line 4: " + message.replace("{first}", "2"))
    assert refused(tmp_path / "f.jsonl", as_json_lines(rows)).startswith("line 3: " + message.replace("{first}", "1"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quality": "1e999"}, "quality: expected a finite number, found inf"),
        ({"quality": "1_0"}, "quality: expected a finite number, found '1_0'"),
        ({"quality": "1,5"}, "quality: expected a finite number, found '1,5'"),
        ({"quality": "0x10"}, "quality: expected a finite number, found '0x10'"),
        ({"quality": "٣"}, "quality: expected a finite number, found '٣'"),
        ({"quality": " 3"}, "quality: expected a finite number, found ' 3'"),
        ({"quality": "True"}, "quality: expected a finite number, found 'True'"),
        ({"quality": "3" * 5000}, "quality: expected a finite number, found inf"),
        ({"quality": ""}, "'quality': expected a value, found an empty cell"),
        ({"heads": "2 4;"}, "expected lists of one length, one value a layer, found "),
        ({"heads": "2;"}, OTHER + "layer 1: heads is '': expected one of 2, 4"),
        ({"heads": "2,4"}, "expected lists of one length, one value a layer, found "),
        ({"heads": "[2, 4]"}, OTHER + "layer 0: heads is '[2,': expected one of 2, 4"),
        ({"hidden_size": "1_28"}, OTHER + "architecture: hidden_size is '1_28': expected one of 128, 256"),
        ({"hidden_size": "9" * 19}, OTHER + "architecture: hidden_size is '999"),
    ],
)
def test_a_wrong_cell_of_csv(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    assert refused(tmp_path / "f.csv", as_csv(damaged(2, **changes))).startswith("line 4: " + message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quality": True}, "quality: expected a finite number, found true"),
        ({"quality": None}, "quality: expected a finite number, found null"),
        ({"quality": "3.0"}, "quality: expected a finite number, found '3.0'"),
        ({"quality": [3.0]}, "quality: expected a finite number, found a list"),
        ({"quality": 10**400}, "quality: expected a finite number, found 1000"),
        ({"hidden_size": None}, "hidden_size: expected one value, found null"),
        ({"hidden_size": [128]}, "hidden_size: expected one value, found a list"),
        ({"hidden_size": {}}, "hidden_size: expected one value, found an object"),
        ({"hidden_size": "128"}, OTHER + "architecture: hidden_size is '128': expected one of 128, 256"),
        ({"hidden_size": True}, OTHER + "architecture: hidden_size is True: expected one of 128, 256"),
        ({"heads": 2}, "heads: expected a list, one value a layer, found 2"),
        ({"heads": "2 4"}, "heads: expected a list, one value a layer, found '2 4'"),
        ({"heads": None}, "heads: expected a list, one value a layer, found null"),
        ({"heads": [2, None]}, OTHER + "layer 1: expected names with numbers or text, found 'heads': None"),
        ({"heads": [2, [4]]}, OTHER + "layer 1: expected names with numbers or text, found 'heads': [4]"),
        ({"heads": [2, True]}, OTHER + "layer 1: heads is True: expected one of 2, 4"),
        ({"parameter": ["SDP", "5"]}, OTHER + "layer 1: parameter is '5': expected one of 5, 9"),
        (
            {name: [] for name, value in ROWS[0].items() if isinstance(value, list)},
            OTHER + "depth is 0: expected one of 2, 4",
        ),
    ],
)
def test_a_wrong_cell_of_json_lines(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    assert refused(tmp_path / "f.jsonl", as_json_lines(damaged(2, **changes))).startswith("line 3: " + message)


@pytest.mark.parametrize("depth", [10, 900, 950, 980, 990, 1000, 100_000])
def test_lists_inside_each_other(tmp_path: Path, depth: int) -> None:
    text = as_json_lines(damaged(2, heads=[2, "HERE"])).replace('"HERE"', "[" * depth + "]" * depth)
    assert refused(tmp_path / "f.jsonl", text).startswith("line 3: expected ")


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ({"heads": "head"}, f"expected the columns {ALL}, and id where there is one, found the unknown column 'head'"),
        (
            {"quality": "loss"},
            f"expected the columns {ALL}, and id where there is one, found the unknown column 'loss'",
        ),
        ({"heads": "Heads"}, "found the unknown column 'Heads': change the columns"),
        ({"heads": " heads"}, "found the unknown column ' heads': change the columns"),
        ({"quality": "loss"}, "name the quality's column with `quality`"),
        (
            {"heads": "architecture"},
            "expected the columns architecture, quality, and id where there is one, found the ",
        ),
        ({"heads": "x\n" * 999}, r"found the unknown column 'x\nx\n"),
        ({"heads": None}, "found no column 'heads': change the columns"),
        ({"quality": None}, "found no column 'quality': name the quality's column with `quality`"),
    ],
)
def test_wrong_columns(tmp_path: Path, rename: dict[str, str | None], message: str) -> None:
    named = [{rename.get(name, name): value for name, value in row.items()} for row in ROWS]
    rows = [{name: value for name, value in row.items() if name is not None} for row in named]
    for path, text in ((tmp_path / "f.csv", as_csv(rows)), (tmp_path / "f.jsonl", as_json_lines(rows))):
        found = refused(path, text)
        assert found.startswith("line 1: expected the columns ")
        assert message in found


@pytest.mark.parametrize("quality", ["id", "architecture", "hidden_size", "heads"])
def test_the_quality_has_a_column_of_its_own(tmp_path: Path, quality: str) -> None:
    with pytest.raises(InputError, match=f"expected a column of its own for the quality, found '{quality}'"):
        import_table(tmp_path / "f.csv", SPACE, quality=quality)


def test_an_id_of_two_architectures(tmp_path: Path) -> None:
    rows = [{"id": name, **row} for name, row in zip("abac", ROWS, strict=True)]
    message = "expected an id of its own, found 'a', which line {} has for another architecture: change one of the two"
    assert refused(tmp_path / "f.csv", as_csv(rows)) == "line 4: " + message.format(2)
    assert refused(tmp_path / "f.jsonl", as_json_lines(rows)) == "line 3: " + message.format(1)


@pytest.mark.parametrize("found", ["", "  ", "a\nb", "\ud800", None, True, 1.5, ["a"]])
def test_an_id_that_is_none(tmp_path: Path, found: Any) -> None:
    rows = [{"id": str(i), **row} for i, row in enumerate(ROWS)]
    rows[1]["id"] = found
    expected = "line 2: id: expected a line of text or a whole number, found "
    assert refused(tmp_path / "f.jsonl", as_json_lines(rows)).startswith(expected)


def test_an_empty_id_in_csv(tmp_path: Path) -> None:
    rows = [{"id": "" if i == 3 else str(i), **row} for i, row in enumerate(ROWS)]
    assert refused(tmp_path / "f.csv", as_csv(rows)) == "line 5: 'id': expected a value, found an empty cell"


def documents() -> list[dict[str, Any]]:
    rows = []
    for row in ROWS:
        lists = {name: value for name, value in row.items() if isinstance(value, list)}
        layers = [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
        architecture = Architecture.of("flexibert", {"hidden_size": row["hidden_size"]}, layers)
        rows.append({"architecture": architecture.to_json(), "quality": row["quality"]})
    return rows


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": "gpt2"}, OTHER + "space is 'gpt2': expected 'flexibert'"),
        ({"layers": {}}, OTHER + "architecture: expected text, an object and a list"),
        ({"layers": []}, OTHER + "depth is 0: expected one of 2, 4"),
        ({"more": 1}, OTHER + "architecture: expected an object with the keys space, whole, layers"),
        ({"whole": {}}, OTHER + "architecture: found the names none: expected hidden_size"),
        ({"whole": {"a\nb\ud800": 1}}, OTHER + r"architecture: found the names a\nb\ud800: expected hidden_size"),
        ({"whole": {"hidden_size": True}}, OTHER + "architecture: hidden_size is True: expected one of 128, 256"),
    ],
)
def test_a_wrong_document(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    rows = documents()
    rows[2]["architecture"] |= changes
    assert refused(tmp_path / "f.csv", as_csv(rows)).startswith("line 4: " + message)
    assert refused(tmp_path / "f.jsonl", as_json_lines(rows)).startswith("line 3: " + message)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("nothing", "architecture: expected JSON, found a fault at character 1: "),
        ("[]", OTHER + "architecture: expected an object with the keys space, whole, layers"),
        ('{"space": 1, "space": 1}', "architecture: expected JSON, found the key 'space' twice in one object"),
        ("[" * 100_000, "architecture: expected JSON, found too many brackets inside each other"),
    ],
)
def test_a_wrong_document_in_csv(tmp_path: Path, cell: str, message: str) -> None:
    rows = documents()
    rows[1]["architecture"] = "HERE"
    text = as_csv(rows).replace("HERE", '"' + cell.replace('"', '""') + '"')
    assert refused(tmp_path / "f.csv", text).startswith("line 3: " + message)


def test_too_few_and_all_equal(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    few = "expected at least 4 different architectures, found "
    assert refused(path, as_csv(ROWS[:3])) == few + "3"
    assert refused(path, as_csv([*ROWS[:3], ROWS[0]])) == few + "3"
    assert refused(path, as_csv(ROWS).split("\n")[0]) == few + "0"
    equal = [row | {"quality": 3.5} for row in ROWS]
    assert refused(path, as_csv(equal)) == "expected different qualities, found 3.5 in every line"


@given(st.data())
@pytest.mark.property
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_bytes_are_there_is_a_table_or_one_line(tmp_path: Path, data: st.DataObject) -> None:
    suffix, text = data.draw(st.sampled_from([(".csv", as_csv(ROWS)), (".jsonl", as_json_lines(ROWS))]))
    content = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path / f"file{suffix}"
    path.write_bytes(bytes(content))
    outcome = outcome_of(path)
    if isinstance(outcome, str):
        assert outcome.startswith(f"{path}: ")
        assert "\n" not in outcome
    else:
        assert len(outcome.records) >= 4
        for record in records_of(outcome):
            SPACE.validate(record.architecture)


def outcome_of(path: Path) -> Imported | str:
    try:
        return import_table(path, SPACE)
    except InputError as err:
        return str(err)


def test_the_order_of_the_lines_is_that_of_the_records(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    for order in permutations(ROWS):
        path.write_text(as_json_lines(order))
        assert [record.quality for record in import_table(path, SPACE).records] == [row["quality"] for row in order]


def card(**changes: Any) -> dict[str, Any]:
    texts = {"name": "mine", "quality": "score", "unit": "points", "source": "me", "licence": "mine"}
    lists = {"protocols": ["listed"], "notes": []}
    return {
        **texts,
        **lists,
        "space": "flexibert",
        "higher_is_better": True,
        "recipe": None,
        "environment": None,
        "figures": {},
        **changes,
    }


@pytest.fixture
def small(tmp_path: Path) -> Imported:
    path = tmp_path / "file.jsonl"
    path.write_text(as_json_lines(ROWS))
    return import_table(path, SPACE)


def test_a_written_table_is_read_again(tmp_path: Path, small: Imported) -> None:
    folder = tmp_path / "new" / "deeper" / "table"
    write_new(folder, card(), small.records)
    table = load_table(str(folder))
    assert list(table.records) == records_of(small)
    assert (table.name, table.protocols, table.quality, table.unit) == ("mine", ("listed",), "score", "points")
    assert [path.name for path in folder.parent.iterdir()] == ["table"]


def content(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_exists_is_refused_and_left(tmp_path: Path, small: Imported, kind: str) -> None:
    place = tmp_path / "there"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("something")
    else:
        place.symlink_to(tmp_path / "nowhere")
    before = content(tmp_path)
    with pytest.raises(InputError, match=r"there: expected no such file or folder yet, found one: give another `out`"):
        write_new(place, card(), small.records)
    assert content(tmp_path) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"), LpzeroError("full")])
def test_nothing_is_left_of_a_write_that_fails(
    tmp_path: Path, small: Imported, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(folder: Path, *_: Any) -> None:
        (folder / "records.jsonl.gz").write_bytes(b"half")
        raise error

    monkeypatch.setattr(imported, "write_folder", fail)
    before = content(tmp_path)
    with pytest.raises((KeyboardInterrupt, LpzeroError)):
        write_new(tmp_path / "table", card(), small.records)
    assert content(tmp_path) == before


def test_a_folder_that_cannot_be_written(tmp_path: Path, small: Imported) -> None:
    (tmp_path / "text").write_text("no folder")
    with pytest.raises(LpzeroError, match=r"text/table cannot be written: "):
        write_new(tmp_path / "text" / "table", card(), small.records)


def test_more_records_than_a_table_may_have(tmp_path: Path, small: Imported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "LARGEST", 100)
    with pytest.raises(InputError, match="expected at most 0 MiB of records, found more"):
        write_new(tmp_path / "table", card(), small.records)
    assert not (tmp_path / "table").exists()


def test_a_checkpoint_is_no_space_of_a_table(tmp_path: Path) -> None:
    space = open_subnetworks(OWN_FOLDER)
    expected = f"^{OWN_FOLDER}: expected a space with a name or a file that a table can keep, found a checkpoint: "
    with pytest.raises(InputError, match=expected):
        import_table(tmp_path / "any.csv", space)
