"""The closed reader of pickles: plain values as the standard library reads them, and nothing else at all."""

from __future__ import annotations

import pickle
import pickletools
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpzero.errors import InputError, MissingError
from lpzero.tables.published import plain_pickle
from lpzero.tables.published.plain_pickle import parse_plain_pickle, read_plain_pickle

HEAD = b"\x80\x04"
KNOWN = {
    *("PROTO", "FRAME", "STOP", "EMPTY_LIST", "EMPTY_DICT", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET"),
    *("SHORT_BINUNICODE", "BINFLOAT", "BININT1", "BININT2", "NEWTRUE", "NEWFALSE", "APPENDS", "SETITEMS"),
}

# two values or more in each list and object: one alone is put in by an instruction that the files do not have
plain = st.recursive(
    st.booleans() | st.integers(0, 65535) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, min_size=2, max_size=5)
        | st.builds(list)
        | st.builds(dict)
    ),
    max_leaves=12,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (1 + max(map(depth, inner), default=0)) if isinstance(value, (dict, list)) else 0


@pytest.mark.property
@given(value=plain)
def test_plain_values_are_read_as_they_were_written(value: Any) -> None:
    content = pickle.dumps(value, 4)
    expected = pickle.loads(content)  # noqa: S301 - what it just wrote
    if depth(value) <= plain_pickle.DEEPEST:
        found = parse_plain_pickle(content)
        # the representation tells True from 1 and 1 from 1.0
        assert repr(found) == repr(expected)


def test_a_text_may_come_again_and_a_list_may_not() -> None:
    record = {"some key": 1, "other key": 2.5}
    assert parse_plain_pickle(pickle.dumps([dict(record), dict(record)], 4)) == [record, record]
    shared = [1, 2]
    with pytest.raises(ValueError, match=r"^a reference to 1, which is no text before it$"):
        parse_plain_pickle(pickle.dumps([shared, shared], 4))


def test_more_texts_than_a_byte_counts_are_remembered() -> None:
    texts = [f"text {i}" for i in range(300)]
    content = pickle.dumps([*texts, *texts], 4)
    assert "LONG_BINGET" in {opcode.name for opcode, _, _ in pickletools.genops(content)}
    assert parse_plain_pickle(content) == [*texts, *texts]


def test_the_instructions_are_those_of_the_files_and_no_other() -> None:
    assert KNOWN - {"PROTO"} == plain_pickle._KNOWN


@pytest.mark.parametrize("opcode", pickletools.opcodes, ids=lambda opcode: opcode.name)
def test_every_other_instruction_is_refused_before_its_argument_is_read(opcode: pickletools.OpcodeInfo) -> None:
    if opcode.name in KNOWN - {"PROTO"}:
        return
    # a list with a mark: there would be something to work on; a length of four gigabytes, a bad escape, a line
    for rest in (b"", b"\xff" * 8, b"'\\q'\n\n", b"9" * 5000 + b"\n"):
        with pytest.raises(ValueError, match=f"^the instruction {opcode.name} at byte 4$"):
            parse_plain_pickle(HEAD + b"](" + opcode.code.encode("latin-1") + rest + b"e.")


@pytest.mark.parametrize("code", sorted(set(range(256)) - {ord(opcode.code) for opcode in pickletools.opcodes}))
def test_what_is_no_instruction_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match=f"^the instruction {code}, which there is not, at byte 2$"):
        parse_plain_pickle(HEAD + bytes([code]) + b".")


class Bomb:
    """What makes a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_call_is_refused_and_not_made(protocol: int, tmp_path: Path) -> None:
    marker, path = tmp_path / "marker", tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps([{"perplexity": Bomb(marker), "other": 1}, 2], protocol))
    with pytest.raises(InputError, match=r"x\.pkl: expected a pickle of plain lists, objects and numbers, found "):
        read_plain_pickle(path)
    assert not marker.exists()


GIGABYTE = 1 << 30
REFUSED = {
    "nothing": (b"", "another beginning than that of protocol 4: b''"),
    "protocol 5": (pickle.dumps([1, 2], 5), "another beginning than that of protocol 4"),
    "the old text form": (pickle.dumps([1, 2], 0), "another beginning than that of protocol 4"),
    "no end": (HEAD + b"](K\x01K\x02e", "no end: it is cut off at byte 9"),
    "cut off in a number": (HEAD + b"](M\x01", "expected"),
    "cut off in a text": (HEAD + b"\x8c\x09abc.", "expected 9 bytes"),
    "a text that is no UTF-8": (HEAD + b"\x8c\x01\xff.", "codec can't decode"),
    "a frame of 1 GB": (
        HEAD + b"\x95" + struct.pack("<Q", GIGABYTE) + b"].",
        "a frame of 1073741824 bytes",
    ),
    "a text of 1 GB": (HEAD + b"X" + struct.pack("<I", GIGABYTE) + b"a.", "the instruction BINUNICODE at byte 2"),
    "bytes of 1 GB": (HEAD + b"\x8e" + struct.pack("<Q", GIGABYTE) + b"a.", "the instruction BINBYTES8 at byte 2"),
    "a place of 1 GB in the memo": (HEAD + b"r" + struct.pack("<I", GIGABYTE) + b".", "the instruction LONG_BINPUT"),
    "nested 10,000 deep": (HEAD + b"](" * 10_000 + b"e" * 10_000 + b".", "lists and objects more than 8 deep"),
    "objects nested 10,000 deep": (HEAD + b"}(\x8c\x01a" * 10_000 + b"u" * 10_000 + b".", "more than 8 deep"),
    "more behind the end": (HEAD + b"].].", "2 bytes behind its end"),
    "an open mark": (HEAD + b"](K\x01.", "an end at which not everything was put together"),
    "two values": (HEAD + b"]].", "an end at which not everything was put together"),
    "no value": (HEAD + b".", "an end at which not everything was put together"),
    "items without a mark": (HEAD + b"]e.", "no list to put something into"),
    "items without a list": (HEAD + b"(e.", "no list to put something into"),
    "items into an object": (HEAD + b"}(K\x01e.", "no list to put something into"),
    "keys into a list": (HEAD + b"](\x8c\x01aK\x01u.", "no dict to put something into"),
    "a number as a key": (HEAD + b"}(K\x01K\x02u.", "an object without a text for each key"),
    "a list as a key": (HEAD + b"}(]K\x02u.", "an object without a text for each key"),
    "a key without a value": (HEAD + b"}(\x8c\x01au.", "an object without a text for each key, or a value for each"),
    "a key twice": (HEAD + b"}(\x8c\x01aK\x01\x8c\x01aK\x01u.", "a key twice in one object"),
    "a key twice, apart": (HEAD + b"}(\x8c\x01aK\x01u(\x8c\x01aK\x01u.", "a key twice in one object"),
    "nothing to remember": (HEAD + b"\x94.", "nothing to keep"),
    "nothing remembered": (HEAD + b"h\x00.", "a reference to 0, which is no text before it"),
    "a list inside itself": (HEAD + b"]\x94(h\x00e.", "a reference to 0, which is no text before it"),
    "a second beginning": (HEAD + HEAD + b"].", "the instruction PROTO at byte 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_refused_in_one_line_at_once(case: str, tmp_path: Path) -> None:
    content, message = REFUSED[case]
    path = tmp_path / "x.pkl"
    path.write_bytes(content)
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(InputError) as caught:
            read_plain_pickle(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 1
    # the reader asks for 4 MiB of a file
    assert peak < 3 * plain_pickle.LARGEST_FILE
    text = str(caught.value)
    assert text.startswith(f"{path}: expected a pickle of plain lists, objects and numbers, found ")
    assert message in text
    assert text.isprintable()
    assert len(text) < len(str(path)) + 200


@pytest.mark.parametrize("end", range(3, 40))
def test_a_file_that_is_cut_off_anywhere_is_refused(end: int) -> None:
    content = pickle.dumps([{"a": 1.5, "b": [1, 2]}, {"a": 2.5, "b": [3, 4]}], 4)
    assert end < len(content)
    with pytest.raises(ValueError, match=r"expected|frame|not enough|no end"):
        parse_plain_pickle(content[:end])
    # without its frame the end alone is missing
    with pytest.raises(ValueError, match=r"expected|not enough|no end"):
        parse_plain_pickle(HEAD + content[11 : max(12, end)])


def test_eight_deep_is_read_and_nine_deep_is_not() -> None:
    def nested(levels: int) -> bytes:
        return HEAD + b"](K\x01" * levels + b"e" * levels + b"."

    assert depth(parse_plain_pickle(nested(8))) == 8
    with pytest.raises(ValueError, match="lists and objects more than 8 deep"):
        parse_plain_pickle(nested(9))


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    with path.open("wb") as file:
        file.truncate(GIGABYTE)
    with pytest.raises(InputError, match="found more than 4194304 bytes"):
        read_plain_pickle(path)
    with pytest.raises(InputError, match="found more than 4194304 bytes"):
        read_plain_pickle(Path("/dev/zero"))


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"x\.pkl: expected a file, found none"):
        read_plain_pickle(tmp_path / "x.pkl")
    with pytest.raises(InputError, match="found Is a directory"):
        read_plain_pickle(tmp_path)


@pytest.mark.parametrize("file", ["arch_ppl_bench_s/ppl.pkl", "arch_ppl_bench_m/ppl_observations_tracker_0_1000.pkl"])
def test_the_real_files_have_these_instructions_and_are_read(file: str, data: Path) -> None:
    path = data / "hwgpt" / file
    content = path.read_bytes()
    assert {opcode.name for opcode, _, _ in pickletools.genops(content)} == KNOWN
    assert read_plain_pickle(path) == pickle.loads(content)  # noqa: S301 - it has these instructions alone
