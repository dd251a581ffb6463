"""Replies that are numbers: read tolerantly from words and fences, and never guessed.

A number is taken where it is the only one, stands alone in the first line, or follows the name that was asked for;
where two disagree there is none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lpzero.errors import InputError
from lpzero.llm.reading import Reading, ReplyStatus, objects_in, readable
from lpzero.settings import one_line, shorten

_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?%?"
    r"|[+-]?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
# What may stand around a number in a sentence or in Markdown; a leading dot or sign belongs to it.
_BEFORE, _BEHIND = "([{\"'`*_~≈", ")]}\"'`*_~.,;:!?"
_WORDS = (
    r"(?:\s+(?:score|value|estimate|prediction|is|of|would|be|about|around|approximately|roughly|estimated|predicted))*"
)
_NUMERIC = re.compile(r"[+-]?\.?[0-9]")
# "24 to 26": the first of two numbers is not the one
_GOES_ON = re.compile(r"\s*(?:to|or|and|\+?/?-|[\u2013\u2014/±])\s*[0-9]", re.IGNORECASE)

LONGEST_ROW = 300
"""Letters of a line with an id and a number: to look for both takes the square of them."""
_ROW = re.compile(r"[\s*\-]*(?P<id>\S+?)[*`]*\s*[:=]\s*(?P<word>\S+)\s*")


def _number_of(word: str) -> float | None:
    """The number that a word is; None where it is another word, or has a number inside."""
    bare = word.lstrip(_BEFORE).rstrip(_BEHIND)
    if _NUMBER.fullmatch(bare) is None:
        return None
    # more digits than a float has room for make it infinite, which is out of any range
    return float(bare.rstrip("%").replace(",", ""))


def _judged(value: float, low: float, high: float) -> Reading:
    if not (math.isfinite(value) and low <= value <= high):
        return Reading(ReplyStatus.OUT_OF_RANGE, reason=f"expected from {low:g} to {high:g}, found {value:g}")
    return Reading(ReplyStatus.OK, value)


def _of_json(value: Any) -> float | None:
    """The number that a JSON value is, a text with nothing but one included."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return _number_of(value.strip()) if isinstance(value, str) else None


def _check_range(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"expected a range of two finite numbers, the lower one first, found {low} and {high}")


@dataclass(frozen=True)
class Number:
    """Expects one number; the value is a float.

    Attributes:
        low: The lowest that is plausible.
        high: The highest.
        name: What is asked for, such as ``BLEU``: a number behind this word is the one that is meant.

    Raises:
        InputError: The range is none.
    """

    low: float
    high: float
    name: str = "value"

    def __post_init__(self) -> None:
        _check_range(self.low, self.high)

    @property
    def schema(self) -> dict[str, Any]:
        """See :class:`lpzero.llm.reading.Expected`."""
        number = {"type": "number", "minimum": self.low, "maximum": self.high}
        return {
            "type": "object",
            "properties": {"value": number},
            "required": ["value"],
            "additionalProperties": False,
        }

    @property
    def instruction(self) -> str:
        """See :class:`lpzero.llm.reading.Expected`."""
        return (
            f'Reply with one number from {self.low:g} to {self.high:g} and nothing else; in JSON as {{"value": ...}}.'
        )

    def read(self, text: str) -> Reading:
        """See :class:`lpzero.llm.reading.Expected`."""
        said = readable(text)
        if not said:
            return Reading(ReplyStatus.EMPTY, reason="expected a number, found nothing")
        objects = objects_in(said)
        numbers = self._of_objects(objects) if objects else self._of_words(said)
        if len(numbers) > 1:
            return Reading(ReplyStatus.MALFORMED, reason=f"expected one number, found {len(numbers)} that differ")
        if not numbers:
            return Reading(ReplyStatus.MALFORMED, reason=f"expected a number, found {shorten(said, 60)}")
        return _judged(numbers[0], self.low, self.high)

    def _of_objects(self, objects: list[dict[str, Any]]) -> list[float]:
        names = ("value", self.name.casefold())
        found = [_of_json(value) for one in objects for key, value in one.items() if key.casefold() in names]
        return [] if None in found else _distinct([value for value in found if value is not None])

    def _of_words(self, said: str) -> list[float]:
        if "{" in said:
            # of an object that cannot be read nothing is picked
            return []
        plain = re.sub(r"[*_`]+", "", said.replace("\N{MINUS SIGN}", "-"))
        named = _behind(self.name, plain)
        if named:
            return [] if None in named else _distinct([value for value in named if value is not None])
        first = plain.split("\n", 1)[0].split()
        if len(first) == 1 and (alone := _number_of(first[0])) is not None:
            return [alone]
        words = re.sub(r"[:=]", " ", plain).split()
        numeric = [word for word in words if _NUMERIC.match(word.lstrip(_BEFORE)) or _number_of(word) is not None]
        numbers = [_number_of(word) for word in numeric]
        # "24-26" or "25,6" is none, and so there is doubt
        return [] if None in numbers else _distinct([value for value in numbers if value is not None])


def _behind(name: str, text: str) -> list[float | None]:
    """The number of each word that stands where a name promises one; None for a word that is none."""
    label = r"\s+".join(re.escape(part) for part in name.split())
    found: list[float | None] = []
    for match in re.finditer(rf"(?<!\w){label}{_WORDS}\s*(?P<sign>[:=≈~]*)\s*(?P<word>\S+)", text, re.IGNORECASE):
        number = None if _GOES_ON.match(text, match.end()) else _number_of(match["word"])
        # a name in a sentence promises nothing
        if number is not None or (match["sign"] and _NUMERIC.match(match["word"].lstrip(_BEFORE))):
            found.append(number)
    return found


def _distinct(numbers: Sequence[float]) -> list[float]:
    """The numbers without repetitions; nan equals itself here."""
    return list({repr(number): number for number in numbers}.values())


@dataclass(frozen=True)
class Numbers:
    """Expects one number for each of several ids, in their order; the value is a tuple of floats.

    Attributes:
        ids: What the numbers belong to, different words without white space.
        low: The lowest that is plausible.
        high: The highest.

    Raises:
        InputError: The range is none, there is no id, one is there twice, or one is no word.
    """

    ids: tuple[str, ...]
    low: float
    high: float

    def __post_init__(self) -> None:
        _check_range(self.low, self.high)
        if not self.ids or len(set(self.ids)) < len(self.ids):
            raise InputError(f"expected one id or more, each once, found {shorten(self.ids)}")
        if any(one.split() != [one] or not one.isprintable() for one in self.ids):
            raise InputError(f"expected ids without white space, found {shorten(self.ids)}")

    @property
    def schema(self) -> dict[str, Any]:
        """See :class:`lpzero.llm.reading.Expected`."""
        number = {"type": "number", "minimum": self.low, "maximum": self.high}
        row = {
            "type": "object",
            "properties": {"id": {"type": "string", "enum": list(self.ids)}, "value": number},
            "required": ["id", "value"],
            "additionalProperties": False,
        }
        values = {"type": "array", "items": row, "minItems": len(self.ids), "maxItems": len(self.ids)}
        return {
            "type": "object",
            "properties": {"values": values},
            "required": ["values"],
            "additionalProperties": False,
        }

    @property
    def instruction(self) -> str:
        """See :class:`lpzero.llm.reading.Expected`."""
        example = json.dumps({"values": [{"id": one, "value": None} for one in self.ids[:2]]})
        return (
            f"Reply with one JSON object such as {example} and nothing else: a number from {self.low:g} to "
            f"{self.high:g} for each of the {len(self.ids)} ids, in their order."
        )

    def read(self, text: str) -> Reading:
        """See :class:`lpzero.llm.reading.Expected`; of words it takes lines such as ``id: 25.6``."""
        said = readable(text)
        if not said:
            return Reading(ReplyStatus.EMPTY, reason="expected numbers, found nothing")
        objects = objects_in(said)
        if len(objects) > 1:
            return Reading(ReplyStatus.MALFORMED, reason=f"expected one JSON object, found {len(objects)}")
        pairs = _pairs_of_object(objects[0]) if objects else _pairs_of_lines(said)
        if pairs is None:
            return Reading(ReplyStatus.MALFORMED, reason="expected an id and a number in each row, found another row")
        return self._matched(pairs)

    def _matched(self, pairs: list[tuple[str, float]]) -> Reading:
        if len(pairs) != len(self.ids):
            reason = f"expected {len(self.ids)} numbers, found {len(pairs)}"
            return Reading(ReplyStatus.WRONG_COUNT, reason=reason)
        for (found, _), wanted in zip(pairs, self.ids, strict=True):
            if found != wanted:
                return Reading(ReplyStatus.WRONG_ORDER, reason=f"expected the id {wanted}, found {one_line(found, 60)}")
        for name, value in pairs:
            judged = _judged(value, self.low, self.high)
            if judged.status is not ReplyStatus.OK:
                return Reading(judged.status, reason=f"{name}: {judged.reason}")
        return Reading(ReplyStatus.OK, tuple(value for _, value in pairs))


def _pairs_of_object(document: dict[str, Any]) -> list[tuple[str, float]] | None:
    rows = document.get("values", document)
    if isinstance(rows, dict):
        rows = [{"id": key, "value": value} for key, value in rows.items()]
    if not isinstance(rows, list):
        return None
    pairs = []
    for row in rows:
        value = _of_json(row.get("value")) if isinstance(row, dict) else None
        if value is None or not isinstance(row.get("id"), (str, int)):
            return None
        pairs.append((str(row["id"]), value))
    return pairs


def _pairs_of_lines(said: str) -> list[tuple[str, float]] | None:
    pairs = []
    for line in said.splitlines():
        match = None if len(line) > LONGEST_ROW else _ROW.fullmatch(line)
        if match is None:
            # a sentence before or behind the rows
            continue
        value = _number_of(match["word"])
        if value is None:
            return None
        pairs.append((match["id"].strip("*`"), value))
    return pairs
