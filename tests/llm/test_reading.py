"""Reading a reply: what a model thinks aloud is left out, and JSON objects are found among words."""

from __future__ import annotations

import time

from lpzero.llm.reading import MOST_OBJECTS, objects_in, readable


def test_thoughts_and_control_characters_are_left_out() -> None:
    assert readable("<think>24, or 25?\n</think>\n\x1b[1m25.6 ") == "[1m25.6"


def test_objects_are_found_among_words_and_fences() -> None:
    assert objects_in('Sure:\n```json\n{"a": {"b": 1}}\n```\nand {"c": 2}!') == [{"a": {"b": 1}}, {"c": 2}]
    assert objects_in("no object { here }") == []


def test_an_object_with_a_key_twice_or_without_end_is_none() -> None:
    assert objects_in('{"a": 1, "a": 2}') == []
    assert objects_in('{"a": 1') == []
    assert objects_in('{"a": {"b": 1}, ...') == []
    assert objects_in('{"b": 1} {"a": ') == []


def test_hostile_nesting_costs_little() -> None:
    started = time.process_time()
    assert objects_in("{" * 10**6) == []
    assert objects_in('{"a":' * 10**5) == []
    assert objects_in('{"a":' + "[" * 10**5) == []
    assert len(objects_in('{"a": 1}' * 10**4)) == MOST_OBJECTS
    assert time.process_time() - started < 1.0


def test_thoughts_without_an_end_cost_little() -> None:
    started = time.process_time()
    assert readable("<think>" * 10**5) == "<think>" * 10**5
    assert readable("<THINK>" * 10**5 + "</Think>25.6" + "<think>" * 10**4) == "25.6" + "<think>" * 10**4
    assert time.process_time() - started < 1.0
