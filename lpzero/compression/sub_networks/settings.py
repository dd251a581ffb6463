"""How a table of sub-networks is measured, as a value."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.errors import InputError

TOLERANCE = 0.01
REPEATED = 8
_LEAST = (("widths", 1), ("context", 2), ("windows", 2), ("looking", 2), ("steps", 1), ("seed", 0))


@dataclass(frozen=True)
class SubNetworkSettings:
    """How sub-networks are drawn and recover.

    Attributes:
        max_params: Most parameters, above 0.
        steps: Steps of each recovery, at least 1.
        tolerance: By which share of the limit a sub-network may stay below it, in (0, 1).
        widths: Widths of a feed-forward to draw among, above none, at least 1.
        context: Tokens of a window, at least 2.
        windows: Windows of the other text that losses are measured on, at least 2.
        looking: Windows of the calibration text that units are put in order by, at least 2.
        mixed: Whether products of a recovery are computed in bfloat16.
        seed: Of all draws, at least 0.

    Raises:
        InputError: A number is out of its range.
    """

    max_params: float
    steps: int
    tolerance: float = TOLERANCE
    widths: int = 16
    context: int = 256
    windows: int = 16
    looking: int = 16
    mixed: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in _LEAST:
            if getattr(self, name) < least:
                raise InputError(f"`{name}`: expected at least {least}, found {getattr(self, name)}")
        if not self.max_params > 0:
            raise InputError(f"`max_params`: expected more than 0, found {self.max_params:g}")
        if not 0 < self.tolerance < 1:
            raise InputError(f"`tolerance`: expected a share between 0 and 1, found {self.tolerance:g}")

    def recovery(self, seed: int) -> RecoverySettings:
        """How one learns; ``seed`` is which of its recoveries it is, and orders the text."""
        return RecoverySettings(steps=self.steps, mixed=self.mixed, seed=seed)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a loss, beside the sub-network and the seed of its recovery.

    Attributes:
        checkpoint: SHA-256 of the configuration and the weights of the checkpoint.
        calibration_sha256: Of the text that is learned from, without its last tenth.
        check_sha256: Of the text that losses are measured on.
        settings: How sub-networks are drawn and recover.
    """

    checkpoint: str
    calibration_sha256: str
    check_sha256: str
    settings: SubNetworkSettings

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON types, with what a recovery is by default."""
        learned = self.settings.recovery(0)
        return {**asdict(self), "rate": learned.rate, "windows_a_step": learned.windows}

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, its first 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]
