"""How a checkpoint is compressed, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.errors import InputError, unknown_name

FORMS = ("transformers", "plain", "block_configs", "gguf")
CONTEXT = 256
PROVING = 8
FITTING = 64
RISE = 0.3
_LEAST = (("widths", 1), ("context", 2), ("windows", 2), ("fitting", 2), ("seed", 0))


@dataclass(frozen=True)
class CompressSettings:
    """How a checkpoint is compressed.

    Attributes:
        importance: Which units matter: ``"taylor"``, ``"wanda"`` or ``"magnitude"``.
        plain: Whether what stays has to be said by an ordinary configuration: fewer layers, one width for all.
        refit: Whether what stays is refitted.
        form: As of :func:`lpzero.compression.files.folder.write_checkpoint`.
        widths: Widths of a feed-forward to choose among, above none, at least 1.
        context: Tokens of a window, at least 2.
        windows: Windows of each text that losses are measured on, at least 2.
        fitting: Windows of the calibration text that what stays is refitted on, at least 2.
        controls: Whether controls are measured beside the choice.
        rise: Nats a token by which the loss may rise before a note says so, at least 0.
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
    fitting: int = FITTING
    controls: bool = True
    rise: float = RISE
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in _LEAST:
            if getattr(self, name) < least:
                raise InputError(f"`{name}`: expected at least {least}, found {getattr(self, name)}")
        if self.form not in FORMS:
            raise unknown_name("format", self.form, FORMS)
        if not self.rise >= 0:
            raise InputError(f"`rise`: expected at least 0, found {self.rise:g}")
