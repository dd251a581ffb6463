"""LLaMA decoders: drawn from scratch around a published size, or cut out of a checkpoint.

Sub-networks of a trained model are what LoNAS searches (Munoz et al. 2024, https://aclanthology.org/2024.lrec-main.940).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpzero.errors import InputError, LpzeroError, unknown_name
from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Cell, Choice, Choices
from lpzero.spaces.llama import bands, plan
from lpzero.spaces.llama.checkpoint import Checkpoint, open_checkpoint
from lpzero.spaces.llama.plan import BASES, Base, LlamaPlan
from lpzero.spaces.llama.tokeniser import encoded
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.llama.model import LlamaModel

SUBNET = "subnet-"
OWN_FOLDER = Path(__file__).resolve().parents[2] / "tables" / "bundled" / "llama-own" / "checkpoint"
"""The checkpoint that comes with the package."""
OWN_DIGEST = "37cc421eda7ce2ad"


@lru_cache(maxsize=32)
def scratch_choices(base: Base) -> Choices:
    """The choices of untrained models: widths and heads in quarters of the base's, the feed-forward in eighths."""
    widths = [base.head_width * heads for heads in _parts(base.width // base.head_width, 4)]
    heads = [(h, groups) for h in _parts(base.heads, 4) for groups in range(1, base.kv_heads + 1) if h % groups == 0]
    return Choices(Llama.name, _depths(base), (Choice.of("hidden_size", *widths),), _layer(base, tuple(heads)))


@lru_cache(maxsize=32)
def subnet_choices(base: Base) -> Choices:
    """The choices of sub-networks: whole key-value groups, and in each up to as many query heads as it has."""
    heads = [(groups * s, groups) for groups in range(1, base.kv_heads + 1) for s in range(1, base.shared + 1)]
    return Choices(Llama.name, _depths(base), (), _layer(base, tuple(heads)))


@lru_cache(maxsize=32)
def _banded(choices: Choices) -> Mapping[Cell, int]:
    """The cells of the size bands, each with the middle of its band."""
    widths = [values[0] for values in choices.whole[0].values]
    return MappingProxyType(
        {Cell(depth, widths.index(width)): middle for middle, shapes in bands.BANDS.items() for depth, width in shapes}
    )


def _layer(base: Base, heads: tuple[tuple[int, int], ...]) -> tuple[Choice, ...]:
    return Choice.of("intermediate_size", *_parts(base.inner_width, 8)), Choice(("heads", "kv_heads"), heads)


def _depths(base: Base) -> tuple[int, ...]:
    """From a quarter of the layers, but at least 2, to all of them."""
    return tuple(range(min(base.depth, max(2, base.depth // 4)), base.depth + 1))


def _parts(whole: int, number: int) -> tuple[int, ...]:
    """Multiples of a part of a whole, up to the whole."""
    return tuple(dict.fromkeys(max(1, round(whole * part / number)) for part in range(1, number + 1)))


@dataclass(frozen=True)
class Llama(ChoiceSpace):
    """The LLaMA space, a :class:`~lpzero.spaces.space.SearchSpace`.

    Attributes:
        protocol: ``"160m"``, ``"1b"``, ``"7b"``: untrained models up to that size. ``"own"``: sub-networks of the small
            LLaMA over bytes that comes with the package, those of the table ``llama-own``. ``"scratch"``: untrained
            models over bytes, small enough to train within minutes, those of the table ``llama-scratch-own``; its
            cells are the pairs of depth and width that have a size band (:mod:`lpzero.spaces.llama.bands`).
            ``"subnet-"`` and 16 digits: sub-networks of the checkpoint with that digest, as :func:`open_subnetworks`
            opens it.
        checkpoint: The checkpoint of a ``subnet-`` protocol; None for another.

    Raises:
        InputError: If the protocol is another, or the checkpoint has another digest.

    >>> Llama("7b").base.heads, Llama("7b").pretrained, Llama("own").pretrained
    (32, False, True)
    """

    protocol: str = "160m"
    checkpoint: Checkpoint | None = None

    name: ClassVar[str] = "llama"
    objective: ClassVar[Objective] = "causal"

    @property
    def protocols(self) -> tuple[str, ...]:
        """Every protocol that the space knows: with a checkpoint the one that it stands for."""
        return tuple(BASES) if self.checkpoint is None else (SUBNET + self.checkpoint.digest,)

    def _named(self) -> tuple[str, int | None]:
        if self.checkpoint is None:
            return own.split_protocol(self.protocol, self.protocols)
        if self.protocol not in self.protocols:
            if self.protocol.startswith(SUBNET):
                raise InputError(
                    f"{self.checkpoint.folder}: expected the checkpoint of the protocol {self.protocol}, found it "
                    f"changed: it is {self.protocols[0]} now"
                )
            raise unknown_name("protocol", self.protocol, self.protocols)
        return self.protocol, None

    @property
    def reference(self) -> str:
        """The name, or the path of the checkpoint."""
        return self.name if self.checkpoint is None else str(self.checkpoint.folder)

    @property
    def base(self) -> Base:
        """The numbers that the space is drawn around."""
        if self.checkpoint is not None:
            return self.checkpoint.base
        base = BASES[self.protocol_name]
        return base if self.own_vocabulary is None else replace(base, vocabulary=self.own_vocabulary)

    @property
    def pretrained(self) -> bool:
        """Whether models have the weights of a checkpoint: then the seed of a build changes nothing."""
        return self.checkpoint is not None or self.protocol == own.NAME

    @property
    def choices(self) -> Choices:
        """The choices of an architecture under this protocol."""
        return subnet_choices(self.base) if self.pretrained else scratch_choices(self.base)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every depth with every width; of ``scratch`` those that have a size band."""
        return tuple(self._middles) if self._middles else super().cells

    @property
    def _middles(self) -> Mapping[Cell, int]:
        """The cells of ``scratch`` with the middle of their size bands; none of another protocol."""
        return _banded(self.choices) if self.protocol_name == own.SCRATCH else {}

    def sample(self, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
        """Draw an architecture, uniform over each choice; from a cell of ``scratch``, over those in its size band.

        Raises:
            InputError: The cell is one of ``scratch`` that has no band.
        """
        drawn = super().sample(rng, cell)
        if cell is None or not self._middles:
            return drawn
        middle = self._middles.get(cell)
        if middle is None:
            raise InputError(f"expected a cell with a size band, found {cell}: take one of `cells`")
        while not bands.inside(self.parameter_counts(drawn)["nonembedding"], middle):
            drawn = super().sample(rng, cell)
        return drawn

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return self.base.vocabulary

    @property
    def max_tokens(self) -> int:
        """The longest sequence."""
        return self.base.max_tokens

    def token_ids(self, text: str) -> list[int]:
        """The ids of a text, as the tokeniser of the checkpoint has them; the small LLaMA reads bytes.

        Raises:
            LpzeroError: The weights are not trained, or the folder of the checkpoint has no tokeniser.
        """
        if self.checkpoint is not None:
            return encoded(self.checkpoint.folder, text)
        if not self.pretrained:
            raise LpzeroError(f"models of the protocol {self.protocol} are not trained on any text")
        return own.byte_ids(text)

    def plan(self, architecture: Architecture) -> LlamaPlan:
        """What is built; raises InputError where the architecture is not in the space."""
        # first, since it is what validates
        width = self.width(architecture)
        return LlamaPlan(
            base=self.base,
            width=width,
            inner_widths=architecture.integers("intermediate_size"),
            heads=architecture.integers("heads"),
            kv_heads=architecture.integers("kv_heads"),
        )

    def build(self, architecture: Architecture, seed: int) -> LlamaModel:
        """Build the model in evaluation mode.

        From scratch weights are normal with deviation 0.02 and norms are 1; equal arguments give equal weights. A
        sub-network has the weights of its checkpoint in float32, whatever the seed.

        Raises:
            InputError: The architecture is not in the space, the model does not fit in memory, or the checkpoint has
                changed since it was opened.
        """
        from lpzero.spaces.llama import model, subnetwork

        plan = self.plan(architecture)
        if not self.pretrained:
            return model.build(plan, seed)
        return subnetwork.build(self.checkpoint or own_checkpoint(), plan)

    def constructor(self, architecture: Architecture) -> Callable[[], LlamaModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.llama.model import LlamaModel

        return partial(LlamaModel, self.plan(architecture))

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations of a forward pass over one sequence, in closed form."""
        return plan.flops(self.plan(architecture), tokens)

    def width(self, architecture: Architecture) -> int:
        """Width of the residual stream: ``hidden_size``; a sub-network has that of its checkpoint."""
        if not self.pretrained:
            return super().width(architecture)
        self.validate(architecture)
        return self.base.width

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` is the table of words, an output of its own is in no part."""
        return plan.parameter_counts(self.plan(architecture))


def open_subnetworks(folder: Path, protocol: str | None = None) -> Llama:
    """The space of the sub-networks of a checkpoint.

    Args:
        folder: The checkpoint, as :func:`lpzero.spaces.llama.checkpoint.open_checkpoint` takes it.
        protocol: The protocol that it is expected to have; None for whichever it has.

    Raises:
        InputError: It is no such checkpoint, or one with another protocol: it has changed.
    """
    checkpoint = open_checkpoint(folder)
    return Llama(SUBNET + checkpoint.digest if protocol is None else protocol, checkpoint)


def own_checkpoint() -> Checkpoint:
    """The checkpoint that comes with the package; raises InputError where it is damaged."""
    try:
        checkpoint = open_checkpoint(OWN_FOLDER)
    except InputError as err:
        raise InputError(f"the checkpoint of llama-own is damaged: {err}: install lpzero again") from err
    if checkpoint.digest != OWN_DIGEST or checkpoint.base != BASES[own.NAME]:
        raise InputError(f"{OWN_FOLDER}: expected the checkpoint {OWN_DIGEST}, found another: install lpzero again")
    return checkpoint
