"""Numbers in replies: read from words, fences and JSON; what is doubtful is no number."""

from __future__ import annotations

import json
import math
import time

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.llm.numbers import Number, Numbers
from lpzero.llm.reading import ReplyStatus

BLEU = Number(0, 100, "BLEU")

READ = [
    ("25.6", 25.6),
    ("BLEU: 25.6.", 25.6),
    ("BLEU:25.6", 25.6),
    ("bleu = 25.6\n", 25.6),
    ("  25.60  ", 25.6),
    ("**BLEU**: `25.6`", 25.6),
    ("```\n25.6\n```", 25.6),
    ('```json\n{"value": 25.6}\n```', 25.6),
    ('{"BLEU": "25.6"}', 25.6),
    ('Here you are: {"value": 25.6}. I hope that helps!', 25.6),
    ("The BLEU score for the test architecture is 25.6.", 25.6),
    ("I estimate a BLEU score of about 25.6, since wmt14 is hard for GPT-4.", 25.6),
    ("The BLEU score is 25.6 because it has 6 layers.", 25.6),
    ("25.6\n\nIt has 6 layers and 8 heads.", 25.6),
    ("25.6 (BLEU)", 25.6),
    ("GFLOPS: 3.1\nBLEU: 25.6", 25.6),
    ("25.6, yes, 25.6!", 25.6),
    ("\N{MINUS SIGN}0 or rather BLEU: .5", 0.5),
    ("~25.6", 25.6),
    ("25.6%", 25.6),
    ("2.56e1", 25.6),
    ("<think>24 or 26</think>25.6", 25.6),
    ("BLEU: 25.6 BLEU", 25.6),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_one_number_is_read_however_it_is_said(text: str, value: float) -> None:
    reading = BLEU.read(text)
    assert (reading.status, reading.value, reading.reason) == (ReplyStatus.OK, value, "")


DOUBTFUL = [
    "no number at all",
    "between 24 and 26",
    "24-26",
    "BLEU: 24-26",
    "BLEU: 24 to 26",
    "BLEU: 24\N{EN DASH}26",
    "BLEU: 24 or 26",
    "It has 6 layers, so 25.6",
    "6 layers suggest 25.6",
    "BLEU: 25.6. BLEU: 26.1",
    "25,6",
    "25/100",
    "25.6.1",
    "0x19",
    "twenty-five",
    '{"value": null}',
    '{"value": 25.6',
    "{'value': 25.6}",
    '{"a": {"value": 25.6}, ...',
    '{"value": true}',
    '{"value": [25.6]}',
    '{"value": "about 25.6"}',
    '{"score": 25.6}',
    '{"value": 25.6} {"value": 26.1}',
    '{"value": 25.6, "BLEU": 26.1}',
    '{"value": 24, "value": 25.6}',
    "I'm sorry, but I can't help with that.",
    "<think>25.6</think>none",
    "٢٥",
]


@pytest.mark.parametrize("text", DOUBTFUL)
def test_where_there_is_doubt_there_is_no_value(text: str) -> None:
    reading = BLEU.read(text)
    assert (reading.status, reading.value) == (ReplyStatus.MALFORMED, None)
    assert reading.reason.isprintable()
    assert reading.reason


@pytest.mark.parametrize(
    "text",
    [
        *("nan", "BLEU: NaN", "inf", "-Infinity", "1e9", "1e999", "-1", "100.1", "9" * 5000, "1,000,000"),
        *('{"value": NaN}', '{"value": Infinity}', '{"value": 1e9}', '{"value": "nan"}', f'{{"value": {"9" * 400}}}'),
    ],
)
def test_what_is_out_of_range_has_a_status_and_no_value(text: str) -> None:
    reading = BLEU.read(text)
    assert (reading.status, reading.value) == (ReplyStatus.OUT_OF_RANGE, None)
    assert reading.reason.startswith("expected from 0 to 100, found")


@pytest.mark.parametrize("text", ["", " \n", "\x00\x1b", "<think>25.6</think>"])
def test_a_reply_without_words_is_empty(text: str) -> None:
    assert BLEU.read(text).status is ReplyStatus.EMPTY


@pytest.mark.property
@given(st.text(max_size=80))
def test_no_text_raises_and_none_gives_a_number_that_is_not_in_it(text: str) -> None:
    reading = BLEU.read(text)
    assert (reading.value is None) == (reading.status is not ReplyStatus.OK)
    if reading.value is not None:
        assert 0 <= reading.value <= 100
        assert any(letter.isdecimal() for letter in text)


@pytest.mark.property
@given(st.floats(0, 100), st.sampled_from(["{}", "BLEU: {}.", "```\n{}\n```", '{{"value": {}}}', "It is {}, I think."]))
def test_a_number_comes_back_from_every_frame(number: float, frame: str) -> None:
    assert BLEU.read(frame.format(repr(number))).value == number


def test_a_range_is_needed() -> None:
    for low, high in ((1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf)):
        with pytest.raises(InputError, match="expected a range"):
            Number(low, high)
        with pytest.raises(InputError, match="expected a range"):
            Numbers(("a",), low, high)


def test_the_schema_takes_what_is_read() -> None:
    jsonschema.validate({"value": 25.6}, BLEU.schema)
    for bad in ({"value": 101}, {"value": "x"}, {}, {"value": 1, "other": 2}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, BLEU.schema)
    assert "0 to 100" in BLEU.instruction


THREE = Numbers(("a1", "a2", "a3"), 0, 100)


def _rows(*pairs: tuple[object, object]) -> str:
    return json.dumps({"values": [{"id": name, "value": value} for name, value in pairs]})


@pytest.mark.parametrize(
    "text",
    [
        _rows(("a1", 1), ("a2", 2.5), ("a3", 3)),
        f"Sure!\n```json\n{_rows(('a1', 1), ('a2', 2.5), ('a3', '3'))}\n```",
        '{"a1": 1, "a2": 2.5, "a3": 3}',
        "Here are the scores:\na1: 1\n- a2: 2.5\n**a3**: 3.\nI hope this helps.",
    ],
)
def test_numbers_are_read_in_the_order_of_their_ids(text: str) -> None:
    reading = THREE.read(text)
    assert (reading.status, reading.value) == (ReplyStatus.OK, (1.0, 2.5, 3.0))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (_rows(("a1", 1), ("a2", 2)), ReplyStatus.WRONG_COUNT),
        (_rows(("a1", 1), ("a2", 2), ("a3", 3), ("a4", 4)), ReplyStatus.WRONG_COUNT),
        ("a1: 1\na2: 2", ReplyStatus.WRONG_COUNT),
        ("none of this can be said", ReplyStatus.WRONG_COUNT),
        (_rows(("a2", 2), ("a1", 1), ("a3", 3)), ReplyStatus.WRONG_ORDER),
        (_rows(("a1", 1), ("a1", 1), ("a3", 3)), ReplyStatus.WRONG_ORDER),
        (_rows(("a1", 1), ("b2", 2), ("a3", 3)), ReplyStatus.WRONG_ORDER),
        ("a3: 1\na2: 2\na1: 3", ReplyStatus.WRONG_ORDER),
        (_rows(("a1", 1), ("a2", 1e9), ("a3", 3)), ReplyStatus.OUT_OF_RANGE),
        ('{"a1": 1, "a2": NaN, "a3": 3}', ReplyStatus.OUT_OF_RANGE),
        (_rows(("a1", 1), ("a2", None), ("a3", 3)), ReplyStatus.MALFORMED),
        (_rows(("a1", 1), (["a2"], 2), ("a3", 3)), ReplyStatus.MALFORMED),
        ('{"values": [1, 2, 3]}', ReplyStatus.MALFORMED),
        ('{"values": 3}', ReplyStatus.MALFORMED),
        ("a1: 1\na2: 24-26\na3: 3", ReplyStatus.MALFORMED),
        (_rows(("a1", 1)) + _rows(("a2", 2)), ReplyStatus.MALFORMED),
        ("", ReplyStatus.EMPTY),
    ],
)
def test_numbers_that_are_not_those_asked_for_have_a_status(text: str, status: ReplyStatus) -> None:
    reading = THREE.read(text)
    assert (reading.status, reading.value) == (status, None)
    assert reading.reason


@pytest.mark.property
@given(st.text(max_size=80))
def test_no_text_raises_where_several_numbers_are_expected(text: str) -> None:
    assert THREE.read(text).value is None


def test_ids_are_words_that_differ() -> None:
    for ids in ((), ("a", "a"), ("a b",), ("",), ("a\n",)):
        with pytest.raises(InputError, match="expected"):
            Numbers(ids, 0, 1)


def test_the_schema_of_several_takes_what_is_read() -> None:
    jsonschema.validate(json.loads(_rows(("a1", 1), ("a2", 2), ("a3", 3))), THREE.schema)
    for bad in (_rows(("a1", 1)), _rows(("b", 1), ("a2", 2), ("a3", 3))):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(json.loads(bad), THREE.schema)
    assert '"a1"' in THREE.instruction


def test_a_hostile_line_costs_little() -> None:
    started = time.process_time()
    for text in (":" * 10**5 + " a", '{"a":' * 10**4 + ": 25.6.", ("x" * 290 + ": \n") * 300):
        assert Numbers(("a", "b"), 0, 100).read(text).status is not ReplyStatus.OK
    assert time.process_time() - started < 1.0
