"""How a checkpoint is compressed, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lpzero.compression.choosing.budget import Budget
from lpzero.compression.recovery.settings import RANK, RecoverySettings, recovery_length
from lpzero.errors import InputError, unknown_name

FORMS = ("transformers", "plain", "block_configs", "gguf")
CONTEXT = 256
PROVING = 8
FITTING = 64
LOOKING = 16
RISE = 0.3
_LEAST = (("widths", 1), ("context", 2), ("windows", 2), ("looking", 2), ("fitting", 2), ("seed", 0))


@dataclass(frozen=True)
class CompressSettings:
    """How a checkpoint is compressed.

    Attributes:
        importance: What it costs that units go: ``"taylor"``, ``"wanda"`` or ``"magnitude"``; ``"block_influence"``, by
            which whole layers go; a formula of units, a file with one, or the folder of an evolution on choices.
        plain: Whether what stays has to be said by an ordinary configuration: fewer layers, one width for all.
        refit: Whether what stays is refitted.
        form: As of :func:`lpzero.compression.files.folder.write_checkpoint`.
        widths: Widths of a feed-forward to choose among, above none, at least 1.
        context: Tokens of a window, at least 2.
        windows: Windows of each text that losses are measured on, at least 2.
        looking: Windows of the calibration text to choose by, at least 2.
        fitting: Windows of the calibration text that what stays is refitted on, at least 2.
        budget: How long choices next to the cheapest one are compared by their joint divergence, trials such as
            ``"200"`` or a time such as ``"5m"``; None where the cheapest by the sum is taken.
        controls: Whether controls are measured beside the choice.
        rise: Nats a token by which the loss may rise before a note says so, at least 0.
        recover: How long what stays learns from the full model, steps such as ``"500"`` or a time such as ``"10m"``;
            None where it does not.
        language_loss: Weight of the language-model loss in it.
        mixed: Whether its products are computed in bfloat16.
        rank: Rank of adapters that learn in the place of all weights; None where all do.
        elastic: Steps in which an adapter learns to answer as the full model while units are gone, before it is chosen
            which go, at least 1; None where nothing is learned before.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        seed: Of all draws, at least 0.

    Raises:
        InputError: A number is out of its range.
    """

    importance: str = "taylor"
    plain: bool = False
    refit: bool = True
    form: str = "transformers"
    widths: int = 16
    context: int = CONTEXT
    windows: int = PROVING
    looking: int = LOOKING
    fitting: int = FITTING
    budget: str | None = None
    controls: bool = True
    rise: float = RISE
    recover: str | None = None
    language_loss: float = 0.0
    mixed: bool = False
    rank: int | None = None
    elastic: int | None = None
    device: str = "auto"
    seed: int = 0

    @property
    def recovery(self) -> RecoverySettings | None:
        """How what stays learns; None where it does not."""
        if self.recover is None:
            return None
        steps, seconds = recovery_length(self.recover)
        return self._learning(RecoverySettings(steps=steps, seconds=seconds))

    @property
    def elastic_learning(self) -> RecoverySettings | None:
        """How an adapter learns before the choice; None where it does not."""
        if self.elastic is None:
            return None
        return replace(self._learning(RecoverySettings(steps=self.elastic)), rank=self.rank or RANK)

    @property
    def learns(self) -> bool:
        """Whether anything is learned."""
        return self.recovery is not None or self.elastic_learning is not None

    def at_equal_cost(self, seconds: float) -> RecoverySettings:
        """How long the choice of the checkpoint as it is learns beside an elastic one: as long as both ways together.

        Args:
            seconds: What the elastic way took before the choice.

        Raises:
            InputError: Nothing is learned before the choice.
        """
        if self.elastic is None:
            raise InputError("expected `elastic`, found none")
        how = self.recovery
        if how is None:
            return self._learning(RecoverySettings(steps=self.elastic))
        if how.steps is not None:
            return replace(how, steps=how.steps + self.elastic)
        return replace(how, seconds=(how.seconds or 0.0) + seconds)

    def _learning(self, length: RecoverySettings) -> RecoverySettings:
        return replace(length, language_loss=self.language_loss, mixed=self.mixed, rank=self.rank, seed=self.seed)

    @property
    def repair(self) -> Budget | None:
        """How long a choice is repaired; None where it is not."""
        if self.budget is None:
            return None
        return Budget(*recovery_length(self.budget, name="budget", noun="trials"))

    def __post_init__(self) -> None:
        for name, unset in (("language_loss", 0.0), ("mixed", False), ("rank", None)):
            if self.recover is None and self.elastic is None and getattr(self, name) != unset:
                raise InputError(f"`{name}` has no effect without `recover`: give that too, such as 500 or 10m")
        _ = self.recovery, self.elastic_learning, self.repair
        for name, least in _LEAST:
            if getattr(self, name) < least:
                raise InputError(f"`{name}`: expected at least {least}, found {getattr(self, name)}")
        if self.form not in FORMS:
            raise unknown_name("format", self.form, FORMS)
        if not self.rise >= 0:
            raise InputError(f"`rise`: expected at least 0, found {self.rise:g}")
