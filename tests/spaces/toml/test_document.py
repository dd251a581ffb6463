"""What a ``space.toml`` may say: kinds and bounds of its values, without a look at transformers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.spaces.toml.document import (
    LARGEST_FILE,
    LONGEST_CHOICE,
    MOST_CONSTRAINTS,
    MOST_DOTS,
    SpaceDocument,
    parse_document,
    parse_toml,
    read_text,
)

PLACE = Path("space.toml")
HEAD = 'name = "tiny"\nmodel_type = "gpt2"\n'


def parsed(text: str) -> SpaceDocument:
    return parse_document(PLACE, HEAD + text)


def test_a_document_is_what_it_says() -> None:
    found = parsed(
        'objective = "causal"\nconstraints = ["a == 1"]\n[fixed]\na = 1\nb = {c = [1.5, "d", true]}\n'
        "[choices]\ne = [1, 2]\n[per_layer]\nf = ['g', 'h']"
    )
    assert (found.name, found.model_type, found.objective) == ("tiny", "gpt2", "causal")
    assert found.fixed == {"a": 1, "b": {"c": [1.5, "d", True]}}
    assert (found.choices, found.per_layer, found.constraints) == ({"e": [1, 2]}, {"f": ["g", "h"]}, ["a == 1"])
    assert parsed("").objective is None


def test_the_digest_follows_from_the_content_whatever_the_order() -> None:
    one = parsed("[fixed]\na = 1\nb = 2\n[choices]\nc = [1, 2]")
    again = parse_document(
        PLACE, 'model_type = "gpt2"\nname = "tiny"\nchoices = {c = [1, 2]}\n[fixed]\nb = 2\n# more\na = 1'
    )
    assert one.digest == again.digest
    assert len(one.digest) == 16
    others = [
        parsed("[fixed]\na = 1\nb = 3\n[choices]\nc = [1, 2]"),
        parsed("[fixed]\na = 1\nb = 2\n[choices]\nc = [2, 1]"),
        parsed("[fixed]\na = 1\nb = 2\n[per_layer]\nc = [1, 2]"),
        parsed("[fixed]\na = 1.0\nb = 2\n[choices]\nc = [1, 2]"),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("objekt = 1", "^space.toml: objekt: no such key: expected one of name, model_type, objective, fixed"),
        (
            "constraints = [" + '"a == 1", ' * (MOST_CONSTRAINTS + 1) + "]",
            "^space.toml: constraints: .*at most 64 items",
        ),
        ("[choices]\na = []", "^space.toml: choices.a: expected a list of 1 to 4096 values, found"),
        (f"[choices]\na = {list(range(LONGEST_CHOICE + 1))}", "^space.toml: choices.a: expected a list of 1 to 4096"),
        ("[choices]\na = [1, 1.0]", "^space.toml: choices.a: expected each value once"),
        ("[choices]\na = [{}]", "^space.toml: choices.a: expected finite numbers, text, true or false"),
        ("[choices]\na = [nan]", "^space.toml: choices.a: expected finite numbers"),
        ("[per_layer]\na = [9223372036854775808]", "^space.toml: per_layer.a: expected finite numbers"),
        ("[fixed]\na = 2000-01-01", "^space.toml: fixed.a: expected finite numbers, text, true or false, or lists"),
        ("[fixed]\na = [16777217]", "^space.toml: fixed.a: expected whole numbers of at most 16777216 in lists"),
        ("[fixed]\na = " + "[" * 9 + "]" * 9, "^space.toml: fixed.a: expected lists and tables of at most 8 levels"),
    ],
)
def test_what_is_out_of_its_bounds_is_said_with_its_key(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        parsed(text)
    assert len(str(raised.value).splitlines()) == 1


def test_what_is_just_inside_its_bounds_is_taken() -> None:
    assert len(parsed(f"[choices]\na = {list(range(LONGEST_CHOICE))}").choices["a"]) == LONGEST_CHOICE
    assert parsed("[fixed]\na = 9223372036854775807\nb = [16777216]\nc = " + "[" * 8 + "]" * 8).fixed["b"] == [1 << 24]


def test_all_lists_together_are_bounded() -> None:
    lists = "".join(f"a{i} = {list(range(LONGEST_CHOICE))}\n" for i in range(2))
    assert len(parsed("[choices]\n" + lists).choices) == 2
    with pytest.raises(InputError, match="expected at most 8192 values in all lists together, found 8193"):
        parsed("[choices]\n" + lists + "[per_layer]\nb = [1]")


@pytest.mark.parametrize("name", ["", "a" * 65, "../a", ".a", "a b", "ä", "a\\n"])
def test_a_name_is_one_that_a_file_may_have(name: str) -> None:
    with pytest.raises(InputError, match=r"^space\.toml: name: expected 1 to 64 letters, digits, dots, dashes"):
        parse_document(PLACE, f'name = "{name}"\nmodel_type = "gpt2"')
    assert parse_document(PLACE, f'name = "{"a" * 64}"\nmodel_type = "gpt2"').name == "a" * 64


def test_a_key_of_many_parts_costs_no_more_than_a_message() -> None:
    assert parse_toml(PLACE, f"{'.'.join(['a'] * (MOST_DOTS + 1))} = 1")
    with pytest.raises(InputError, match=r"^space\.toml: line 2: expected at most 100 dots, found more: write several"):
        parse_toml(PLACE, f"b = 1\n{'.'.join(['a'] * (MOST_DOTS + 2))} = 1")


def test_a_separator_inside_a_key_does_not_lift_the_bound() -> None:
    part = ".".join([*["a"] * 90, '"\u2028"'])
    key = ".".join([part] * 40)
    assert key.count(".") > MOST_DOTS
    started = time.monotonic()
    with pytest.raises(InputError, match="expected at most 100 dots"):
        parse_toml(PLACE, f"{key} = 1")
    assert time.monotonic() - started < 5


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    for missing in (path, path / "inside"):
        with pytest.raises(InputError, match=r"no such file$"):
            read_text(missing)
        path.write_text("a")
    with pytest.raises(InputError, match="expected a readable file of UTF-8 text"):
        read_text(tmp_path)
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"space\.toml: expected a readable file of UTF-8 text"):
        read_text(path)
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(InputError, match=f"expected at most {LARGEST_FILE} bytes, found {LARGEST_FILE + 1}$"):
        read_text(path)
    path.write_bytes(b"#" * LARGEST_FILE)
    assert len(read_text(path)) == LARGEST_FILE


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no file without an end here")
def test_a_device_has_an_end() -> None:
    with pytest.raises(InputError, match="/dev/zero: expected a readable file"):
        read_text(Path("/dev/zero"))
