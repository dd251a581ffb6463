"""The columns in which a user's file gives architectures and their quality, and how a row of them is read.

A name of the whole model has one value, a name of each layer a list with one value a layer: where an encoder stands
before a decoder, a name of either has one for each of its own layers. In a space of
transformers configurations the number of layers has a column as well, and every name that the configuration has for a
field will do. A single column ``architecture`` with the JSON of
:meth:`~lpzero.spaces.architecture.Architecture.to_json` may stand for all of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lpzero.errors import InputError
from lpzero.settings import one_line
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.choices import Choice
from lpzero.spaces.space import SearchSpace
from lpzero.spaces.toml.family import family_of
from lpzero.spaces.toml.space import ConfigSpace
from lpzero.tables.document import described, parse_json
from lpzero.tables.imports.lines import Lines, Row

ID, ARCHITECTURE = "id", "architecture"
MAX_REASON = 300
MOST_LISTED = 8

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
# each digit has one way to match: a cell of a hundred thousand digits is read in one go
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FLAGS = {"true": True, "false": False}
_BETWEEN = re.compile(r"\s*;\s*|\s+")


@dataclass(frozen=True)
class Entry:
    """One row, checked by itself.

    Attributes:
        row: Where it comes from.
        id: What its column ``id`` says, else ``line-N``.
        architecture: A valid one of the space.
        quality: A finite number.
    """

    row: Row
    id: str
    architecture: Architecture
    quality: float


@dataclass(frozen=True)
class Texts:
    """How the values of one name are written in CSV.

    One name may have both text and numbers, as FlexiBERT's ``parameter`` has.

    Attributes:
        values: Text -> value, for each value of the space.
        kinds: The types of these values.
    """

    values: dict[str, Value]
    kinds: frozenset[type]

    @classmethod
    def of(cls, values: Iterable[Value]) -> Texts:
        """The texts of a name's values."""
        known = {str(value): value for value in values}
        return cls(known, frozenset(map(type, known.values())))

    def read(self, text: str) -> Value:
        """The value of a text; one outside the space becomes a number where the name has numbers of that type."""
        if text in self.values:
            return self.values[text]
        if bool in self.kinds and text.lower() in _FLAGS:
            return _FLAGS[text.lower()]
        if int in self.kinds and _INTEGER.fullmatch(text):
            return int(text)
        if float in self.kinds and _NUMBER.fullmatch(text):
            return float(text)
        return text


@dataclass(frozen=True)
class Columns:
    """The columns that a file may have.

    Attributes:
        space: The space, under the protocol that the architectures stand for.
        whole: The names of the whole model.
        layer: The names of each layer; of a decoder's where the first layers have others.
        quality: The column with the quality.
        front: The names of each of the first layers, where these are others.
        depth: The column with the number of layers; None where it follows from the lists alone.
        spellings: Further names of columns, with the names of the space that they stand for.
    """

    space: SearchSpace
    whole: dict[str, Texts]
    layer: dict[str, Texts]
    quality: str
    depth: str | None = None
    spellings: Mapping[str, str] = field(default_factory=dict)
    front: Mapping[str, Texts] = field(default_factory=dict)

    @classmethod
    def of(cls, space: SearchSpace, quality: str) -> Columns:
        """The columns of a space; raises InputError where the quality's is one that means something else."""
        depth, spellings = (space.depth_field, space.spellings) if isinstance(space, ConfigSpace) else (None, {})
        whole, layer = _texts(space.choices.whole), _texts(space.choices.layer)
        columns = cls(space, whole, layer, quality, depth, spellings, _texts(space.choices.front))
        taken = [ID, ARCHITECTURE, *columns.whole, *columns.listed, *spellings]
        if quality in taken:
            raise InputError(f"expected a column of its own for the quality, found {quality!r}: give it another name")
        return columns

    @property
    def listed(self) -> dict[str, Texts]:
        """The names that have a list of values, those of the first layers first."""
        return {**self.front, **self.layer}

    def check(self, lines: Lines) -> None:
        """Raise InputError where a file lacks a column, has an unknown one, or one name of a field beside another."""
        given = [self.spellings.get(column, column) for column in lines.columns]
        optional = {ID}
        if ARCHITECTURE in given:
            names = [ARCHITECTURE]
        else:
            # the lists say how many layers there are, where there are some
            names = [*([self.depth] if self.depth and not self.layer else []), *self.whole, *self.listed]
            optional |= {self.depth} if self.depth else set()
        expected = [*names, self.quality]
        unknown = [name for name, own in zip(lines.columns, given, strict=True) if own not in {*expected, *optional}]
        missing = [column for column in expected if column not in given]
        if not unknown and not missing:
            self._check_once(lines, given)
            return
        wanted = f"expected the columns {', '.join(map(self._spelt, expected))}, and {ID} where there is one"
        found = f"the unknown column {described(unknown[0])}" if unknown else f"no column {described(missing[0])}"
        advice = "name the quality's column with `quality`" if self.quality in missing else "change the columns"
        if lines.text and all(map(_NUMBER.fullmatch, lines.columns)):
            found, advice = "numbers", "write the names of the columns into the first line"
        elif unknown and self._is_field(unknown[0]):
            found, advice = f"{described(unknown[0])}, which the space does not choose", "take that column out"
        raise InputError(f"{lines.place}: {wanted}, found {found}: {advice}")

    def _is_field(self, name: str) -> bool:
        """Whether a column that is not chosen is a field of the configurations."""
        return isinstance(self.space, ConfigSpace) and name in family_of(self.space.model_type).fields

    def _check_once(self, lines: Lines, given: Sequence[str]) -> None:
        for name in given:
            columns = [column for column, own in zip(lines.columns, given, strict=True) if own == name]
            if len(columns) > 1:
                raise InputError(
                    f"{lines.place}: expected each field in one column, found {' and '.join(map(described, columns))}: "
                    "take one of them out"
                )

    def _spelt(self, name: str) -> str:
        """A column with the other names that it may have, for a message."""
        others = [other for other, own in self.spellings.items() if own == name != other]
        return f"{name} (or {', '.join(others)})" if others else name

    def entry(self, row: Row, *, text: bool) -> Entry:
        """Read a row that has the right columns.

        Args:
            row: The row.
            text: Whether its cells are text, as they are in CSV; else they are what JSON has.

        Raises:
            InputError: A cell is something else, or the architecture is not in the space.
        """
        cells = {self.spellings.get(name, name): cell for name, cell in row.cells.items()}
        cells = self._typed(cells, row.place) if text else cells
        document = cells[ARCHITECTURE] if ARCHITECTURE in cells else self._document(cells, row.place)
        architecture = self._valid(document, row.place)
        return Entry(row, _id(cells, row), architecture, _number(cells[self.quality], f"{row.place}: {self.quality}"))

    def _typed(self, texts: Mapping[str, str], place: str) -> dict[str, Any]:
        cells: dict[str, Any] = dict(texts)
        for column, cell in texts.items():
            if column == self.depth:
                cells[column] = Texts.of(self.space.choices.depths).read(cell)
            elif column in self.whole:
                cells[column] = self.whole[column].read(cell)
            elif column in self.listed:
                cells[column] = [self.listed[column].read(part) for part in _BETWEEN.split(cell.strip())]
            elif column == ARCHITECTURE:
                cells[column] = parse_json(cell, f"{place}: {column}")
            elif column == self.quality and _NUMBER.fullmatch(cell):
                cells[column] = float(cell)
        return cells

    def _document(self, cells: dict[str, Any], place: str) -> dict[str, Any]:
        """The architecture of a row as :meth:`Architecture.to_json` has it."""
        for name in self.whole:
            if cells[name] is None or isinstance(cells[name], (list, dict)):
                raise InputError(f"{place}: {name}: expected one value, found {described(cells[name])}")
        for name in self.listed:
            if not isinstance(cells[name], list):
                raise InputError(f"{place}: {name}: expected a list, one value a layer, found {described(cells[name])}")
        layers = [*_layers(self.front, cells, place), *_layers(self.layer, cells, place)]
        if self.depth in cells:
            depth = self._depth(cells[self.depth], f"{place}: {self.depth}")
            if self.layer and depth != len(layers):
                raise InputError(
                    f"{place}: {self.depth}: expected {len(layers)}, as many as the lists have values, found {depth}"
                )
            layers = layers or [{} for _ in range(depth)]
        return {"space": self.space.name, "whole": {name: cells[name] for name in self.whole}, "layers": layers}

    def _depth(self, value: Any, place: str) -> int:
        depths = self.space.choices.depths
        # a number of layers that nobody expects is never counted up to
        if type(value) is not int or value not in depths:
            listed = ", ".join(map(str, depths)) if len(depths) <= MOST_LISTED else f"{depths[0]} to {depths[-1]}"
            raise InputError(f"{place}: expected {listed}, found {described(value)}")
        return value

    def _valid(self, document: Any, place: str) -> Architecture:
        wanted = f"{place}: expected an architecture of {self.space.name}, protocol {self.space.protocol}"
        try:
            architecture = Architecture.from_json(document)
            self.space.validate(architecture)
        except InputError as err:
            raise InputError(f"{wanted}, found another: {one_line(str(err), MAX_REASON)}") from err
        except RecursionError as err:
            raise InputError(f"{wanted}, found too many brackets inside each other") from err
        return architecture


def _layers(names: Iterable[str], cells: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
    """The layers that lists of values say, each a list of one name; none where there is no name."""
    lengths = {name: len(cells[name]) for name in names}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{length} of {name}" for name, length in lengths.items())
        raise InputError(f"{place}: expected lists of one length, one value a layer, found {found}")
    rows = zip(*(cells[name] for name in lengths), strict=True)
    return [dict(zip(lengths, values, strict=True)) for values in rows]


def _texts(choices: Iterable[Choice]) -> dict[str, Texts]:
    return {
        name: Texts.of(combination[i] for combination in choice.values)
        for choice in choices
        for i, name in enumerate(choice.names)
    }


def _id(cells: dict[str, Any], row: Row) -> str:
    if ID not in cells:
        return f"line-{row.line}"
    found = cells[ID]
    text = str(found) if isinstance(found, (int, str)) and not isinstance(found, bool) else ""
    if not text.strip() or not text.isprintable():
        raise InputError(f"{row.place}: {ID}: expected a line of text or a whole number, found {described(found)}")
    return text


def _number(value: Any, place: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise InputError(f"{place}: expected a finite number, found {described(value)}")
