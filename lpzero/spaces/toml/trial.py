"""A trial of a space of configurations: each value of each choice goes into a model, without weights, before it counts.

What a model class refuses is then known when the file is read, with the key that is to blame.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from lpzero.errors import InputError, LpzeroError
from lpzero.settings import one_line, shorten
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.toml.assignments import assignments, chosen_values
from lpzero.spaces.toml.family import configuration, family_of
from lpzero.spaces.toml.space import ConfigSpace

if TYPE_CHECKING:
    from lpzero.spaces.toml.model import ConfigModel

TRIED = 32
SEARCHED = 300_000
"""Values that are set to find architectures which keep the constraints, for all values of a space together."""
TRIED_LAYERS = 1024
"""Layers of the models that are made to try depths, beside the shallowest and the deepest."""
BLAMED = 64
LONGEST_SAID = 1000
SMALL = 20_000_000
MOST_MODULES = 200_000
"""Parts of the largest model that is made: the memory that a model without weights takes grows with them."""


@dataclass(frozen=True)
class _Draft:
    """An architecture to try.

    Attributes:
        whole: The depth, under its name, and every choice of the whole model.
        layer: Every choice of a layer, the same in all of them.
    """

    whole: Mapping[str, Value]
    layer: Mapping[str, Value]

    def settings(self, space: ConfigSpace) -> dict[str, Any]:
        """The fields of its configuration."""
        whole = {name: value for name, value in self.whole.items() if name != space.depth_field}
        depth = int(self.whole[space.depth_field])
        return space.settings(Architecture.of(space.name, whole, [self.layer] * depth))


@dataclass(frozen=True)
class _Variant:
    """One value of one choice.

    Attributes:
        table: ``"choices"`` or ``"per_layer"``.
        name: The field.
        value: The value.
        draft: An architecture that has it.
        built: Whether a model of it is made, not the configuration alone.
    """

    table: str
    name: str
    value: Value
    draft: _Draft
    built: bool

    @property
    def said(self) -> str:
        """The value, and the others that it was tried with: where those matter, the space lacks a constraint."""
        others = ", ".join(
            f"{name} = {shorten(value)}" for name, value in self.draft.whole.items() if name != self.name
        )
        return one_line(f"{self.table}.{self.name} = {shorten(self.value)}, tried with {others}", LONGEST_SAID)


def try_values(space: ConfigSpace) -> ConfigModel:
    """Make a configuration of every value of every choice, and a model of most, at the smallest depth that is possible.

    Values of the other fields are chosen so that the constraints hold. Of a choice with more than 32 values, 32 that
    are evenly spaced go into models. Each model makes a forward pass over two tokens, still without weights.

    Args:
        space: As the file says, not yet tried.

    Returns:
        The first model, on the meta device.

    Raises:
        InputError: A value is refused, or there is no architecture that has it and keeps the constraints.
    """
    tries = iter(range(SEARCHED))
    whole = _completion(space, {}, {}, tries)
    if whole is None:
        raise InputError(f"{space.file}: constraints: expected an architecture that keeps them all, found none")
    base = _Draft(whole, {choice.names[0]: choice.values[0][0] for choice in space.choices.layer})
    try:
        config = configuration(space.model_type, base.settings(space))
        first = _model(space, config, base)
    except InputError as err:
        raise InputError(f"{space.file}: {_blamed(space, base, tries)}: {err}") from err
    _check_known(space, config)
    for variant in _variants(space, base, tries):
        try:
            config = configuration(space.model_type, variant.draft.settings(space))
            if variant.built:
                _model(space, config, variant.draft)
        except InputError as err:
            raise InputError(f"{space.file}: {variant.said}: {err}") from err
        _check_known(space, config)
    return first


def _variants(space: ConfigSpace, base: _Draft, tries: Iterator[int]) -> Iterator[_Variant]:
    """Every value that the base does not have; raises InputError where the constraints leave one out."""
    for name, values in chosen_values(space.choices, space.depth_field).items():
        spaced = _spaced_depths(space.choices.depths) if name == space.depth_field else _spaced(values)
        for value in values:
            if value != base.whole[name]:
                whole = _completion(space, {name: value}, base.whole, tries)
                if whole is None:
                    expected = "expected an architecture with it that keeps the constraints, found none"
                    raise InputError(f"{space.file}: choices.{name} = {shorten(value)}: {expected}")
                yield _Variant("choices", name, value, replace(base, whole=whole), value in spaced)
    for choice in space.choices.layer:
        name = choice.names[0]
        spaced = _spaced([value for (value,) in choice.values])
        for (value,) in choice.values[1:]:
            yield _Variant("per_layer", name, value, replace(base, layer={**base.layer, name: value}), value in spaced)


def _spaced(values: Sequence[Value]) -> Sequence[Value]:
    if len(values) <= TRIED:
        return values
    return [values[round(i * (len(values) - 1) / (TRIED - 1))] for i in range(TRIED)]


def _spaced_depths(depths: Sequence[int]) -> Sequence[Value]:
    """The depths that go into models: of deep ones fewer."""
    spaced = [int(depth) for depth in _spaced(depths)]
    kept = [depth for depth, whole in zip(spaced, accumulate(spaced), strict=True) if whole <= TRIED_LAYERS]
    return [*kept, spaced[-1]]


def _completion(
    space: ConfigSpace, given: Mapping[str, Value], preferred: Mapping[str, Value], tries: Iterator[int]
) -> dict[str, Value] | None:
    """Values that keep the constraints: those given, with the preferred ones wherever that is possible."""
    values = chosen_values(space.choices, space.depth_field)
    named = frozenset().union(*(constraint.names for constraint in space.constraints))
    fields = {}
    # what no constraint names comes last: another value of it cannot mend what is broken before
    for name in sorted(values, key=lambda name: name not in named):
        first = given.get(name, preferred.get(name, values[name][0]))
        fields[name] = [first] if name in given else [first, *(value for value in values[name] if value != first)]
    try:
        return next(assignments(fields, space.constraints, dict(space.constants), tries), None)
    except InputError as err:
        raise InputError(f"{space.file}: {err}") from None


def _model(space: ConfigSpace, config: Any, draft: _Draft) -> ConfigModel:
    """Make a model on the meta device, and see that it has its blocks and runs; raises InputError where it does not."""
    from lpzero.spaces.toml.model import blank, flops, runs_blank

    with _few_modules():
        model = blank(config, space.objective)
    depth = draft.whole[space.depth_field]
    try:
        found = model.site_map().depth
    except LpzeroError as err:
        raise InputError(str(err)) from err
    if found != depth:
        raise InputError(f"{space.model_type}: expected {depth} blocks of their own in the model, found {found}")
    runs = runs_blank(model, 2)
    # a model that fails without numbers may run with them; a large one is believed, since it takes long to build
    if not runs and sum(parameter.numel() for parameter in model.parameters()) <= SMALL:
        flops(config, space.objective, 2)
    return model


@contextmanager
def _few_modules() -> Iterator[None]:
    """Stop the making of a model that has no end, such as one of a billion experts."""
    from torch.nn.modules.module import register_module_module_registration_hook

    numbers = iter(range(MOST_MODULES))

    def count(*_: object) -> None:
        if next(numbers, None) is None:
            raise InputError(f"expected a model of at most {MOST_MODULES} parts, found more")

    handle = register_module_module_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _check_known(space: ConfigSpace, config: Any) -> None:
    """Refuse a constraint that names a default which the configuration works out from what was chosen."""
    fixed = json.loads(space.fixed)
    own_name = family_of(space.model_type).own_name
    for name, value in space.constants:
        found = getattr(config, own_name(name))
        if name not in fixed and found != value:
            raise InputError(
                f"{space.file}: constraints: {name} follows from other fields, {shorten(value)} by default and "
                f"{shorten(found)} "
                f"here: expected it under [fixed] or [choices]"
            )


def _blamed(space: ConfigSpace, base: _Draft, tries: Iterator[int]) -> str:
    """The key whose value the base could be built without; the model type where there is none."""
    for variant in islice(_variants(space, base, tries), BLAMED):
        if _builds(space, variant.draft.settings(space), variant.draft):
            value = {**base.whole, **base.layer}[variant.name]
            return f"{variant.table}.{variant.name} = {shorten(value)}"
    own_name = family_of(space.model_type).own_name
    settings = base.settings(space)
    for name, fixed in json.loads(space.fixed).items():
        without = {other: value for other, value in settings.items() if other != own_name(name)}
        if _builds(space, without, base):
            return f"fixed.{name} = {shorten(fixed)}"
    return "model_type"


def _builds(space: ConfigSpace, settings: Mapping[str, Any], draft: _Draft) -> bool:
    try:
        _model(space, configuration(space.model_type, settings), draft)
    except InputError:
        return False
    return True
