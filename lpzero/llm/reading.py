"""What a reply is expected to be, and what reading one gives: a status, and a value only where that is ok."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from lpzero.llm.text import clean_text
from lpzero.settings import unique_keys

_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</think>", re.IGNORECASE)
_BEGINS = re.compile(r'\{\s*"')
MOST_OBJECTS = 20
"""Opening braces of a reply that are tried as the begin of an object."""


class ReplyStatus(str, Enum):
    """What a reply is.

    ``ok``: it has a value. ``empty``: it says nothing. ``malformed``: no value can be read from it, or more than one.
    ``refused``: the model or its filter declined. ``truncated``: it was cut at the longest that was allowed, and what
    stands there may be a part of a number. ``out_of_range``: not finite, or outside the range that was asked for.
    ``wrong_count``: values for fewer or more than were asked for. ``wrong_order``: values for others, for one twice, or
    in another order, so that it is not known which is whose.
    """

    OK = "ok"
    EMPTY = "empty"
    MALFORMED = "malformed"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    OUT_OF_RANGE = "out_of_range"
    WRONG_COUNT = "wrong_count"
    WRONG_ORDER = "wrong_order"


@dataclass(frozen=True)
class Reading:
    """What was read from a reply.

    Attributes:
        status: What the reply is.
        value: What it says, as its :class:`Expected` has it; None unless the status is ``ok``.
        reason: One line for people, empty where the status is ``ok``.
    """

    status: ReplyStatus
    value: Any = None
    reason: str = ""


class Expected(Protocol):
    """What a reply has to be."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of a reply, sent where the server takes one."""

    @property
    def instruction(self) -> str:
        """One sentence for the model that says how to reply, for prompts and for a second try."""

    def read(self, text: str) -> Reading:
        """Read a reply; it raises nothing, whatever the text is."""


def readable(text: str) -> str:
    """A reply without what a reasoning model thinks aloud, and without control characters."""
    # behind the last end is no whole thought: each beginning there would be followed to the end of the text
    ends = [match.end() for match in _THOUGHT_ENDS.finditer(text)]
    last = ends[-1] if ends else 0
    return clean_text(_THOUGHTS.sub(" ", text[:last]) + text[last:]).strip()


def objects_in(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a text that may have words and fences around them, at most ``MOST_OBJECTS`` tries.

    There is none where one has a key twice, is nested too deeply or never ends: what is inside it was not meant alone.
    """
    decoder = json.JSONDecoder(object_pairs_hook=unique_keys)
    found, begin = [], text.find("{")
    for _ in range(MOST_OBJECTS):
        if begin < 0:
            break
        try:
            value, end = decoder.raw_decode(text, begin)
            found.append(value)
        except (ValueError, RecursionError):
            if _BEGINS.match(text, begin):
                return []
            end = begin + 1
        begin = text.find("{", end)
    return found
