"""Read a ``space.toml``: a space of transformers configurations, described without Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from lpzero.errors import InputError
from lpzero.settings import one_line, shorten
from lpzero.spaces.architecture import Value
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.space import Objective
from lpzero.spaces.toml.constraint import Constraint
from lpzero.spaces.toml.constraint_text import parse_constraint
from lpzero.spaces.toml.document import SpaceDocument, parse_document, read_text
from lpzero.spaces.toml.family import ModelFamily, family_of
from lpzero.spaces.toml.space import PROTOCOL, ConfigSpace
from lpzero.spaces.toml.trial import try_values

DEEPEST = 1024
LONGEST = 1 << 24
UNBOUNDED = 2048
"""The longest sequence of a family whose configuration names none."""

Result = TypeVar("Result")


def read_space(path: Path) -> ConfigSpace:
    """Read a space, and try every value of it in a model without weights.

    Args:
        path: The file, at most 256 KiB.

    Returns:
        The space; its protocol is ``config-`` and 16 digits that follow from what the file says.

    Raises:
        InputError: There is no such file, it is not what it must be, or a model class refuses a value; the message
            names the file and the key.
    """
    return _placed(_Source(read_text(path), path), str(path.resolve()))


@dataclass(frozen=True)
class _Source:
    """A text and where it was read: equal texts describe equal spaces, whichever file they stand in.

    Attributes:
        text: The text.
        path: The file, for messages.
    """

    text: str
    path: Path = field(compare=False)


@lru_cache(maxsize=16)
def _placed(source: _Source, file: str) -> ConfigSpace:
    """The space of a text, found again in a file."""
    return replace(_space_of(source), file=file)


@lru_cache(maxsize=16)
def _space_of(source: _Source) -> ConfigSpace:
    """The space that a text describes; remembered, since trying it takes a second, and many folders hold a copy."""
    path, document = source.path, parse_document(source.path, source.text)
    family = _at(f"{path}: model_type", partial(family_of, document.model_type))
    space = _Fields(path, document, family).space(source.text)
    model = try_values(space)
    if space.size < 2:
        raise InputError(f"{path}: choices: expected two architectures at least, found one")
    from lpzero.spaces.toml.model import padded_positions

    return replace(space, max_tokens=space.max_tokens - padded_positions(model))


def _at(place: str, make: Callable[[], Result]) -> Result:
    """Say where an error is."""
    try:
        return make()
    except InputError as err:
        raise InputError(f"{place}: {err}") from err


@dataclass(frozen=True)
class _Fields:
    """The fields of a file, as the family understands them.

    Attributes:
        path: The file.
        document: What it says.
        family: The family of its model type.
    """

    path: Path
    document: SpaceDocument
    family: ModelFamily

    def __post_init__(self) -> None:
        tables = {"fixed": self.document.fixed, "choices": self.document.choices, "per_layer": self.document.per_layer}
        seen: dict[str, str] = {}
        for table, fields in tables.items():
            for name in fields:
                place = f"{self.path}: {table}.{one_line(name, 60)}"
                own = _at(place, partial(self.family.own_name, name))
                if own in seen:
                    raise InputError(f"{place}: expected each field once, found it as {seen[own]} too")
                seen[own] = f"{table}.{name}"
                if table == "per_layer":
                    self._check_per_layer(place, own, fields[name])

    def _check_per_layer(self, place: str, own: str, values: list[Any]) -> None:
        if own not in self.family.per_layer:
            known = ", ".join(self.family.per_layer) or "none"
            raise InputError(
                f"{place}: expected a field for which {self.family.model_type} has a list with an entry a layer, which "
                f"are: {known}"
            )
        if len(values) < 2:
            raise InputError(f"{place}: expected two values or more, found {shorten(values)}")

    @cached_property
    def written(self) -> dict[str, str]:
        """Fields by their own names, with the names that the file gives them."""
        names = [*self.document.fixed, *self.document.choices, *self.document.per_layer]
        return {self.family.own_name(name): name for name in names}

    @property
    def depth_field(self) -> str:
        """The name of the number of layers."""
        return self.written.get(self.family.depth, self.family.depth)

    @cached_property
    def chosen(self) -> dict[str, list[Any]]:
        """The choices of the whole model without the depth, the width first; a list of one value is no choice."""
        names = sorted(self.document.choices, key=lambda name: (self.family.own_name(name) != self.family.width, name))
        return {
            name: self.document.choices[name]
            for name in names
            if name != self.depth_field and len(self.document.choices[name]) > 1
        }

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """The fields that are the same in every configuration, without the depth."""
        single = {name: values[0] for name, values in self.document.choices.items() if name not in self.chosen}
        fixed = {**self.document.fixed, **single}
        if self.objective == "causal" and "is_decoder" in self.family.defaults:
            # without it the model would see the tokens that it is to predict
            fixed.setdefault("is_decoder", True)
        return {name: value for name, value in fixed.items() if name != self.depth_field}

    @cached_property
    def objective(self) -> Objective:
        """The language model that is built."""
        known, asked = self.family.objectives, self.document.objective
        if asked is not None and asked not in known:
            raise InputError(f"{self.path}: objective: expected {known[0]!r} for this model type, found {asked!r}")
        if asked is None and "causal" in known and self.document.fixed.get("is_decoder") is True:
            return "causal"
        return asked or known[0]

    def value(self, own: str) -> Any:
        """The value of a field that is not chosen."""
        return self.fixed.get(self.written.get(own, own), self.family.defaults[own])

    def space(self, text: str) -> ConfigSpace:
        """The space, its values not yet tried; ``text`` is what the file says."""
        texts = self.document.constraints
        constraints = tuple(_at(str(self.path), partial(self._constraint, text)) for text in texts)
        named = frozenset().union(*(constraint.names for constraint in constraints))
        return ConfigSpace(
            name=self.document.name,
            protocol=f"{PROTOCOL}-{self.document.digest}",
            file=str(self.path),
            text=text,
            model_type=self.document.model_type,
            objective=self.objective,
            fixed=json.dumps(self.fixed, sort_keys=True),
            choices=self._choices(),
            depth_field=self.depth_field,
            constraints=constraints,
            constants=tuple((name, self._known(name)) for name in sorted(named - {*self.chosen, self.depth_field})),
            vocabulary=self._vocabulary(),
            max_tokens=self._max_tokens(),
        )

    def _choices(self) -> Choices:
        name, per_layer = self.depth_field, self.document.per_layer
        default = self.document.fixed.get(name, self.family.defaults[self.family.depth])
        depths = self.document.choices.get(name, [default])
        for depth in depths:
            if type(depth) is not int or not 1 <= depth <= DEEPEST:
                table = "choices" if name in self.document.choices else "fixed"
                raise InputError(f"{self.path}: {table}.{name}: expected 1 to {DEEPEST} layers, found {shorten(depth)}")
        return Choices(
            space=self.document.name,
            depths=tuple(sorted(depths)),
            whole=tuple(Choice.of(name, *values) for name, values in self.chosen.items()),
            layer=tuple(Choice.of(name, *per_layer[name]) for name in sorted(per_layer)),
        )

    def _constraint(self, text: str) -> Constraint:
        def resolve(name: str) -> str:
            own = self.family.own_name(name)
            found = self.written.get(own, own)
            if found in self.document.per_layer:
                raise InputError(f"expected a field of the whole model, found {name}, which is chosen for each layer")
            if found not in self.chosen and found != self.depth_field:
                self._known(found)
            return found

        return parse_constraint(text, resolve)

    def _known(self, name: str) -> Value:
        value = self.value(self.family.own_name(name))
        if not isinstance(value, (bool, int, float, str)):
            raise InputError(
                f"expected a field with a number, a text, True or False, found {name}, which is {shorten(value)}"
            )
        return value

    def _vocabulary(self) -> int:
        name = self.written.get(self.family.vocabulary, self.family.vocabulary)
        if name in self.chosen:
            raise InputError(f"{self.path}: choices.{name}: expected one vocabulary for all models, under [fixed]")
        size = self.value(self.family.vocabulary)
        if type(size) is not int or size < 2:
            raise InputError(f"{self.path}: fixed.{name}: expected a whole number from 2, found {shorten(size)}")
        return size

    def _max_tokens(self) -> int:
        own = self.family.positions
        if own is None:
            return UNBOUNDED
        values = self.chosen.get(self.written.get(own, own), [self.value(own)])
        whole = [value for value in values if isinstance(value, int)]
        if max(whole, default=0) > LONGEST:
            raise InputError(
                f"{self.path}: {self.written.get(own, own)}: expected at most {LONGEST} positions, found more"
            )
        return min(whole, default=UNBOUNDED)
