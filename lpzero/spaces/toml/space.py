"""A space of transformers configurations, as a ``space.toml`` describes it (:mod:`lpzero.spaces.toml.file`)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from lpzero.errors import InputError, NoResultError
from lpzero.settings import one_line, shorten
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.choices import Cell, Choices
from lpzero.spaces.space import Objective
from lpzero.spaces.toml.assignments import counted
from lpzero.spaces.toml.constraint import Constraint
from lpzero.spaces.toml.family import configuration, family_of

if TYPE_CHECKING:
    from lpzero.spaces.toml.model import ConfigModel

Result = TypeVar("Result")

PROTOCOL = "config"
TRIES = 1000
# What a configuration says and no model shows.
_UNSEEN = frozenset({"transformers_version", "architectures", "dtype", "use_cache", "_name_or_path"})


@dataclass(frozen=True)
class ConfigSpace:
    """Models of one type of transformers, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        name: The name on the command line.
        protocol: ``"config-"`` and 16 digits that follow from what the file says.
        file: Absolute path of the file.
        text: What the file says, as it was read: a copy of it finds the same space.
        model_type: What transformers calls the models.
        objective: Which language model of that type is built, and its loss.
        fixed: The fields that are the same in every configuration, as JSON text.
        choices: The fields that are chosen. Fields have the names that the file gives them.
        depth_field: The name of the number of layers.
        constraints: What the values keep; they see the depth and the choices of the whole model.
        constants: Values that constraints name and that are not chosen.
        vocabulary: Number of token ids.
        max_tokens: The longest sequence.
    """

    name: str
    protocol: str
    file: str
    text: str = field(compare=False, repr=False)
    model_type: str
    objective: Objective
    fixed: str
    choices: Choices
    depth_field: str
    constraints: tuple[Constraint, ...]
    constants: tuple[tuple[str, Value], ...]
    vocabulary: int
    max_tokens: int

    @property
    def reference(self) -> str:
        """The path of the file."""
        return self.file

    @property
    def protocols(self) -> tuple[str, ...]:
        """The one protocol."""
        return (self.protocol,)

    @property
    def pretrained(self) -> bool:
        """False: weights are drawn."""
        return False

    @property
    def spellings(self) -> dict[str, str]:
        """Every name that the depth and the choices go by in a configuration, with the name that the file gives them.

        The names of the file come first, the depth before the others.
        """
        family = family_of(self.model_type)
        names = [self.depth_field, *(n for choice in (*self.choices.whole, *self.choices.layer) for n in choice.names)]
        written = {family.own_name(name): name for name in names}
        others = {name: written[own] for name, own in family.fields.items() if own in written}
        return {**{name: name for name in names}, **others}

    @property
    def size(self) -> int:
        """Number of architectures, exactly where the fields that constraints name have up to 100,000 combinations.

        Beyond, it is the number without constraints: no fewer than there are.
        """
        return _counted(self)[0]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every depth with every value of the first choice, which is the width where that is chosen.

        Those that the constraints leave empty are left out, where :attr:`size` is exact.
        """
        return _counted(self)[1]

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture, uniform over each choice, until the constraints hold.

        Raises:
            NoResultError: They held in none of 1000 draws.
        """
        return self._kept(lambda _: self.choices.sample(rng, cell))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Change one choice; where 250 tries break constraints, two, then three, then four.

        Raises:
            InputError: The architecture is not in the space.
            NoResultError: The constraints held in none of 1000 tries.
        """
        self.validate(architecture)

        def changed(attempt: int) -> Architecture | None:
            mutant = architecture
            for _ in range(1 + attempt * 4 // TRIES):
                mutant = self.choices.mutate(mutant, rng)
            return None if mutant == architecture else mutant

        return self._kept(changed)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Take the depth and every choice from either parent, until the constraints hold.

        Raises:
            InputError: A parent is not in the space.
            NoResultError: They held in none of 1000 children.
        """
        self.validate(first)
        self.validate(second)
        return self._kept(lambda _: self.choices.crossover(first, second, rng))

    def validate(self, architecture: Architecture) -> None:
        """Raise InputError, naming the choice or the constraint, where an architecture is not in the space."""
        self.choices.validate(architecture)
        broken = self._broken(architecture)
        if broken is not None:
            values = self._values(architecture)
            facts = ", ".join(f"{name} {shorten(values[name])}" for name in sorted(broken.names))
            raise InputError(f"architecture: expected {one_line(broken.text)}, found {one_line(facts)}")

    def config(self, architecture: Architecture) -> Any:
        """The transformers configuration of an architecture.

        Raises:
            InputError: The architecture is not in the space, or the configuration class refuses it.
        """
        self.validate(architecture)
        return self._built(architecture, lambda: configuration(self.model_type, self.settings(architecture)))

    def settings(self, architecture: Architecture) -> dict[str, Any]:
        """The fields that the configuration of an architecture is made of, by their own names."""
        own_name = family_of(self.model_type).own_name
        settings: dict[str, Any] = {own_name(name): value for name, value in json.loads(self.fixed).items()}
        settings |= {own_name(name): value for name, value in architecture.whole}
        layers = [architecture.layer(index) for index in range(architecture.depth)]
        for (name,) in (choice.names for choice in self.choices.layer):
            settings[own_name(name)] = [layer[name] for layer in layers]
        return settings | {own_name(self.depth_field): architecture.depth}

    def build(self, architecture: Architecture, seed: int) -> ConfigModel:
        """Build the untrained model in evaluation mode, in float32; equal arguments give equal weights.

        Weights are drawn as the model's class draws them. The model of transformers itself is ``model`` of the result.

        Raises:
            InputError: The architecture is not in the space, the model class refuses it, or there is no memory for it.
        """
        from lpzero.spaces.toml import model

        config = self.config(architecture)
        return self._built(architecture, lambda: model.build(config, self.objective, seed))

    def blank(self, architecture: Architecture) -> ConfigModel:
        """The model on the meta device: shapes and names, no numbers; raises as :meth:`config` does."""
        from lpzero.spaces.toml import model

        config = self.config(architecture)
        return self._built(architecture, lambda: model.blank(config, self.objective))

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence; raises as :meth:`build` does."""
        from lpzero.spaces.toml import model

        config = self.config(architecture)
        return self._built(architecture, lambda: model.flops(config, self.objective, tokens))

    def key(self, architecture: Architecture) -> str:
        """A stable key of the architecture as listed, 64 hexadecimal digits."""
        return architecture.digest

    def model_key(self, architecture: Architecture) -> str:
        """A stable key of the configuration that is built, whichever file it comes from."""
        return _model_key(self, architecture)

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream."""
        return cast(int, self.config(architecture).hidden_size)

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part, tied ones once, with the embedding; raises as :meth:`config` does."""
        return dict(_counts(self, architecture))

    def _kept(self, draw: Callable[[int], Architecture | None]) -> Architecture:
        """The first of a thousand draws that keeps the constraints."""
        failed: Counter[str] = Counter()
        for attempt in range(TRIES):
            drawn = draw(attempt)
            if drawn is None:
                continue
            broken = self._broken(drawn)
            if broken is None:
                return drawn
            failed[broken.text] += 1
        worst, times = failed.most_common(1)[0]
        raise NoResultError(
            f"{self.file}: constraints: {shorten(worst)} did not hold in {times} of {TRIES} draws: expected one that "
            "keeps them all: choose values that fit together more often"
        )

    def _broken(self, architecture: Architecture) -> Constraint | None:
        values = self._values(architecture)
        try:
            return next((constraint for constraint in self.constraints if not constraint.holds(values)), None)
        except InputError as err:
            raise InputError(f"{self.file}: {err}") from None

    def _values(self, architecture: Architecture) -> dict[str, Value]:
        """What constraints see."""
        return {**dict(self.constants), **dict(architecture.whole), self.depth_field: architecture.depth}

    def _built(self, architecture: Architecture, make: Callable[[], Result]) -> Result:
        """Call transformers; an error names the file and the values."""
        try:
            return make()
        except InputError as err:
            values = {self.depth_field: architecture.depth, **dict(architecture.whole)}
            facts = ", ".join(f"{name} = {shorten(value)}" for name, value in values.items())
            raise InputError(f"{self.file}: {one_line(facts, 1000)}: {err}") from err


def seen_fields(config: Any) -> dict[str, Any]:
    """What a transformers configuration says beyond its defaults, and a model shows."""
    return {name: value for name, value in config.to_diff_dict().items() if name not in _UNSEEN}


@lru_cache(maxsize=16)
def _counted(space: ConfigSpace) -> tuple[int, tuple[Cell, ...]]:
    try:
        return counted(space.choices, space.depth_field, space.constraints, dict(space.constants))
    except InputError as err:
        raise InputError(f"{space.file}: {err}") from None


@lru_cache(maxsize=4096)
def _model_key(space: ConfigSpace, architecture: Architecture) -> str:
    # a search asks for it again and again, and transformers takes its time to make a configuration
    seen = seen_fields(space.config(architecture))
    text = json.dumps([space.objective, space.model_type, seen], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=4096)
def _counts(space: ConfigSpace, architecture: Architecture) -> tuple[tuple[str, int], ...]:
    from lpzero.spaces.toml.model import part_counts

    model = space.blank(architecture)
    return tuple(part_counts(model, model.site_map()).items())
