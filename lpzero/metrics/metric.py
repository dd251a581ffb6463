"""A metric: a coded function that scores one architecture, with what it needs and its direction."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from lpzero.errors import InputError
from lpzero.settings import one_line

if TYPE_CHECKING:
    from torch import nn

    from lpzero.operands.batch import Batch
    from lpzero.spaces.models.sites import SiteMap


@dataclass(frozen=True)
class Shape:
    """The plain counts of an architecture, as its model is really built.

    Attributes:
        depth: Number of blocks.
        width: Hidden width of the blocks.
        params: All parameters.
        decoder_params: Parameters without the embeddings.
        attention_params: Parameters of the operations.
    """

    depth: int
    width: int
    params: int
    decoder_params: int
    attention_params: int


@dataclass(frozen=True)
class Computed:
    """What a metric says of a model.

    Attributes:
        value: The score.
        note: What a reader should know of how it was computed; empty where all went as usual.
    """

    value: float
    note: str = ""


@dataclass(frozen=True)
class Metric:
    """One row of the metric table.

    Attributes:
        name: The name on the command line.
        needs: ``"shape"`` for counts alone, ``"pass"`` for an untrained model and a batch, ``"text"`` for trained
            weights and a batch of text.
        higher_is_better: The direction that was published.
        meaning: One line for people.
        paper: Where it comes from.
        function: ``"module:function"``; loaded on first use, since most functions need torch.
        options: Names of what its function can be told beside the model, each with the pattern of its values.
        chosen: What it is told: names with values; the rest is as the function has it.
    """

    name: str
    needs: Literal["shape", "pass", "text"]
    higher_is_better: bool
    meaning: str
    paper: str
    function: str
    options: tuple[tuple[str, str], ...] = ()
    chosen: tuple[tuple[str, int | str], ...] = ()

    def with_options(self, text: str) -> Metric:
        """The same metric, told something, with that in its name.

        Args:
            text: Such as ``"axis=batch,layer=2"``.

        Raises:
            InputError: The metric has no such option, or the value does not fit; the options are listed.
        """
        patterns = dict(self.options)
        chosen: dict[str, int | str] = {}
        for part in text.split(","):
            name, _, value = (piece.strip() for piece in part.partition("="))
            if name not in patterns or name in chosen or not re.fullmatch(patterns[name], value):
                known = ", ".join(f"{option}={pattern}" for option, pattern in self.options) or "none at all"
                raise InputError(f"{self.name}: expected the options {known}, each once, found {one_line(part, 40)!r}")
            chosen[name] = int(value) if value.isdigit() else value
        full = ",".join(f"{name}={value}" for name, value in chosen.items())
        return replace(self, name=f"{self.name}[{full}]", chosen=tuple(chosen.items()))

    def score_shape(self, shape: Shape) -> float:
        """Score counts; raises InputError where the metric needs a pass."""
        self._check("shape")
        return float(self._load()(shape))

    def score_pass(self, model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
        """Score a model, which is left exactly as it was found, as is the global random state.

        It is computed in double precision, or in single where the model refuses that.

        Args:
            model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says; its device is the batch's.
            site_map: Its sites.
            batch: Tokens and labels.

        Returns:
            The score; not finite where it overflows.

        Raises:
            InputError: The metric needs counts only.
            LpzeroError: The model lacks what the metric looks at.
        """
        return self.computed_pass(model, site_map, batch).value

    def computed_pass(self, model: nn.Module, site_map: SiteMap, batch: Batch) -> Computed:
        """As :meth:`score_pass`, with a note where the score was not computed in double precision."""
        self._check("pass")
        from lpzero.metrics.precision import precisely

        function = self._load()
        return precisely(model, lambda: float(function(model, site_map, batch, **dict(self.chosen))))

    def score_text(self, model: nn.Module, text: Batch) -> float:
        """Score trained weights on a batch of text; raises InputError where the metric needs something else."""
        self._check("text")
        return float(self._load()(model, text))

    def _check(self, given: str) -> None:
        if self.needs != given:
            raise InputError(f"metric {self.name} needs a {self.needs}: expected that, found a {given}")

    def _load(self) -> Any:
        module, _, name = self.function.partition(":")
        return getattr(importlib.import_module(module), name)
